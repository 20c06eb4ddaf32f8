/// An error with everything that a client may be told about it.
///
/// A handler may throw any error: its text is its description, its kind the name of its type. Throw this one to say more.
public struct HandlerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What went wrong, for the client.
    public var message: String
    /// The class of error: `OutOfMemory`.
    public var kind: String
    /// Whether the same run may do better at another try.
    public var isRetryable: Bool

    /// An error.
    public init(_ message: String, kind: String = "HandlerError", isRetryable: Bool = false) {
        self.message = message
        self.kind = kind
        self.isRetryable = isRetryable
    }

    /// The message.
    public var description: String { message }
}
