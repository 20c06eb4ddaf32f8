import Glibc
import Worker

// A worker that misbehaves on request, for tests of the supervisor with real processes.
//
// Two handlers: `fixture` streams, `value` returns one value. Both take a `FixtureInput`; its `mode` chooses:
//
// | mode             | what it does (members of the input that matter)                                              |
// |------------------|----------------------------------------------------------------------------------------------|
// | stream           | `count` texts `0 xxx…` of `size` bytes, one write each; with `path`, a FIFO, one for each byte read from it |
// | batch            | the same with `emit(contentsOf:)`: many frames in one write                                  |
// | echo             | `text`                                                                                       |
// | raw              | the JSON text in `raw`, byte for byte, unchecked                                             |
// | numbers          | `1.0`, `1e400`, `9223372036854775808`, `{"a":1,"a":2}`, `-0`, verbatim                       |
// | breaks           | texts with CR, LF, U+0085, U+2028, U+2029; the last three unescaped                          |
// | invalid-utf8     | an output that is not UTF-8                                                                  |
// | invalid-json     | an output that is not JSON                                                                   |
// | large            | one text of `size` bytes: by file if that is more than goes inline                           |
// | file             | an output file with the contents `text`                                                      |
// | files            | `count` such files `0.txt` …, a text behind each                                             |
// | wait             | one chunk `waiting`, then nothing until it is cancelled; then it ends as canceled            |
// | block            | one chunk `waiting`, then blocks its thread, deaf to cancels, until a writer opens the FIFO `path` (or for ever) |
// | deaf             | one chunk `waiting`, then sleeps, deaf to cancels, until the file `path` is there (or for ever) |
// | fault            | `count` chunks, then the `FaultScript` in `text`: exit, signals, memory, descendants, …      |
// | fail             | `count` chunks, then an error with the message `text` and the kind `kind`; `code` ≠ 0: retryable |
// | crash            | `count` chunks, then signal `code` to itself                                                 |
// | exit             | `count` chunks, then exit with status `code`                                                 |
// | half-frame       | `count` chunks, then half a frame, then exit with status `code`                              |
// | garbage          | `count` chunks, then bytes that are no frame; stays alive                                    |
// | huge-length      | `count` chunks, then a header that announces 4 GiB; stays alive                              |
// | wrong-sequence   | `count` chunks, then a frame number that jumps; stays alive                                  |
// | repeated-sequence| `count` chunks, then a frame number that was there before; stays alive                       |
// | idle-slot        | `count` chunks, then a frame about the slot after its own; stays alive                       |
// | print            | `text` to standard output, `kind` to standard error, exactly, `count` times; then one chunk  |
// | log              | `count` lines of `size` bytes with `run.log`, every second one as standard error; then one chunk |
// | metrics          | all three modes, dotted names, a removal; then one chunk                                     |
// | grandchild       | a child process that holds standard output and error open for a minute; chunk: its id        |
// | standard-input   | how many bytes standard input has (none)                                                     |
// | descriptors      | one chunk for each open descriptor: `number target`                                          |
// | environment      | the value of the variable `text`                                                             |
// | process          | the worker's process id                                                                      |
//
// What a handler's mode cannot do is told by the environment; scripts are a `FaultScript` each:
//
// | variable            | what it does                                                                            |
// |---------------------|-----------------------------------------------------------------------------------------|
// | FIXTURE_START       | script done before anything else, so before the hello                                   |
// | FIXTURE_SETUP       | script of the set-up, with progress (`SetupScript`)                                     |
// | FIXTURE_READY       | script done right after `ready`, on a thread of its own                                 |
// | FIXTURE_COMMANDS    | path of a FIFO; each line written to it is a script, done at once (`CommandReader`)     |
// | FIXTURE_ALIVE       | path of a FIFO that the worker and its descendants hold open, after a line `PID KINDS`; the worker's is `worker` |
// | FIXTURE_CONCURRENCY | runs at once of `fixture`; default 1                                                    |
// | FIXTURE_HEALTH      | path of a file; while it exists, the health check fails with its contents               |
// | FIXTURE_RAW         | a worker without the library, for what the library does not let happen (`RawWorker`)    |
// | FIXTURE_FAULT       | script that a `RawWorker` does with each run before it says `started`, in mode `unstarted` |
// | FIXTURE_INDEX       | which of its pool the worker is, to be set to `{index}`; then `FIXTURE_SETUP_2` counts in place of `FIXTURE_SETUP` for number 2, and likewise for all above |
//
// Where the faults of the supervisor's scenarios are to be found:
//
// | to happen                           | how                                                                       |
// |-------------------------------------|---------------------------------------------------------------------------|
// | end before the hello                | FIXTURE_START=`exit:3` or `crash:11`                                      |
// | end in the set-up, at a point       | FIXTURE_SETUP=`report:0.4;exit:1`                                         |
// | set-up fails N times, then succeeds | FIXTURE_SETUP=`first:2 /path/count;fail:no weights`                       |
// | set-up fails until it is mended     | FIXTURE_SETUP=`unless:/path/mended;fail:no weights`                       |
// | configuration error (status 78)     | FIXTURE_SETUP=`config:no weights`, or `exit:78` anywhere                  |
// | slow load with progress             | FIXTURE_SETUP=`load:20 100`, or `loading:/path/done`                      |
// | end while ready and idle            | FIXTURE_COMMANDS, and `exit:0` or `crash:9` written to it                 |
// | end in a run before `started`       | FIXTURE_RAW=`unstarted`, FIXTURE_FAULT=`first:1 /path/count;crash:9`; or the input `{"fault":"crash:9"}` |
// | end after `started`, after output   | mode `fault`, `text` `crash:11`, `count` 0, or more                       |
// | memory                              | `memory:200000000` in any script                                          |
// | stopped process                     | `stop` in any script                                                      |
// | busy, with and without heartbeats   | `busy-until:/path/done`; `mute;busy-until:/path/done`                     |
// | no heartbeats at all                | `mute`; FIXTURE_RAW=`no-beats`                                            |
// | grandchildren                       | `child:plain`, `child:setsid`, `child:double+setsid`, `child:ignore-term`, `child:pipes` |
// | flood of prints                     | `flood:1000`, `flood-thread`                                              |
// | cancel ignored                      | mode `deaf` or `block`; FIXTURE_RAW=`deaf`; with SIGUSR1: FIXTURE_RAW=`interruptible` |
// | SIGTERM ignored                     | `ignore-term` in any script; all ends ignored: FIXTURE_RAW=`ignore-end`   |
// | broken frames, deafness to frames   | modes `half-frame` … `idle-slot`; FIXTURE_RAW=`stop-reading`, …           |

