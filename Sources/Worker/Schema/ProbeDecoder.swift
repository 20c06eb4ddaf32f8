import WireProtocol

/// What a type asked for while it decoded itself.
final class ProbeRecord {
    private enum Shape {
        case unknown
        case object
        case array
        case value
    }

    private var shape = Shape.unknown
    private var properties: [(key: String, schema: Schema, isRequired: Bool)] = []
    private var element = Schema.any
    /// Members that may be absent, and whether they may be null.
    private var questions: [String: Bool] = [:]

    func noteQuestion(_ key: String, isNullable: Bool) {
        questions[key] = isNullable || questions[key] == true
    }

    func note(_ schema: Schema, for key: String, isRequired: Bool) {
        shape = .object
        let isRequired = isRequired && questions[key] == nil
        let schema = questions[key] == true ? schema.with("nullable", .bool(true)) : schema
        if let place = properties.firstIndex(where: { $0.key == key }) {
            properties[place].isRequired = properties[place].isRequired && isRequired
        } else {
            properties.append((key, schema, isRequired))
        }
    }

    func noteObject() { shape = .object }

    func noteElement(_ schema: Schema?) {
        shape = .array
        if let schema { element = schema }
    }

    func noteValue(_ schema: Schema) {
        shape = .value
        element = schema
    }

    /// - Parameter isComplete: Whether the type was content with what it got; if not, nobody knows what it would have
    ///   asked for next, and nothing is said to be required.
    func schema(isComplete: Bool) -> Schema {
        switch shape {
        case .unknown: return isComplete ? Schema("object") : .any
        case .value: return element
        case .array: return Schema("array").with("items", element.json)
        case .object:
            let members = properties.enumerated().map { place, property in
                let schema = property.schema.titled(Schema.title(of: property.key))
                    .with("x-order", .number("\(place)"))
                return JSONMemberValue(key: property.key, value: schema.json)
            }
            let required = properties.filter { isComplete && $0.isRequired }.map { JSONValue.string($0.key) }
            return Schema("object").with("properties", .object(members))
                .with("required", required.isEmpty ? nil : .array(required))
        }
    }
}

/// Gives every type what it asks for and notes what that was.
struct ProbeDecoder: Decoder {
    let probe: SchemaProbe
    let record = ProbeRecord()
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(probe: SchemaProbe, path: [any CodingKey]) {
        self.probe = probe
        codingPath = path
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        record.noteObject()
        return KeyedDecodingContainer(ProbeMembers(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        record.noteElement(nil)
        return ProbeElements(decoder: self)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { ProbeValue(decoder: self) }

    /// A value of `type`, if the probe can make one.
    func value<Value: Decodable>(_ type: Value.Type, _ note: (Schema) -> Void) throws -> Value {
        let finding = probe.probe(type)
        note(finding.schema)
        guard let value = finding.value as? Value else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: codingPath, debugDescription: "no value of \(type) is known"))
        }
        return value
    }
}

private struct ProbeMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: ProbeDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { [] }

    // Who asks whether a member is there, or null, can do without it.

    func contains(_ key: Key) -> Bool {
        decoder.record.noteQuestion(key.stringValue, isNullable: false)
        return true
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        decoder.record.noteQuestion(key.stringValue, isNullable: true)
        return false
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        if let fieldType = type as? any SomeField.Type {
            let field = try probeField(fieldType, key.stringValue)
            if let field = field as? Value { return field }
        }
        return try decoder.value(type) { decoder.record.note($0, for: key.stringValue, isRequired: true) }
    }

    /// A field remembers its key, by which the schema finds its definition.
    private func probeField(_ type: any SomeField.Type, _ key: String) throws -> any SomeField {
        let isOptional = type.valueType is any OptionalType.Type
        let finding = decoder.probe.probe(type.valueType)
        decoder.record.note(finding.schema, for: key, isRequired: !isOptional)
        guard let value = finding.value else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: codingPath, debugDescription: "no value of `\(key)` is known"))
        }
        return type.probed(value, key: key)
    }

    /// Asked for types of the author's; for texts and numbers the library has its own that ask for nil first.
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        let schema = decoder.probe.probe(type).schema.with("nullable", .bool(true))
        decoder.record.note(schema, for: key.stringValue, isRequired: false)
        return nil
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        decoder.record.note(Schema("object"), for: key.stringValue, isRequired: true)
        return try ProbeDecoder(probe: decoder.probe, path: codingPath + [key]).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        decoder.record.note(Schema("array"), for: key.stringValue, isRequired: true)
        return try ProbeDecoder(probe: decoder.probe, path: codingPath + [key]).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { decoder }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        ProbeDecoder(probe: decoder.probe, path: codingPath + [key])
    }
}

/// One element, then the end.
private struct ProbeElements: UnkeyedDecodingContainer {
    let decoder: ProbeDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { nil }
    var isAtEnd: Bool { currentIndex > 0 }
    var currentIndex = 0

    init(decoder: ProbeDecoder) { self.decoder = decoder }

    mutating func decodeNil() throws -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        currentIndex += 1
        return try decoder.value(type) { decoder.record.noteElement($0) }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        currentIndex += 1
        return try ProbeDecoder(probe: decoder.probe, path: codingPath).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        currentIndex += 1
        return try ProbeDecoder(probe: decoder.probe, path: codingPath).unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        currentIndex += 1
        return ProbeDecoder(probe: decoder.probe, path: codingPath)
    }
}

private struct ProbeValue: SingleValueDecodingContainer {
    let decoder: ProbeDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try decoder.value(type) { decoder.record.noteValue($0) }
    }
}
