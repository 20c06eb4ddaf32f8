/// What a worker's exit status says.
package enum ExitCode: Int32, Sendable {
    /// It was asked to end, or the supervisor is gone, or there was nothing to do but print.
    case ended = 0
    /// The set-up failed.
    case setupFailed = 1
    /// It was not started by a supervisor, or with arguments that it does not know (`EX_USAGE`).
    case usage = 64
    /// The supervisor broke a rule of the protocol (`EX_PROTOCOL`).
    case protocolViolation = 76
    /// To start it again would not help (`EX_CONFIG`, PROTOCOL.md § 8): the set-up threw a ``ConfigurationError``, or what
    /// the author declares is no worker, with no handlers or two of one name.
    case configuration = 78

    /// After a set-up that ended with `error`.
    init(setupError error: any Error) {
        self = error is ConfigurationError || error is InputError ? .configuration : .setupFailed
    }
}
