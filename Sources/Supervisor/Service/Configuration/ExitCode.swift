/// How the program ends, after sysexits where it has a word for it.
package enum ExitCode: Int32, Sendable, CaseIterable {
    /// All went well.
    case success = 0
    /// A running server refused what it was asked for, could not do it, or did not do it in time; or it is not ready.
    case failure = 1
    /// The command line cannot be understood.
    case usage = 64
    /// Something that the server itself needs is not there: an address is taken, the state directory cannot be used. For
    /// a command to a running server: there is none.
    case unavailable = 69
    /// A worker was lost, and `on_worker_loss` says that the server goes with it.
    case workerLost = 70
    /// The configuration is wrong.
    case configuration = 78
    /// Another supervisor runs with the same state directory and address.
    case alreadyRunning = 100

    /// What a process says that was ended by signal `number`.
    package static func signal(_ number: Int32) -> Int32 { 128 + number }

    /// What `--help` says of it.
    package var meaning: String {
        switch self {
        case .success: "ended as asked"
        case .failure: "a running server refused, failed, was too slow, or is not ready"
        case .usage: "the command line cannot be understood"
        case .unavailable: "an address or the state directory cannot be used; or no server runs"
        case .workerLost: "a worker was lost, and `on_worker_loss` is `exit`"
        case .configuration: "the configuration is wrong; every problem is printed"
        case .alreadyRunning: "another supervisor already runs on this address and state directory"
        }
    }
}
