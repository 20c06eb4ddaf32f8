/// What the supervisor does to an input that fits its schema, before the run gets it.
public enum InputRules: String, Sendable {
    /// Nothing: the run gets the client's bytes.
    case plain
    /// As Cog's server: members that the schema does not name are dropped, and properties that are `nullable`, not
    /// required and without `default` become `null` when they are absent.
    case cog
}

extension InputRules {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        guard let text = try reader.optionalString("input_rules") else {
            self = .plain
            return
        }
        guard let rules = InputRules(rawValue: text) else {
            throw reader.error("input_rules", "must be `plain` or `cog`")
        }
        self = rules
    }
}
