/// How a process ended.
package enum ProcessStatus: Equatable, Sendable {
    case exited(Int32)
    case signaled(Int32)
    /// It is gone, but the system could not say how.
    case unknown

    /// One phrase, for error texts and logs.
    package var text: String {
        switch self {
        case .exited(let code): "exit status \(code)"
        case .unknown: "an unknown end"
        case .signaled(let number): "signal \(number)\(ProcessStatus.names[number].map { " (\($0))" } ?? "")"
        }
    }

    /// The signals that end worker processes in practice; the numbers are those of x86-64 and arm64 Linux.
    private static let names: [Int32: String] = [
        1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL",
        11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM",
    ]
}
