/// A piece of what was printed: text without framing, in which a line may be cut anywhere.
public struct LogText: Equatable, Sendable {
    /// Where it was printed to.
    public enum Stream: String, Sendable {
        /// Descriptor 1.
        case standardOutput
        /// Descriptor 2.
        case standardError
    }

    /// Where it was printed to.
    public var stream: Stream
    /// Meant to be UTF-8; what is not becomes U+FFFD where it is shown.
    public var bytes: [UInt8]

    /// Text as bytes.
    public init(_ stream: Stream, _ bytes: some Sequence<UInt8>) {
        self.stream = stream
        self.bytes = Array(bytes)
    }

    /// The text, wrong bytes replaced.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}
