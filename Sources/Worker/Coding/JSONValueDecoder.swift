import FoundationEssentials
import WireProtocol

/// Decodes types from a parsed JSON value.
///
/// Foundation's decoder takes the first of equal keys where the protocol says the last, does not name the member whose
/// number is out of range, and gives up the text of numbers; hence one of our own.
struct JSONValueDecoder: Decoder {
    let value: JSONValue
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(_ value: JSONValue, path: [any CodingKey] = []) {
        self.value = value
        codingPath = path
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let members = value.objectValue else { throw mismatch(JSONObject.self) }
        // The last of equal keys counts.
        let values = Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
        return KeyedDecodingContainer(JSONMembers(decoder: self, values: values, keys: members.map(\.key)))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let elements = value.arrayValue else { throw mismatch([JSONValue].self) }
        return JSONElements(decoder: self, elements: elements)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { JSONSingleValue(decoder: self) }

    /// The value as `type`.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let result: Any? =
            switch type {
            case is Bool.Type: value.boolValue
            case is String.Type: value.stringValue
            case is Double.Type: try floatingPoint(Double.self)
            case is Float.Type: try floatingPoint(Float.self)
            case let type as any FixedWidthInteger.Type: try integer(type)
            case is RawJSON.Type: RawJSON(unchecked: value.bytes)
            case is URL.Type: value.stringValue.flatMap { URL(string: $0) }
            case is Data.Type: value.stringValue.flatMap { Data(base64Encoded: $0) }
            case is Decimal.Type: number.flatMap { Decimal(string: $0) }
            default: try Value(from: self)
            }
        guard let result = result as? Value else { throw mismatch(type) }
        return result
    }

    private var number: String? {
        if case .number(let digits) = value { digits } else { nil }
    }

    private func floatingPoint<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        _ type: Number.Type
    ) throws -> Number? {
        guard let number else { return nil }
        guard let result = Number(number), result.isFinite else { throw outOfRange(number) }
        return result
    }

    private func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number? {
        guard let number else { return nil }
        if let result = Number(number) { return result }
        // `2.0` and `1e3` are integers as JSON Schema sees it.
        guard let double = Double(number), double.rounded() == double else { return nil }
        guard let result = Number(exactly: double) else { throw outOfRange(number) }
        return result
    }

    private func outOfRange(_ number: String) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: codingPath, debugDescription: "the number \(number) is too large.")
        return .dataCorrupted(context)
    }

    /// The error that says what the value should have been.
    func mismatch(_ type: Any.Type) -> DecodingError {
        let context = DecodingError.Context(codingPath: codingPath, debugDescription: "the value is \(value)")
        return value == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    /// A decoder of something inside.
    func inner(_ value: JSONValue, _ key: any CodingKey) -> JSONValueDecoder {
        JSONValueDecoder(value, path: codingPath + [key])
    }
}

/// Stands for "an object" as the type that an error names.
private enum JSONObject {}

private struct JSONMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: JSONValueDecoder
    let values: [String: JSONValue]
    let keys: [String]
    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { values[key.stringValue] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try member(key).value == .null }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        // An optional field that was left out is nil, though the compiler asks as if it had to be there.
        if let field = type as? any SomeField.Type, field.valueType is any OptionalType.Type, !contains(key) {
            return try Value(from: decoder.inner(.null, key))
        }
        return try member(key).decode(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try member(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { decoder }

    func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }

    private func member(_ key: Key) throws -> JSONValueDecoder {
        guard let value = values[key.stringValue] else {
            let context = DecodingError.Context(codingPath: codingPath, debugDescription: "the member is absent")
            throw DecodingError.keyNotFound(key, context)
        }
        return decoder.inner(value, key)
    }
}

/// The place of an element, as a key.
private struct ElementKey: CodingKey {
    let index: Int
    var intValue: Int? { index }
    var stringValue: String { "\(index)" }

    init(_ index: Int) { self.index = index }
    init?(intValue: Int) { self.init(intValue) }
    init?(stringValue: String) { nil }
}

private struct JSONElements: UnkeyedDecodingContainer {
    let decoder: JSONValueDecoder
    let elements: [JSONValue]
    var currentIndex = 0
    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    init(decoder: JSONValueDecoder, elements: [JSONValue]) {
        self.decoder = decoder
        self.elements = elements
    }

    mutating func decodeNil() throws -> Bool {
        guard try current().value == .null else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try current().decode(type)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        let container = try current().container(keyedBy: type)
        currentIndex += 1
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try current().unkeyedContainer()
        currentIndex += 1
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = try current()
        currentIndex += 1
        return decoder
    }

    private func current() throws -> JSONValueDecoder {
        guard !isAtEnd else {
            let context = DecodingError.Context(codingPath: codingPath, debugDescription: "the array has no more")
            throw DecodingError.keyNotFound(ElementKey(currentIndex), context)
        }
        return decoder.inner(elements[currentIndex], ElementKey(currentIndex))
    }
}

private struct JSONSingleValue: SingleValueDecodingContainer {
    let decoder: JSONValueDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.value == .null }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.decode(type) }
}
