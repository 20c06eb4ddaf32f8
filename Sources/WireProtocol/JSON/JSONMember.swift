/// One member of an object, as byte ranges of the text in which it was found.
public struct JSONMember: Equatable, Sendable {
    /// The key with its escapes resolved; a lone surrogate becomes U+FFFD.
    public let key: String
    /// Where the key lies, quotes included.
    public let keyRange: Range<Int>
    /// Where the value lies, without the white space around it.
    public let value: Range<Int>
}
