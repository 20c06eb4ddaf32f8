/// One member of a parsed object.
public struct JSONMemberValue: Equatable, Sendable {
    /// The key with its escapes resolved.
    public let key: String
    /// The value.
    public let value: JSONValue

    /// A member.
    public init(key: String, value: JSONValue) {
        self.key = key
        self.value = value
    }
}
