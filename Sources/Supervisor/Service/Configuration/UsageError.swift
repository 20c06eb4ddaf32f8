/// A command line that cannot be understood. The program ends with ``ExitCode/usage``.
package struct UsageError: Error, Sendable, Equatable {
    /// What is wrong, without a full stop.
    package let message: String
    /// What to write instead.
    package let hint: String?

    package init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}

extension UsageError: CustomStringConvertible {
    /// What to print on standard error.
    package var description: String {
        "supervisor: \(message)" + (hint.map { "\n  help: \($0)" } ?? "")
    }
}
