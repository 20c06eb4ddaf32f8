import FoundationEssentials
import WireProtocol

/// Turns values into JSON: at once for texts, numbers and JSON itself, by Foundation for all else.
enum ChunkEncoder {
    /// Whether ``appendSimple(_:to:)`` knows the type.
    static func isSimple<Value>(_ type: Value.Type) -> Bool {
        type == String.self || type == Int.self || type == Double.self || type == Bool.self || type == RawJSON.self
    }

    /// Appends a value of one of the types for which ``isSimple(_:)`` holds. Runs none of the author's code.
    static func appendSimple<Value>(_ value: Value, to output: inout [UInt8]) throws {
        switch value {
        case let text as String: JSONWriter.appendString(text, to: &output)
        case let number as Int: JSONWriter.appendInteger(number, to: &output)
        case let json as RawJSON: output.append(contentsOf: json.bytes)
        case let truth as Bool: JSONWriter.appendBool(truth, to: &output)
        case let number as Double:
            guard number.isFinite else {
                let context = EncodingError.Context(
                    codingPath: [], debugDescription: "JSON has no number \(number)")
                throw EncodingError.invalidValue(number, context)
            }
            JSONWriter.appendNumber(number, to: &output)
        default: preconditionFailure("the type was not asked about")
        }
    }

    /// A value of any type as JSON; members of objects are in the order of their keys.
    static func encoded<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        if isSimple(Value.self) {
            var output: [UInt8] = []
            try appendSimple(value, to: &output)
            return output
        }
        let encoder = JSONEncoder()
        // Without the order equal values would be written differently from one process to the next.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }
}
