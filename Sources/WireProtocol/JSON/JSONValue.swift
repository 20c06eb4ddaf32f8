/// A parsed JSON value, for the few places that must look inside one: schemas, configuration, inputs under check.
///
/// Numbers keep their digits as text, so that no value is rounded by passing through.
public enum JSONValue: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number as it was written.
    case number(String)
    /// A string with its escapes resolved; a lone surrogate has become U+FFFD.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object's members in their order, duplicates included.
    case object([JSONMemberValue])

    /// The value of the member `key` of an object, the last when there are several; nil for other values.
    ///
    /// Keys match by their bytes, not by Unicode equivalence: two spellings of "é" are two keys.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    /// The truth value, if this is one.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The text, if this is a string.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The number, if this is one that is written without fraction and exponent and fits.
    public var integerValue: Int? {
        if case .number(let digits) = self { Int(digits) } else { nil }
    }

    /// The nearest binary number, if this is a number; infinite when it is too large.
    public var doubleValue: Double? {
        if case .number(let digits) = self { Double(digits) } else { nil }
    }

    /// The elements, if this is an array.
    public var arrayValue: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members, if this is an object.
    public var objectValue: [JSONMemberValue]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// Appends the value as JSON without spaces.
    public func append(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): JSONWriter.appendBool(value, to: &output)
        case .number(let digits): output.append(contentsOf: digits.utf8)
        case .string(let text): JSONWriter.appendString(text, to: &output)
        case .array(let elements):
            JSONWriter.openArray(in: &output)
            for element in elements {
                JSONWriter.beginElement(in: &output)
                element.append(to: &output)
            }
            JSONWriter.closeArray(in: &output)
        case .object(let members):
            JSONWriter.openObject(in: &output)
            for member in members {
                JSONWriter.beginMember(member.key, in: &output)
                member.value.append(to: &output)
            }
            JSONWriter.closeObject(in: &output)
        }
    }

    /// The value as JSON without spaces.
    public var bytes: [UInt8] {
        var output: [UInt8] = []
        append(to: &output)
        return output
    }
}

extension JSONValue: Equatable {
    /// Whether both say the same: objects as sets of members, the last of equal keys counting; numbers by their digits
    /// (`1` and `1.0` differ); strings and keys by their bytes.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): lastMembers(left) == lastMembers(right)
        default: false
        }
    }

    /// What each key stands for, keyed by bytes.
    private static func lastMembers(_ members: [JSONMemberValue]) -> [[UInt8]: JSONValue] {
        Dictionary(members.map { (Array($0.key.utf8), $0.value) }, uniquingKeysWith: { $1 })
    }
}

extension JSONValue: CustomStringConvertible {
    /// The value as JSON without spaces.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
