import HTTP
import Testing

@Suite struct AcceptTests {
    private static func accept(_ text: String) -> Accept { Accept(Array(text.utf8)[...]) }

    @Test(arguments: [
        ("*/*", 1000), ("text/*", 1000), ("text/event-stream", 1000), ("TEXT/Event-Stream", 1000),
        ("application/json", 0), ("text/event-stream;q=0.5", 500), ("text/event-stream ; Q=0.123", 123),
        ("text/event-stream;q=0", 0), ("text/event-stream;q=1.000", 1000), ("*/*;q=0.1, text/*;q=0.2", 200),
        // The most specific range counts, wherever it stands.
        ("text/event-stream;q=0.3, */*", 300), ("*/*, text/event-stream;q=0", 0),
        ("text/event-stream;a=b", 0), ("", 1000), (" , ,", 1000),
        ("text/event-stream;q=0.3, text/event-stream;q=0.4", 300),
        // What cannot be read is left out, the rest counts.
        ("rubbish, text/event-stream;q=0.4", 400), ("text/event-stream;q=2, text/*;q=0.4", 400),
        ("text/event-stream;q=0.1234, */*;q=0.4", 400), ("*/html, text/*;q=0.4", 400),
        ("a/b;c=\"d,e\", text/*;q=0.4", 400), ("text/event-stream x, text/*;q=0.4", 400),
        ("text/event-stream;q=0.5;ext=1", 500), ("\"", 1000), ("a/b;c=\"", 1000),
    ])
    func quality(text: String, expected: Int) {
        #expect(Self.accept(text).quality(of: .eventStream) == expected)
    }

    @Test func noHeaderMeansEverything() {
        let accept = Accept(nil)
        #expect(accept.quality(of: .json) == 1000)
        #expect(!accept.names(.eventStream))
        #expect(accept.preferred(among: [.json, .eventStream]) == .json)
    }

    @Test(arguments: [
        ("text/event-stream", true), ("application/json, Text/Event-Stream; q=0.1", true), ("*/*", false),
        ("text/*", false), ("text/event-stream;q=0", false), ("text/event-streams", false),
        ("text/event-stream;charset=utf-8", true),
    ])
    func names(text: String, expected: Bool) {
        #expect(Self.accept(text).names(.eventStream) == expected)
    }

    @Test(arguments: [
        ("application/json, text/event-stream;q=0.9", MediaType.json),
        ("application/json;q=0.8, text/event-stream", .eventStream), ("*/*", .json), ("text/*", .eventStream),
        ("application/json;q=0, */*", .eventStream), ("image/png", nil),
    ])
    func preferred(text: String, expected: MediaType?) {
        #expect(Self.accept(text).preferred(among: [.json, .eventStream]) == expected)
    }

    @Test func parametersOfTheOfferCount() {
        let accept = Self.accept("text/plain;format=Flowed;q=0.7, text/plain;q=0.2")
        let flowed = MediaType("text", "plain", parameters: [.init(name: "format", value: "flowed")])
        #expect(accept.quality(of: flowed) == 700)
        #expect(accept.quality(of: .plainText) == 200)
    }

    @Test func severalLinesAreOneList() throws {
        let request = try Request(.get, "/", headers: [("Accept", "a/b"), ("ACCEPT", "text/event-stream;q=0.5")])
        #expect(Accept(request.headers.list("accept")).quality(of: .eventStream) == 500)
    }
}
