import Testing
import Worker

@Suite struct MetricRulesTests {
    private func json(_ text: String) throws -> RawJSON { try RawJSON(validating: Array(text.utf8)) }

    @Test(arguments: [
        "a", "A9", "tokens_per_second", "a.b.c.d", "predict_times", "cogs", "cog",
        "a" + String(repeating: "b", count: 127),
    ])
    func goodNames(name: String) throws {
        var rules = MetricRules()
        try rules.check(name, try json("1"), .replace)
    }

    @Test(arguments: [
        ("", "must not be empty"),
        (String(repeating: "a", count: 129), "must be 128 characters or fewer (got 129 characters)"),
        (".a", "must not start with a dot"), ("a.", "must not end with a dot"), (".", "must not start with a dot"),
        ("a..b", "must not contain empty segments (consecutive dots)"),
        ("a.b.c.d.e", "must have at most 4 dot-separated segments (got 5)"),
        ("1a", "segment '1a' must start with a letter"), ("a._b", "segment '_b' must start with a letter"),
        ("a__b", "segment 'a__b' must not contain consecutive underscores"),
        ("a_", "segment 'a_' must end with a letter or digit"),
        ("a-b", "segment 'a-b' contains invalid character '-'"), ("é", "segment 'é' must start with a letter"),
        ("aé", "segment 'aé' contains invalid character 'é'"), ("a b", "segment 'a b' contains invalid character ' '"),
        ("predict_time", "'predict_time' is reserved by the runtime"),
        ("cog.x", "the 'cog.' prefix is reserved for system metrics"),
    ])
    func badNames(name: String, reason: String) throws {
        var rules = MetricRules()
        let value = try json("1")
        let error = #expect(throws: MetricError.self) { try rules.check(name, value, .replace) }
        #expect(error?.description.hasSuffix(reason) == true, "\(error?.description ?? "")")
    }

    @Test func aMetricKeepsItsTypeUntilItIsRemoved() throws {
        var rules = MetricRules()
        try rules.check("n", try json("1"), .replace)
        try rules.check("n", try json("2"), .increment)
        let (float, null) = (try json("2.0"), try json("null"))
        #expect(throws: MetricError.self) { try rules.check("n", float, .increment) }
        #expect(throws: MetricError.self) { try rules.check("n", null, .append) }
        try rules.check("n", null, .replace)
        try rules.check("n", float, .append)
    }

    @Test(arguments: ["true", "\"a\"", "[1]", "{}"])
    func onlyNumbersAreAdded(value: String) throws {
        var rules = MetricRules()
        let value = try json(value)
        #expect(throws: MetricError.self) { try rules.check("a", value, .increment) }
        try rules.check("a", value, .append)
    }
}
