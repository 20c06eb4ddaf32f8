/// How a process ended.
package enum ExitStatus: Hashable, Sendable, CustomStringConvertible {
    /// It returned this code, 0 … 255.
    case exited(code: Int32)
    /// This signal ended it, perhaps leaving a core file.
    case signaled(ProcessSignal, coreDumped: Bool)

    /// `exit code 1`, `SIGSEGV (core dumped)`.
    package var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .signaled(let signal, let coreDumped): "\(signal)" + (coreDumped ? " (core dumped)" : "")
        }
    }
}
