/// Why a handler's schema cannot be enforced.
package struct InputSchemaError: Error, Sendable, Equatable {
    /// Where in the document: a JSON Pointer (RFC 6901), empty for the whole.
    package let pointer: String
    /// What is wrong there, without a full stop.
    package let message: String

    init(at pointer: String, _ message: String) {
        self.pointer = pointer
        self.message = message
    }
}

extension InputSchemaError: CustomStringConvertible {
    /// Place and reason: `/properties/n/pattern: …`.
    package var description: String { "\(pointer.isEmpty ? "the schema" : pointer): \(message)" }
}
