import WireProtocol

extension RawJSON: Codable {
    /// Takes any value. Numbers keep their digits; white space and the form of escapes may change.
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? JSONValueDecoder {
            self.init(unchecked: decoder.value.bytes)
            return
        }
        self.init(unchecked: try JSONValue(decoding: decoder).bytes)
    }

    /// Writes the value. By itself it is sent as it is; inside another value its numbers go through `Double` when they
    /// are no 64-bit integers.
    public func encode(to encoder: any Encoder) throws {
        try JSONValue.parse(bytes).encode(to: encoder)
    }
}

/// A member's name.
private struct MemberKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension JSONValue {
    /// Reads a value of any kind from a decoder of someone else's.
    fileprivate init(decoding decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: MemberKey.self) {
            self = .object(
                try container.allKeys.map { key in
                    JSONMemberValue(
                        key: key.stringValue, value: try JSONValue(decoding: try container.superDecoder(forKey: key)))
                })
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [JSONValue] = []
            while !container.isAtEnd { elements.append(try JSONValue(decoding: try container.superDecoder())) }
            self = .array(elements)
        } else {
            self = try JSONValue(scalarIn: try decoder.singleValueContainer())
        }
    }

    private init(scalarIn container: any SingleValueDecodingContainer) throws {
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .number("\(value)")
        } else if let value = try? container.decode(Double.self) {
            self = .number("\(value)")
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    fileprivate func encode(to encoder: any Encoder) throws {
        switch self {
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try element.encode(to: container.superEncoder()) }
        case .object(let members):
            var container = encoder.container(keyedBy: MemberKey.self)
            for member in members {
                try member.value.encode(to: container.superEncoder(forKey: MemberKey(stringValue: member.key)))
            }
        default: try encodeScalar(to: encoder)
        }
    }

    private func encodeScalar(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .bool(let value): try container.encode(value)
        case .string(let text): try container.encode(text)
        case .number(let digits):
            if let number = Int64(digits) {
                try container.encode(number)
            } else if let number = UInt64(digits) {
                try container.encode(number)
            } else {
                try container.encode(Double(digits) ?? .infinity)
            }
        default: try container.encodeNil()
        }
    }
}
