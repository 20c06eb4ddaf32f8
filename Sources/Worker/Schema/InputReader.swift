import WireProtocol

/// Reads inputs of one type: fills in what was left out, decodes, and says which member is wrong.
struct InputReader<Input: Decodable>: Sendable {
    /// The schema of the inputs.
    let schema: Schema
    /// Whether a pass over the input can change anything.
    private let hasDefaults: Bool

    /// A reader; finds out the schema, so it should be made once.
    init(_ type: Input.Type) {
        schema = SchemaProbe.schema(of: type)
        hasDefaults = Defaults.exist(in: schema.json)
    }

    /// Reads an input.
    func read(_ input: RawJSON) throws(InputError) -> Input {
        // Who asks for raw JSON gets the client's bytes, not a rewriting of them.
        if let raw = input as? Input { return raw }
        do {
            var value = try JSONValue.parse(input.bytes)
            if hasDefaults { value = Defaults.fill(in: value, by: schema.json) }
            return try Input(from: JSONValueDecoder(value))
        } catch {
            throw InputError(error)
        }
    }
}
