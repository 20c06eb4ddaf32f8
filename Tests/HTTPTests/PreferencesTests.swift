import HTTP
import Testing

@Suite struct PreferencesTests {
    private static func parse(_ text: String) -> Preferences { Preferences(Array(text.utf8)[...]) }

    @Test(arguments: [
        ("respond-async", true, nil), ("Respond-Async", true, nil), ("respond-async, wait=5", true, 5),
        ("wait=10 , respond-async", true, 10), ("wait = \"7\"", false, 7), ("wait=x, respond-async;a=b", true, nil),
        ("respond-asyncx", false, nil), ("", false, nil), (",,respond-async,,", true, nil), ("wait=-1", false, nil),
        ("a=\"b, respond-async\"", false, nil), ("?, respond-async", true, nil), ("respond-async x", false, nil),
        ("wait=5, wait=6", false, 5), ("wait=99999999999999999999", false, nil), ("respond-async=", true, nil),
    ])
    func common(text: String, respondAsync: Bool, wait: Int?) {
        let preferences = Self.parse(text)
        #expect(preferences.respondAsync == respondAsync)
        #expect(preferences.wait == wait)
    }

    @Test func valuesAndParameters() throws {
        let preference = try #require(Self.parse("Foo=\"a \\\"b\\\"\"; Bar; baz=c")["foo"])
        #expect(preference.value == "a \"b\"")
        #expect(preference.parameters == [.init(name: "bar", value: ""), .init(name: "baz", value: "c")])
    }

    @Test func noHeader() {
        #expect(Preferences(nil).all.isEmpty)
    }
}
