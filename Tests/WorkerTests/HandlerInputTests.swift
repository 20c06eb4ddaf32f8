import Testing
import Worker

private struct Prompt: HandlerInput {
    @Field("The text to continue.", .length(1...)) var prompt: String
    @Field("Higher is wilder.", .range(0...2)) var temperature = 0.8
    @Field("Most tokens that are made.", .range(1...2048)) var maxTokens = 128
    @Field("The same seed gives the same text.") var seed: Int?
    @Field var stop: [String] = []
    @Field var style = Style.plain

    enum Style: String, Codable, CaseIterable {
        case plain
        case rich
    }

    enum CodingKeys: String, CodingKey {
        case prompt, temperature, seed, stop, style
        case maxTokens = "max_tokens"
    }
}

private struct Outer: HandlerInput {
    @Field var inner = Inner()
    @Field var list: [Inner] = []

    struct Inner: HandlerInput, Codable {
        @Field var size = 3
        @Field var name: String?
    }
}

@Suite struct HandlerInputTests {
    @Test func whatIsLeftOutHasItsDefault() throws {
        let prompt = try Prompt(json: #"{"prompt":"Once"}"#)
        #expect(prompt.prompt == "Once")
        #expect(prompt.temperature == 0.8)
        #expect(prompt.maxTokens == 128)
        #expect(prompt.seed == nil)
        #expect(prompt.stop.isEmpty)
        #expect(prompt.style == .plain)
    }

    @Test func whatIsGivenIsTaken() throws {
        let prompt = try Prompt(
            json: #"{"style":"rich","stop":["a","é"],"seed":7,"max_tokens":2.0,"temperature":2,"prompt":"x"}"#)
        #expect(prompt.temperature == 2)
        #expect(prompt.maxTokens == 2)
        #expect(prompt.seed == 7)
        #expect(prompt.stop == ["a", "é"])
        #expect(prompt.style == .rich)
    }

    @Test func nullIsNilForOptionalMembers() throws {
        #expect(try Prompt(json: #"{"prompt":"x","seed":null}"#).seed == nil)
    }

    @Test func ofEqualKeysTheLastCounts() throws {
        #expect(try Prompt(json: #"{"prompt":"a","prompt":"b"}"#).prompt == "b")
    }

    @Test func defaultsReachInside() throws {
        let outer = try Outer(json: #"{"list":[{},{"size":5,"name":"n"}]}"#)
        #expect(outer.inner.size == 3)
        #expect(outer.list.map(\.size) == [3, 5])
        #expect(outer.list.map(\.name) == [nil, "n"])
    }

    @Test func aMemberMayBeSet() {
        var prompt = Prompt()
        prompt.prompt = "set"
        #expect(prompt.prompt == "set")
        #expect(prompt.seed == nil)
    }

    @Test(arguments: [
        ("{}", "The input's `prompt` is missing."),
        (#"{"prompt":3}"#, "The input's `prompt` must be a string."),
        (#"{"prompt":null}"#, "The input's `prompt` must be a string, not null."),
        (#"{"prompt":"x","temperature":"hot"}"#, "The input's `temperature` must be a number."),
        (
            #"{"prompt":"x","temperature":1e400}"#,
            "The input's `temperature` is not acceptable: the number 1e400 is too large."
        ),
        (#"{"prompt":"x","max_tokens":1.5}"#, "The input's `max_tokens` must be an integer."),
        (
            #"{"prompt":"x","max_tokens":1e30}"#,
            "The input's `max_tokens` is not acceptable: the number 1e30 is too large."
        ),
        (
            #"{"prompt":"x","seed":9223372036854775808}"#,
            "The input's `seed` is not acceptable: the number 9223372036854775808 is too large."
        ),
        (#"{"prompt":"x","stop":["a",1]}"#, "The input's `stop[1]` must be a string."),
        (#"{"prompt":"x","stop":{}}"#, "The input's `stop` must be an array."),
        ("[]", "The input must be an object."),
        ("3", "The input must be an object."),
    ])
    func errorsNameTheMember(json: String, message: String) {
        let error = #expect(throws: (any Error).self) { try Prompt(json: json) }
        #expect(error.map { "\($0)" } == message)
    }

    @Test func anUnknownCaseIsSaidToBe() {
        let error = #expect(throws: (any Error).self) { try Prompt(json: #"{"prompt":"x","style":"odd"}"#) }
        #expect(error.map { "\($0)".hasPrefix("The input's `style` is not acceptable: ") } == true)
    }
}