@main
enum Program {
    static func main() async {
        Descendant.beOneIfAsked()
        reportAlive("worker")
        do { try FaultScript(environment("FIXTURE_START") ?? "").run() } catch { writeAll(2, "\(error)\n") }
        if let path = environment("FIXTURE_COMMANDS") { CommandReader.start(path) }
        if let mode = environment("FIXTURE_RAW") { RawWorker(mode).run() }
        await FixtureWorker.main()
    }
}

struct FixtureWorker: ModelWorker {
    static let concurrency = environment("FIXTURE_CONCURRENCY").flatMap { Int($0) } ?? 1

    @Streaming("Does what its mode says, piece by piece.", concurrency: FixtureWorker.concurrency)
    var fixture = { (input: FixtureInput, run: RunContext) in
        Chunks<RawJSON> { _ in try await perform(input, run) }
    }

    @Handler("Returns `text`, or fails as its mode says.")
    var value = { (input: FixtureInput, run: RunContext) in
        switch input.mode {
        case "echo", "stream": break
        default: try await perform(input, run)
        }
        return input.text
    }

    func setup(_ setup: SetupContext) async throws {
        try SetupScript(environment("FIXTURE_SETUP") ?? "").run(setup)
        guard let script = environment("FIXTURE_READY") else { return }
        // `ready` is written by the thread that this returns to, so a moment later.
        onThread {
            usleep(pauseBetweenLooks)
            do { try FaultScript(script).run() } catch { writeAll(2, "\(error)\n") }
        }
    }

    func healthCheck(_ model: Void) async throws {
        guard let path = environment("FIXTURE_HEALTH"), let text = contents(of: path) else { return }
        throw HandlerError(text)
    }
}

struct FixtureInput: HandlerInput {
    @Field("What to do.") var mode = "stream"
    @Field("How many.", .range(0...10_000_000)) var count = 3
    @Field("How large, in bytes.", .range(0...1_000_000_000)) var size = 8
    @Field("A text.") var text = ""
    @Field("The kind of an error, or another text.") var kind = ""
    @Field("A signal, a status, a choice.") var code = 0
    @Field("A FIFO that sets the pace, or a file that is waited for.") var path: String?
    @Field("JSON as text.") var raw = "null"
    @Field("Does nothing; here to be checked.", .range(0...2)) var temperature = 0.8
    @Field("Does nothing; here to be checked.", .choices("small", "large")) var model = "small"
}
