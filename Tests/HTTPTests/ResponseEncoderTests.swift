import HTTP
import Testing

@Suite struct ResponseEncoderTests {
    private static let date = Array("DATE".utf8)

    private static func encode(
        _ response: Response, version: Version = .http11, isHead: Bool = false,
        transfer: ResponseFraming.Transfer = .whole, keepAlive: Bool = true, date: [UInt8] = date
    ) -> String {
        var output: [UInt8] = []
        let framing = ResponseFraming(version: version, isHead: isHead, transfer: transfer, keepAlive: keepAlive)
        ResponseEncoder.append(response, framing, date: date, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func bytes() {
        let response = Response(
            .created, headers: [("content-type", "application/json"), ("x", "")], body: .bytes(Array("{}".utf8)))
        #expect(
            Self.encode(response) == """
                HTTP/1.1 201 Created\r
                content-type: application/json\r
                x: \r
                content-length: 2\r
                date: DATE\r
                \r
                {}
                """)
    }

    @Test func nothing() {
        #expect(Self.encode(Response(.notFound)) == "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\ndate: DATE\r\n\r\n")
    }

    @Test(arguments: [Status.noContent, .notModified])
    func statusWithoutBody(status: Status) {
        let text = Self.encode(Response(status, body: .bytes([65])), date: [])
        #expect(text == "HTTP/1.1 \(status.code) \(status.reason)\r\n\r\n")
    }

    @Test func unknownStatusHasAnEmptyReason() {
        #expect(Self.encode(Response(Status(299)), date: []).hasPrefix("HTTP/1.1 299 \r\n"))
    }

    @Test(arguments: [0, 1, 9, 10, 99, 100, 12_345, 1_000_000])
    func lengths(count: Int) {
        let text = Self.encode(Response(.ok, body: .bytes([UInt8](repeating: 65, count: count))), date: [])
        #expect(text == "HTTP/1.1 200 OK\r\ncontent-length: \(count)\r\n\r\n" + String(repeating: "A", count: count))
    }

    @Test func head() {
        let response = Response(.ok, body: .bytes([65, 66, 67]))
        #expect(Self.encode(response, isHead: true, date: []) == "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n")
    }

    @Test func headOfAStream() {
        let text = Self.encode(Response(.ok, body: .stream), isHead: true, transfer: .chunked, date: [])
        #expect(text == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    }

    @Test func streams() {
        #expect(
            Self.encode(Response(.ok, body: .stream), transfer: .chunked, date: [])
                == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        #expect(
            Self.encode(
                Response(.ok, body: .stream), version: .http10, transfer: .untilClose, keepAlive: false, date: [])
                == "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
    }

    @Test func connectionHeader() {
        let response = Response(.ok)
        #expect(!Self.encode(response).contains("connection"))
        #expect(Self.encode(response, keepAlive: false).contains("\r\nconnection: close\r\n"))
        #expect(Self.encode(response, version: .http10).contains("\r\nconnection: keep-alive\r\n"))
        #expect(Self.encode(response, version: .http10, keepAlive: false).contains("\r\nconnection: close\r\n"))
    }

    /// No value can start a line of its own (response splitting).
    @Test func controlsInValuesBecomeBlanks() {
        let response = Response(.ok, headers: [("a", "b\r\nc: d\0\u{7F}\te"), ("f", "ü")])
        let text = Self.encode(response, date: [])
        #expect(text == "HTTP/1.1 200 OK\r\na: b  c: d  \te\r\nf: ü\r\ncontent-length: 0\r\n\r\n")
    }

    @Test func refusal() {
        let text = Self.encode(Response(HTTPError.bodyTooLarge), keepAlive: false, date: [])
        #expect(
            text == """
                HTTP/1.1 413 Content Too Large\r
                content-type: application/json\r
                content-length: 86\r
                connection: close\r
                \r
                {"error":"Failed to buffer the request body: length limit exceeded","status":"failed"}
                """)
    }

    @Test func continueResponse() {
        #expect("\(ResponseEncoder.continueResponse)" == "HTTP/1.1 100 Continue\r\n\r\n")
    }

    @Test func appendsToWhatIsThere() {
        var output = Array("before".utf8)
        let framing = ResponseFraming(version: .http11, isHead: false, transfer: .whole, keepAlive: true)
        ResponseEncoder.append(Response(.ok, headers: [("a", "b\n")]), framing, date: [], to: &output)
        #expect(String(decoding: output, as: UTF8.self).hasPrefix("beforeHTTP/1.1 200 OK\r\na: b \r\n"))
    }
}
