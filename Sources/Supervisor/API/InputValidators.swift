import Engine
import WireProtocol

/// The compiled input schemas of the deployments, each made when first needed and again when the schema changes.
struct InputValidators {
    private struct Entry {
        let source: RawJSON
        /// Nil: the schema could not be compiled; then nothing is validated, and a warning says so.
        let schema: InputSchema?
    }

    private var entries: [Int: Entry] = [:]
    /// What is wrong with schemas, for the server's log.
    private(set) var warnings: [String] = []

    /// The body of the refusal where the input does not fit the handler's schema; nil: it fits, or there is no schema.
    mutating func errors(in input: [UInt8]?, _ handler: ServedHandler, deployment: Int) -> [UInt8]? {
        guard let source = handler.input, let schema = schema(source, deployment) else { return nil }
        let problems = schema.validate(RawJSON(unchecked: input ?? emptyObject))
        return problems.isEmpty ? nil : InputProblem.body(problems)
    }

    mutating func takeWarnings() -> [String] {
        defer { warnings = [] }
        return warnings
    }

    private mutating func schema(_ source: RawJSON, _ deployment: Int) -> InputSchema? {
        if let entry = entries[deployment], entry.source == source { return entry.schema }
        var schema: InputSchema?
        do throws(InputSchemaError) {
            schema = try InputSchema(json: source)
        } catch {
            warnings.append("inputs are not validated: the handler's input schema cannot be used: \(error)")
        }
        entries[deployment] = Entry(source: source, schema: schema)
        return schema
    }
}
