import Engine
import WireProtocol

/// The compiled input schemas of the deployments, each made when first needed and again when the schema changes; and what
/// Cog does to the inputs of its models.
struct InputValidators {
    /// An input that was looked at.
    enum Verdict {
        /// What the run gets; nil: nothing was sent, and there is nothing to add.
        case fits([UInt8]?)
        /// The body of the refusal.
        case refused([UInt8])
    }

    private struct Key: Hashable {
        let deployment: Int
        let kind: RunKind
    }

    private struct Entry {
        let source: RawJSON
        /// Nil: the schema could not be compiled; then nothing is validated, and a warning says so.
        let schema: InputSchema?
        /// Members that were dropped and are in the log.
        var warnedFields: Set<String> = []
    }

    /// So many names of unknown members are told for one schema; clients choose them, and the log is not theirs to fill.
    private static let maximumWarnedFields = 100
    /// Most characters of such a name in the log.
    private static let maximumNameLength = 64

    private var entries: [Key: Entry] = [:]
    /// What the server's log should say, and of which deployment.
    private(set) var warnings: [(deployment: Int, text: String)] = []

    /// Checks the input against the handler's schema, and edits it where the handler's rules say so.
    mutating func judge(
        _ input: [UInt8]?, _ handler: ServedHandler, _ kind: RunKind, deployment: Int
    ) -> Verdict {
        guard let (key, schema) = schema(handler, kind, deployment) else { return .fits(input) }
        var raw = RawJSON(unchecked: input ?? emptyObject)
        if handler.inputRules == .cog {
            let known = schema.editedInput(raw, dropUnknownFields: true, fillNulls: false)
            if known.bytes.count != raw.bytes.count { warn(of: schema.unknownFields(of: raw), key) }
            raw = known
        }
        let problems = schema.validate(raw)
        guard problems.isEmpty else { return .refused(InputProblem.body(problems)) }
        guard handler.inputRules == .cog else { return .fits(input) }
        let filled = schema.editedInput(raw, dropUnknownFields: false, fillNulls: true)
        return .fits(input == nil && filled.bytes == emptyObject ? nil : filled.bytes)
    }

    /// The input as it would be run, whether it fits or not: to compare it with one that was.
    mutating func edited(
        _ input: [UInt8]?, _ handler: ServedHandler?, _ kind: RunKind, deployment: Int
    ) -> [UInt8]? {
        guard let input, let handler, handler.inputRules == .cog,
            let (_, schema) = schema(handler, kind, deployment)
        else { return input }
        return schema.editedInput(RawJSON(unchecked: input), dropUnknownFields: true, fillNulls: true).bytes
    }

    mutating func takeWarnings() -> [(deployment: Int, text: String)] {
        defer { warnings = [] }
        return warnings
    }

    private mutating func warn(of fields: [String], _ key: Key) {
        let told = entries[key]?.warnedFields ?? []
        let new = fields.map { String($0.prefix(Self.maximumNameLength)) }.filter { !told.contains($0) }
            .prefix(Self.maximumWarnedFields - told.count)
        guard !new.isEmpty else { return }
        entries[key]?.warnedFields.formUnion(new)
        let names = new.map { "\"\($0)\"" }.joined(separator: ", ")
        warnings.append(
            (key.deployment, "inputs have members that the model does not declare, which are dropped: \(names)"))
    }

    private mutating func schema(
        _ handler: ServedHandler, _ wanted: RunKind, _ deployment: Int
    ) -> (Key, InputSchema)? {
        let kind: RunKind = handler.trainingInput == nil ? .prediction : wanted
        let key = Key(deployment: deployment, kind: kind)
        guard let source = kind == .training ? handler.trainingInput : handler.input else { return nil }
        if let entry = entries[key], entry.source == source { return entry.schema.map { (key, $0) } }
        var schema: InputSchema?
        do throws(InputSchemaError) {
            schema = try InputSchema(json: source)
            for omission in schema?.omissions ?? [] {
                warnings.append((deployment, "a rule of the handler's input schema is not enforced: \(omission)"))
            }
        } catch {
            warnings.append(
                (deployment, "inputs are not validated: the handler's input schema cannot be used: \(error)"))
        }
        entries[key] = Entry(source: source, schema: schema)
        return schema.map { (key, $0) }
    }
}
