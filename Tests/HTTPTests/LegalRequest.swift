import Testing

/// An input that is one whole legal request, and what has to come out.
struct LegalRequest: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let method: String
    let path: String
    let query: String?
    let authority: String?
    let body: [UInt8]
    let keepAlive: Bool

    var testDescription: String { name }

    init(
        _ name: String, _ text: String, method: String = "GET", path: String = "/", query: String? = nil,
        authority: String? = "h", body: String = "", keepAlive: Bool = true
    ) {
        self.name = name
        bytes = Array(text.utf8)
        self.method = method
        self.path = path
        self.query = query
        self.authority = authority
        self.body = Array(body.utf8)
        self.keepAlive = keepAlive
    }

    static let all: [LegalRequest] = requestLines + headers + connections + bodies

    private static let requestLines = [
        LegalRequest("plain", "GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        LegalRequest("one empty line before", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        LegalRequest("query", "GET /a?b=c?d HTTP/1.1\r\nHost: h\r\n\r\n", path: "/a", query: "b=c?d"),
        LegalRequest("empty query", "GET /a? HTTP/1.1\r\nHost: h\r\n\r\n", path: "/a", query: ""),
        LegalRequest("encoded path", "GET /a%2Fb%00 HTTP/1.1\r\nHost: h\r\n\r\n", path: "/a%2Fb%00"),
        LegalRequest("UTF-8 in the path", "GET /ü HTTP/1.1\r\nHost: h\r\n\r\n", path: "/ü"),
        LegalRequest("unwise characters", "GET /a\"<>\\^`{|} HTTP/1.1\r\nHost: h\r\n\r\n", path: "/a\"<>\\^`{|}"),
        LegalRequest("two slashes", "GET //a HTTP/1.1\r\nHost: h\r\n\r\n", path: "//a"),
        LegalRequest("dots", "GET /../a/. HTTP/1.1\r\nHost: h\r\n\r\n", path: "/../a/."),
        LegalRequest(
            "absolute", "GET http://a:80/b?c HTTP/1.1\r\nHost: a:80\r\n\r\n", path: "/b", query: "c",
            authority: "a:80"),
        LegalRequest("absolute wins over Host", "GET HTTPS://other/ HTTP/1.1\r\nHost: h\r\n\r\n", authority: "other"),
        LegalRequest("absolute without a path", "GET http://a HTTP/1.1\r\nHost: h\r\n\r\n", authority: "a"),
        LegalRequest(
            "absolute with only a query", "GET http://a?b/c HTTP/1.1\r\nHost: h\r\n\r\n", query: "b/c",
            authority: "a"),
        LegalRequest("asterisk", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", method: "OPTIONS", path: "*"),
        LegalRequest(
            "path that begins with an asterisk's neighbour", "OPTIONS /* HTTP/1.1\r\nHost: h\r\n\r\n",
            method: "OPTIONS", path: "/*"),
        LegalRequest("lower-case method", "get / HTTP/1.1\r\nHost: h\r\n\r\n", method: "get"),
        LegalRequest(
            "unknown method", "BREW!#$%&'*+-.^_`|~ / HTTP/1.1\r\nHost: h\r\n\r\n",
            method: "BREW!#$%&'*+-.^_`|~"),
        LegalRequest("lower-case connect", "connect / HTTP/1.1\r\nHost: h\r\n\r\n", method: "connect"),
        LegalRequest("version 1.2 is 1.1", "GET / HTTP/1.2\r\nHost: h\r\n\r\n"),
        LegalRequest("version 1.9 is 1.1", "GET / HTTP/1.9\r\nHost: h\r\n\r\n"),
    ]

    private static let headers = [
        LegalRequest("no blank after the colon", "GET / HTTP/1.1\r\nHost:h\r\nA:b\r\n\r\n"),
        LegalRequest("blanks around the value", "GET / HTTP/1.1\r\nHost: \t h \t\r\nA:\t \tb c\t\r\n\r\n"),
        LegalRequest("empty value", "GET / HTTP/1.1\r\nHost: h\r\nA:\r\nB:  \r\n\r\n"),
        LegalRequest("colon and tab in a value", "GET / HTTP/1.1\r\nHost: h\r\nA: b:c\td\r\n\r\n"),
        LegalRequest("bytes above ASCII", "GET / HTTP/1.1\r\nHost: h\r\nA: grün\r\n\r\n"),
        LegalRequest("every token character", "GET / HTTP/1.1\r\n!#$%&'*+-.^_`|~09AZaz: b\r\nHost: h\r\n\r\n"),
        LegalRequest("host in capitals", "GET / HTTP/1.1\r\nHOST: h\r\n\r\n"),
        LegalRequest("host with port", "GET / HTTP/1.1\r\nHost: h:65535\r\n\r\n", authority: "h:65535"),
        LegalRequest("host with an empty port", "GET / HTTP/1.1\r\nHost: h:\r\n\r\n", authority: "h:"),
        LegalRequest("empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", authority: ""),
        LegalRequest("IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:5000\r\n\r\n", authority: "[::1]:5000"),
        LegalRequest("IPv4 host", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", authority: "127.0.0.1"),
        LegalRequest(
            "fifty headers",
            "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "A: b\r\n", count: 50)
                + "\r\n"),
    ]

    private static let connections = [
        LegalRequest("close", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", keepAlive: false),
        LegalRequest(
            "close in a list", "GET / HTTP/1.1\r\nHost: h\r\nConnection: te, CLOSE\r\n\r\n",
            keepAlive: false),
        LegalRequest(
            "close on the second line",
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: te\r\nConnection: ,close,\r\n\r\n", keepAlive: false),
        LegalRequest(
            "close beats keep-alive", "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, close\r\n\r\n",
            keepAlive: false),
        LegalRequest("nearly close", "GET / HTTP/1.1\r\nHost: h\r\nConnection: closed\r\n\r\n"),
        LegalRequest("1.0", "GET / HTTP/1.0\r\n\r\n", authority: nil, keepAlive: false),
        LegalRequest("1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", authority: nil),
        LegalRequest("1.0 with a host", "GET / HTTP/1.0\r\nHost: h\r\n\r\n", keepAlive: false),
        LegalRequest(
            "1.0 with an expectation",
            "POST / HTTP/1.0\r\nExpect: x\r\nContent-Length: 2\r\n\r\nab", method: "POST", authority: nil,
            body: "ab", keepAlive: false),
        LegalRequest(
            "upgrade is ignored",
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
    ]

    private static let bodies = [
        post("length", "Content-Length: 5\r\n\r\nhello", "hello"),
        post("length 0", "Content-Length: 0\r\n\r\n", ""),
        post("no length", "\r\n", ""),
        post("length with leading zeros", "Content-Length: 0005\r\n\r\nhello", "hello"),
        post("body with line ends", "content-length: 6\r\n\r\n\r\n\r\n\r\n", "\r\n\r\n\r\n"),
        post("chunked", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello"),
        post("chunked in capitals", "TRANSFER-ENCODING: CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n", "a"),
        post("several chunks", "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"),
        post("no data", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""),
        post(
            "hexadecimal sizes",
            "Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n00b\r\n0123456789a\r\n000\r\n\r\n",
            "01234567890123456789a"),
        post("fifteen digits", "Transfer-Encoding: chunked\r\n\r\n000000000000001\r\na\r\n0\r\n\r\n", "a"),
        post("extensions", "Transfer-Encoding: chunked\r\n\r\n1;a=\"b ü\";c\r\na\r\n0;\r\n\r\n", "a"),
        post("trailers", "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA: b\r\nContent-Length: 7\r\n\r\n", "a"),
        post("expectation", "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\na", "a"),
        post(
            "expectation twice", "Expect: 100-continue, ,100-continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            ""),
        LegalRequest("GET with a body", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na", body: "a"),
    ]

    private static func post(_ name: String, _ rest: String, _ body: String) -> LegalRequest {
        LegalRequest(name, "POST / HTTP/1.1\r\nHost: h\r\n\(rest)", method: "POST", body: body)
    }
}
