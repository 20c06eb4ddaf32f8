import HTTP
import Testing

@Suite struct MediaTypeTests {
    private static func parse(_ text: String) -> MediaType? { MediaType(Array(text.utf8)[...]) }

    @Test(arguments: [
        ("application/json", "application", "json", [:]),
        (" Application/JSON ", "application", "json", [:]),
        ("text/plain; charset=utf-8", "text", "plain", ["charset": "utf-8"]),
        ("text/plain ;charset=\"utf-8\" ; A=\"b\\\"c;,\"", "text", "plain", ["charset": "utf-8", "a": "b\"c;,"]),
        ("text/plain;", "text", "plain", [:]), ("text/plain;;a=b", "text", "plain", ["a": "b"]),
    ])
    func parsed(text: String, type: String, subtype: String, parameters: [String: String]) throws {
        let parsed = try #require(Self.parse(text))
        #expect(parsed.type == type)
        #expect(parsed.subtype == subtype)
        #expect(Dictionary(parsed.parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }) == parameters)
    }

    @Test(arguments: [
        "", "json", "/json", "application/", "application/json x", "a/b/c", "a/b;c", "a/b;c=", "a/b;c=\"d", "a/b,c/d",
    ])
    func refused(text: String) {
        #expect(Self.parse(text) == nil)
    }

    @Test(arguments: [
        ("application/json", true), ("application/json; charset=utf-8", true), ("APPLICATION/Ld+JSON", true),
        ("text/json", false), ("application/x-www-form-urlencoded", false), ("application/jsonx", false),
    ])
    func isJSON(text: String, expected: Bool) throws {
        #expect(try #require(Self.parse(text)).isJSON == expected)
    }
}
