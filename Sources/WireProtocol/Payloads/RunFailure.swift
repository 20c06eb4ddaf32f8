/// Why a run failed.
public struct RunFailure: Equatable, Sendable {
    /// What went wrong, for the client.
    public var error: String
    /// The class of error in the worker's own language: `ValueError`.
    public var kind: String?
    /// Whether the same run may do better at another try.
    public var isRetryable: Bool

    /// A failure.
    public init(_ error: String, kind: String? = nil, isRetryable: Bool = false) {
        self.error = error
        self.kind = kind
        self.isRetryable = isRetryable
    }
}
