import WireProtocol

/// The input is not what the handler takes.
struct InputError: Error, Equatable, CustomStringConvertible {
    /// One sentence that names the member: ``The input's `size` must be an integer.``
    let description: String

    /// The name of the error for clients.
    static let kind = "InputError"

    /// What any error that was thrown while an input was read means.
    init(_ error: any Error) {
        description =
            switch error {
            case DecodingError.keyNotFound(let key, let context):
                "\(Self.subject(context.codingPath + [key])) is missing."
            case DecodingError.valueNotFound(let type, let context):
                "\(Self.subject(context.codingPath)) must be \(Self.name(of: type)), not null."
            case DecodingError.typeMismatch(let type, let context):
                "\(Self.subject(context.codingPath)) must be \(Self.name(of: type))."
            case DecodingError.dataCorrupted(let context):
                "\(Self.subject(context.codingPath)) is not acceptable: \(context.debugDescription)"
            case let error as JSONError: "The input is not valid JSON: \(error)."
            default: "The input is not acceptable: \(error)"
            }
    }

    /// ``The input's `a.b[3]` `` for a path, `The input` for none.
    private static func subject(_ path: [any CodingKey]) -> String {
        var text = ""
        for key in path {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
        return text.isEmpty ? "The input" : "The input's `\(text)`"
    }

    /// A type in the words of JSON.
    private static func name(of type: Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is Double.Type, is Float.Type: "a number"
        case is any FixedWidthInteger.Type: "an integer"
        case is [JSONValue].Type, is any CollectionType.Type: "an array"
        default: "an object"
        }
    }
}
