import HTTP
import Testing

@Suite struct PathDecoderTests {
    @Test(arguments: [
        ("", ""), ("abc", "abc"), ("a%20b", "a b"), ("%2F", "/"), ("%2f", "/"), ("..", ".."), ("%2e%2E", ".."),
        ("%2E%2E%2Fetc", "../etc"), ("a+b", "a+b"), ("%C3%BC", "ü"), ("ü", "ü"), ("%F0%9F%8C%8D", "🌍"), ("%25", "%"),
        ("%2525", "%25"), ("a%0A", "a\n"), ("~!$&'()*,;=:@", "~!$&'()*,;=:@"),
    ])
    func decoded(segment: String, expected: String) throws {
        #expect(try PathDecoder.decode(Array(segment.utf8)[...], name: "id") == expected)
    }

    @Test(arguments: [
        ("%", "Invalid percent-encoding"), ("%2", "Invalid percent-encoding"), ("a%", "Invalid percent-encoding"),
        ("%zz", "Invalid percent-encoding"), ("%+1", "Invalid percent-encoding"), ("%%20", "Invalid percent-encoding"),
        ("%FF", "Invalid UTF-8"), ("%C3", "Invalid UTF-8"), ("%C0%AF", "Invalid UTF-8"), ("%ED%A0%80", "Invalid UTF-8"),
        ("%00", "NUL character"), ("a%00b", "NUL character"),
    ])
    func refused(segment: String, what: String) {
        #expect(throws: HTTPError(.badRequest, "Invalid URL: \(what) in `id`", closesConnection: false)) {
            try PathDecoder.decode(Array(segment.utf8)[...], name: "id")
        }
    }

    @Test func rawBytesThatAreNoUTF8AreRefused() {
        #expect(throws: HTTPError.self) { try PathDecoder.decode([0xFF, 0x41], name: "id") }
    }

    @Test func sliceInTheMiddle() throws {
        let bytes = Array("/a/b%20c/d".utf8)
        #expect(try PathDecoder.decode(bytes[3..<8], name: "id") == "b c")
    }
}
