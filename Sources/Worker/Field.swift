import WireProtocol

/// A member of a ``HandlerInput`` that says what it is for, what it may be, and what it is when it is left out.
@propertyWrapper
public struct Field<Value: Codable & Sendable>: Sendable {
    /// What was given, or the default; nil when there is neither.
    private var value: Value?
    /// The key under which it was read; nil when it was not.
    let key: String?
    private let description: String?
    private let rules: [Rule]

    /// A member that may be left out.
    ///
    /// - Parameters:
    ///   - wrappedValue: What it is then.
    ///   - description: What it is for, for people.
    ///   - rules: What it may be.
    public init(wrappedValue: Value, _ description: String, _ rules: Rule...) {
        self.init(wrappedValue, nil, description, rules)
    }

    /// A member that may be left out.
    ///
    /// - Parameters:
    ///   - wrappedValue: What it is then.
    ///   - rules: What it may be.
    public init(wrappedValue: Value, _ rules: Rule...) {
        self.init(wrappedValue, nil, nil, rules)
    }

    /// A member that must be given, unless its type is optional.
    ///
    /// - Parameters:
    ///   - description: What it is for, for people.
    ///   - rules: What it may be.
    public init(_ description: String, _ rules: Rule...) {
        self.init(nil, nil, description, rules)
    }

    /// A member that must be given, unless its type is optional.
    ///
    /// - Parameter rules: What it may be.
    public init(_ rules: Rule...) {
        self.init(nil, nil, nil, rules)
    }

    /// A member that must be given, unless its type is optional.
    public init() {
        self.init(nil, nil, nil, [])
    }

    private init(_ value: Value?, _ key: String?, _ description: String?, _ rules: [Rule]) {
        self.value = value
        self.key = key
        self.description = description
        self.rules = rules
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
    ///
    /// Made anew with each input that is read, because the compiler gives every member its initial value first; what it
    /// means is worked out only when the schema is.
    public struct Rule: Sendable {
        /// Keywords of JSON Schema.
        let keywords: @Sendable () -> [JSONMemberValue]
    }
}

extension Field: Decodable {
    /// Reads the value.
    public init(from decoder: any Decoder) throws {
        self.init(try Self.read(decoder), decoder.codingPath.last?.stringValue, nil, [])
    }

    private static func read(_ decoder: any Decoder) throws -> Value? {
        // Texts and numbers are at hand without another container.
        if let decoder = decoder as? JSONValueDecoder { return try decoder.decode(Value.self) }
        return try Value(from: decoder)
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
        Field(value as? Value, key, nil, [])
    }

    var definition: FieldDefinition {
        let text = value.flatMap { try? ChunkEncoder.encoded($0) }
        return FieldDefinition(
            description: description, keywords: rules.flatMap { $0.keywords() },
            defaultValue: text.flatMap { try? JSONValue.parse($0) })
    }
}
