import Engine
import Testing

@Suite("Delivery: URLs")
struct DeliveryURLTests {
    @Test(arguments: [
        ("http://example.com", "http://example.com"), ("HTTPS://Example.com/a?b=c#d", "https://Example.com"),
        ("http://127.0.0.1:8080/hook", "http://127.0.0.1:8080"), ("http://[::1]:1/", "http://[::1]:1"),
        ("https://user:secret@example.com/x", "https://example.com"), ("http://example.com:/", "http://example.com:"),
        ("http://example.com?x", "http://example.com"), ("http://exämple.com/ü", "http://exämple.com"),
    ])
    func taken(text: String, origin: String) {
        let url = DeliveryURL(text)
        #expect(url?.text == text)
        #expect(url?.origin == origin)
    }

    @Test(arguments: [
        "", "example.com", "/hook", "ftp://example.com", "http:", "http:/", "http://", "http:///path", "http://:80/",
        "http://a b/", "http://a/\n", "http://a:0/", "http://a:65536/", "http://a:x/", "http://[::1", "http://[]/",
        "http://[::1]x/", "http://a]b/", "http://a/<", "http://a/\"", "http://a\\b", "file:///etc/passwd",
        "http://u@/", "http://a/" + String(repeating: "x", count: DeliveryURL.maximumLength),
    ])
    func refused(text: String) {
        #expect(DeliveryURL(text) == nil)
    }
}
