import WireProtocol

/// What a field says about itself.
struct FieldDefinition: Sendable {
    var description: String?
    /// Keywords of JSON Schema.
    var keywords: [JSONMemberValue] = []
    /// What it is when it is left out; nil when it must be given, or is optional.
    var defaultValue: JSONValue?
}
