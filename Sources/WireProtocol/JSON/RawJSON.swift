/// The bytes of one JSON value, kept exactly as they came and never parsed.
///
/// Equality and hash are those of the bytes: `1.0` and `1` differ, and so do two spellings of one object.
public struct RawJSON: Hashable, Sendable {
    /// Valid JSON in UTF-8.
    public let bytes: [UInt8]

    /// Keeps `bytes` after checking that they are exactly one JSON value.
    public init(validating bytes: [UInt8]) throws(JSONError) {
        try JSONScanner.validate(bytes)
        self.bytes = bytes
    }

    /// Copies `bytes` after checking that they are exactly one JSON value.
    public init(validating bytes: UnsafeRawBufferPointer) throws(JSONError) {
        try JSONScanner.validate(bytes)
        self.bytes = [UInt8](bytes)
    }

    /// Keeps bytes that are known to be valid: a range that a scanner found, or what ``JSONWriter`` wrote.
    public init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// `null`.
    public static let null = RawJSON(unchecked: Array("null".utf8))
    /// `{}`.
    public static let emptyObject = RawJSON(unchecked: Array("{}".utf8))
}

extension RawJSON: CustomStringConvertible {
    /// The text itself.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
