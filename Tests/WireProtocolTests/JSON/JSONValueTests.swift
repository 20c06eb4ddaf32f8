import Testing
import WireProtocol

@Suite("JSON value")
struct JSONValueTests {
    @Test("survives writing and reading", arguments: JSONCorpus.valid)
    func roundTrip(_ entry: JSONCase) throws {
        let value = try JSONValue.parse(entry.text)
        #expect(try JSONValue.parse(value.bytes) == value)
    }

    @Test(
        "resolves escapes",
        arguments: [
            ("\"\\u0041\\n\\t\\r\\b\\f\\/\\\\\\\"\"", "A\n\t\r\u{8}\u{C}/\\\""),
            ("\"\\ud83d\\ude00\"", "😀"),
            ("\"\\uD83D\\uDE00!\"", "😀!"),
            ("\"\\ud83d\"", "\u{FFFD}"),
            ("\"\\ud83d\\u0041\"", "\u{FFFD}A"),
            ("\"\\ude00\\ud83d\"", "\u{FFFD}\u{FFFD}"),
            ("\"\\ud83d\\ud83d\\ude00\"", "\u{FFFD}😀"),
            ("\"\\u0000\"", "\0"),
            ("\"é\\u00e9\"", "éé"),
        ])
    func escapes(text: String, meaning: String) throws {
        #expect(try JSONValue.parse(text).stringValue == meaning)
    }

    @Test("keeps the digits of numbers", arguments: ["1.0", "1e400", "9223372036854775809", "-0", "1E5"])
    func digits(text: String) throws {
        #expect(try JSONValue.parse(text).bytes == Array(text.utf8))
    }

    @Test("takes the last of equal keys")
    func duplicateKeys() throws {
        let value = try JSONValue.parse("{\"a\":1,\"b\":2,\"a\":3}")
        #expect(value["a"]?.integerValue == 3)
        #expect(value["c"] == nil)
        #expect(value == (try JSONValue.parse("{\"b\":2,\"a\":3}")))
        #expect(value != (try JSONValue.parse("{\"b\":2,\"a\":1}")))
        #expect(value.objectValue?.count == 3)
    }

    @Test("compares strings and keys by bytes")
    func canonicalEquivalence() throws {
        let composed = try JSONValue.parse("{\"\u{E9}\":1}")
        let decomposed = try JSONValue.parse("{\"e\u{301}\":1}")
        #expect(composed != decomposed)
        #expect(composed["e\u{301}"] == nil)
        #expect(JSONValue.string("\u{E9}") != JSONValue.string("e\u{301}"))
    }

    @Test("gives a value only as what it is")
    func accessors() throws {
        #expect(JSONValue.number("12").integerValue == 12)
        #expect(JSONValue.number("12.0").integerValue == nil)
        #expect(JSONValue.number("9223372036854775808").integerValue == nil)
        #expect(JSONValue.number("12.5").doubleValue == 12.5)
        #expect(JSONValue.number("1e400").doubleValue == .infinity)
        #expect(JSONValue.string("12").integerValue == nil)
        #expect(JSONValue.bool(true).boolValue == true)
        #expect(JSONValue.null.boolValue == nil)
        #expect(JSONValue.array([.null]).arrayValue == [.null])
        #expect(JSONValue.array([])["a"] == nil)
    }
}
