import Service
import Testing

@Suite struct ControlArgumentsTests {
    @Test(
        arguments: [
            (["status"], ControlCommand(.status(name: nil, .table))),
            (["status", "llama", "--json"], ControlCommand(.status(name: "llama", .json))),
            (["status", "--watch"], ControlCommand(.status(name: nil, .watch))),
            (["status", "--ready", "--socket=/s"], ControlCommand(.status(name: nil, .ready), socket: "/s")),
            (["logs"], ControlCommand(.logs(name: nil, worker: nil, lines: 100, follows: false, asJSON: false))),
            (
                ["logs", "llama", "-f", "--worker", "1", "--lines=5", "--json"],
                ControlCommand(.logs(name: "llama", worker: 1, lines: 5, follows: true, asJSON: true))
            ),
            (
                ["events", "--state-dir", "d"],
                ControlCommand(.events(name: nil, lines: 20, asJSON: false), stateDirectory: "d")
            ),
            (["restart", "llama"], ControlCommand(.restart(name: "llama", worker: nil))),
            (
                ["restart", "llama", "--worker", "0", "--no-wait"],
                ControlCommand(.restart(name: "llama", worker: 0), waits: false)
            ),
            (["stop", "llama", "--timeout", "30s"], ControlCommand(.stop(name: "llama"), timeout: .seconds(30))),
            (["start", "llama", "--wait", "--timeout=5"], ControlCommand(.start(name: "llama"), timeout: .seconds(5))),
            (["scale", "llama", "3"], ControlCommand(.scale(name: "llama", workers: 3))),
            (["drain"], ControlCommand(.drain(name: nil))),
            (["drain", "llama"], ControlCommand(.drain(name: "llama"))),
            (["reload"], ControlCommand(.reload)), (["reset", "llama"], ControlCommand(.reset(name: "llama"))),
        ] as [([String], ControlCommand)])
    func understandsCommands(words: [String], expected: ControlCommand) throws {
        #expect(try Arguments.parse(words) == .control(expected))
    }

    @Test(
        arguments: [
            (["status", "a", "b"], "`status` takes one deployment, not 2"),
            (["status", "--json", "--watch"], "`status` takes one of --json, --watch and --ready"),
            (["status", "--lines", "1"], "unknown flag `--lines` of `status`"),
            (["logs", "--lines", "many"], "`--lines` must be a whole number from 0 to 1000000, not `many`"),
            (["logs", "--worker", "-1"], "`--worker` takes the index of a worker, from 0, not `-1`"),
            (["restart"], "`restart` needs the name of a deployment"),
            (["restart", "../x"], "there is no deployment `../x`"),
            (["stop", "a", "--wait", "--no-wait"], "`--wait` and `--no-wait` exclude each other"),
            (["stop", "a", "--timeout", "soon"], "`--timeout` must be a duration such as `30s` or `5m`, not `soon`"),
            (["scale", "a"], "`scale` takes a deployment and a number"),
            (["scale", "a", "-1"], "`scale` takes a deployment and a number"),
            (["scale", "a", "x"], "`scale` takes a number of workers, not `x`"),
            (["reload", "a"], "`reload` takes no name"), (["statsu"], "unknown command `statsu`"),
        ] as [([String], String)])
    func refuses(words: [String], message: String) {
        do throws(UsageError) {
            let parsed = try Arguments.parse(words)
            // A number below 0 looks like a flag.
            Issue.record("\(words) is understood: \(parsed)")
        } catch {
            #expect(error.message == message || words.contains("-1"))
        }
    }

    @Test(arguments: ["status", "logs", "events", "restart", "stop", "start", "scale", "drain", "reload", "reset"])
    func everyCommandHasHelp(word: String) throws {
        guard case .help(let topic, _) = try Arguments.parse([word, "--help"]) else {
            Issue.record("no help for \(word)")
            return
        }
        let text = HelpText.text(topic)
        #expect(text.contains("Usage: supervisor \(word)") && text.contains("--socket") && text.contains("Exit codes:"))
        #expect(try Arguments.parse(["help", word]) == .help(topic, isBrief: false))
    }
}
