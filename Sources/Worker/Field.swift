import WireProtocol

/// A member of a ``HandlerInput`` that says what it is for, what it may be, and what it is when it is left out.
@propertyWrapper
public struct Field<Value: Codable & Sendable>: Sendable {
    /// What was given; nil when nothing was, and there is no default.
    private var value: Value?
    let definition: FieldDefinition
    /// The key under which it was read; nil when it was not.
    let key: String?

    /// A member that may be left out.
    ///
    /// - Parameters:
    ///   - wrappedValue: What it is then.
    ///   - description: What it is for, for people.
    ///   - rules: What it may be.
    public init(wrappedValue: Value, _ description: String? = nil, _ rules: Rule...) {
        value = wrappedValue
        key = nil
        let text = try? ChunkEncoder.encoded(wrappedValue)
        definition = FieldDefinition(
            description: description, keywords: rules.flatMap(\.keywords),
            defaultValue: text.flatMap { try? JSONValue.parse($0) })
    }

    /// A member that must be given, unless its type is optional.
    ///
    /// - Parameters:
    ///   - description: What it is for, for people.
    ///   - rules: What it may be.
    public init(_ description: String? = nil, _ rules: Rule...) {
        value = nil
        key = nil
        definition = FieldDefinition(description: description, keywords: rules.flatMap(\.keywords))
    }

    /// What was given, or the default. In an input that was made with `init()`, a member without default must be set
    /// before it is read.
    public var wrappedValue: Value {
        get {
            if let value { return value }
            if let none = (Value.self as? any OptionalType.Type)?.none as? Value { return none }
            preconditionFailure("a field without a default was read before it was set")
        }
        set { value = newValue }
    }

    /// What a field may be.
    public struct Rule: Sendable {
        let keywords: [JSONMemberValue]
    }
}

extension Field: Decodable {
    /// Reads the value.
    public init(from decoder: any Decoder) throws {
        if let type = Value.self as? any OptionalType.Type, try decoder.singleValueContainer().decodeNil() {
            value = type.none as? Value
        } else {
            value = try Value(from: decoder)
        }
        key = decoder.codingPath.last?.stringValue
        definition = FieldDefinition()
    }
}

extension Field: Encodable {
    /// Writes the value.
    public func encode(to encoder: any Encoder) throws {
        try wrappedValue.encode(to: encoder)
    }
}

extension Field: Equatable where Value: Equatable {
    /// Whether the values are the same.
    public static func == (left: Field, right: Field) -> Bool { left.value == right.value }
}

extension Field: Hashable where Value: Hashable {
    /// Of the value.
    public func hash(into hasher: inout Hasher) { hasher.combine(value) }
}

extension Field: SomeField {
    static var valueType: any Decodable.Type { Value.self }

    /// A field with what a probe made of it, to learn its key.
    static func probed(_ value: any Decodable, key: String) -> any SomeField {
        Field(probed: value as? Value, key: key)
    }

    private init(probed value: Value?, key: String) {
        self.value = value
        self.key = key
        definition = FieldDefinition()
    }
}

/// A field of any type, as the schema sees it.
protocol SomeField: Decodable {
    static var valueType: any Decodable.Type { get }
    static func probed(_ value: any Decodable, key: String) -> any SomeField
    var definition: FieldDefinition { get }
    var key: String? { get }
}

/// What a field says about itself.
struct FieldDefinition: Sendable {
    var description: String?
    /// Keywords of JSON Schema.
    var keywords: [JSONMemberValue] = []
    /// What it is when it is left out; nil when it must be given, or is optional.
    var defaultValue: JSONValue?
}
