/// What a worker's exit status says.
package enum ExitCode: Int32, Sendable {
    /// It was asked to end, or the supervisor is gone, or there was nothing to do but print.
    case ended = 0
    /// The set-up failed.
    case setupFailed = 1
    /// It was not started by a supervisor, or with arguments that it does not know (`EX_USAGE`).
    case usage = 64
    /// What the author declares is no worker: no handlers, two of one name (`EX_SOFTWARE`).
    case badDeclaration = 70
    /// The supervisor broke a rule of the protocol (`EX_PROTOCOL`).
    case protocolViolation = 76
}
