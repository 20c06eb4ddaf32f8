import Glibc
import Worker

/// What the set-up does, from FIXTURE_SETUP: steps with semicolons between them, done in their order.
///
/// | step          | what it does                                        |
/// |---------------|-----------------------------------------------------|
/// | progress:N    | reports N steps from 0 to 1 with messages `i of N`  |
/// | wait:PATH     | waits until the file is there                       |
/// | block         | waits for ever                                      |
/// | print:TEXT    | prints a line to standard output                    |
/// | log:TEXT      | logs a line                                         |
/// | fail:TEXT     | fails with this message                             |
/// | crash:N       | sends itself signal N                               |
/// | exit:N        | exits with status N                                 |
struct SetupScript {
    private let steps: [(verb: Substring, object: String)]

    /// Time between two looks for a file: 5 ms.
    private static let interval: UInt32 = 5_000

    init(_ text: String) {
        steps = text.split(separator: ";").map { step in
            let parts = step.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (parts[0], parts.count > 1 ? String(parts[1]) : "")
        }
    }

    func run(_ setup: SetupContext) throws {
        for step in steps {
            switch step.verb {
            case "progress":
                let count = Int(step.object) ?? 1
                for index in 1...count { setup.progress(Double(index) / Double(count), "\(index) of \(count)") }
            case "wait": while access(step.object, F_OK) != 0 { usleep(Self.interval) }
            case "block": block(until: nil)
            case "print": writeAll(1, step.object + "\n")
            case "log": setup.log(step.object)
            case "fail": throw HandlerError(step.object, kind: "SetupError")
            case "crash": kill(getpid(), Int32(step.object) ?? SIGKILL)
            case "exit": _exit(Int32(step.object) ?? 1)
            default: throw HandlerError("unknown step \(step.verb)", kind: "FixtureError")
            }
        }
    }
}
