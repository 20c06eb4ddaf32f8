import HTTP
import Testing

/// Each limit: what just reaches it passes, one byte or line more is refused, wherever the bytes are cut.
@Suite struct HTTPLimitsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let limits: HTTPLimits
        /// Makes an input of a given size: `size` is at the limit, `size + 1` beyond it.
        let input: @Sendable (Int) -> String
        let size: Int
        let error: HTTPError
        let code: UInt16

        var testDescription: String { name }

        init(
            _ name: String, _ set: (inout HTTPLimits) -> Void, size: Int, _ code: UInt16, _ error: HTTPError,
            _ input: @escaping @Sendable (Int) -> String
        ) {
            var limits = HTTPLimits()
            set(&limits)
            self.name = name
            self.limits = limits
            self.input = input
            self.size = size
            self.error = error
            self.code = code
        }
    }

    static let cases = [
        Case("request line", { $0.requestLineBytes = 50 }, size: 50, 414, .requestLineTooLong) {
            "GET /" + pad($0 - 16) + " HTTP/1.1\r\nHost: h\r\n\r\n"
        },
        Case("header line", { $0.headerLineBytes = 50 }, size: 50, 431, .headerTooLarge) {
            "GET / HTTP/1.1\r\nHost: h\r\nA: " + pad($0 - 5) + "\r\n\r\n"
        },
        Case("header count", { $0.headerCount = 7 }, size: 7, 431, .tooManyHeaders) {
            "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "A: b\r\n", count: $0 - 1) + "\r\n"
        },
        Case("head", { $0.headBytes = 100 }, size: 100, 431, .headTooLarge) {
            "GET / HTTP/1.1\r\nHost: h\r\nA: " + pad($0 - 32) + "\r\n\r\n"
        },
        Case(
            "head below the line limit", { ($0.headBytes, $0.headerLineBytes) = (100, 90) }, size: 100, 431,
            .headTooLarge
        ) {
            "GET / HTTP/1.1\r\nHost: h\r\nA: " + pad(40) + "\r\nB: " + pad($0 - 77) + "\r\n\r\n"
        },
        Case("head of a request line only", { $0.headBytes = 20 }, size: 20, 431, .headTooLarge) {
            "GET /" + pad($0 - 18) + " HTTP/1.0\r\n\r\n"
        },
        Case("method", { $0.methodBytes = 10 }, size: 10, 501, .methodTooLong) {
            pad($0) + " / HTTP/1.1\r\nHost: h\r\n\r\n"
        },
        Case("body", { $0.bodyBytes = 20 }, size: 20, 413, .bodyTooLarge) {
            post("Content-Length: \($0)\r\n\r\n") + pad($0)
        },
        Case("no body at all", { $0.bodyBytes = 0 }, size: 0, 413, .bodyTooLarge) {
            post("Content-Length: \($0)\r\n\r\n") + pad($0)
        },
        Case("chunked body", { $0.bodyBytes = 20 }, size: 20, 413, .bodyTooLarge) {
            chunked("a\r\n0123456789\r\n" + String($0 - 10, radix: 16) + "\r\n" + pad($0 - 10) + "\r\n0\r\n\r\n")
        },
        Case("chunk line", { $0.chunkLineBytes = 20 }, size: 20, 400, .chunkExtensionTooLong) {
            chunked("1;" + pad($0 - 4) + "\r\na\r\n0\r\n\r\n")
        },
        Case("second chunk line", { $0.chunkLineBytes = 20 }, size: 20, 400, .chunkExtensionTooLong) {
            chunked("1;" + pad(16) + "\r\na\r\n1;" + pad($0 - 4) + "\r\na\r\n0\r\n\r\n")
        },
        Case("chunk extensions", { $0.chunkExtensionBytes = 20 }, size: 20, 400, .chunkExtensionTooLong) {
            chunked("1;" + pad(9) + "\r\na\r\n0;" + pad($0 - 11) + "\r\n\r\n")
        },
        Case("trailers", { $0.trailerBytes = 40 }, size: 40, 431, .trailerTooLarge) {
            chunked("0\r\nA: b\r\nC: " + pad($0 - 13) + "\r\n\r\n")
        },
        Case("trailer count", { $0.trailerCount = 3 }, size: 3, 431, .tooManyTrailers) {
            chunked("0\r\n" + String(repeating: "A: b\r\n", count: $0) + "\r\n")
        },
    ]

    @Test(arguments: cases)
    func limit(_ test: Case) {
        for (size, isLegal) in [(test.size, true), (test.size + 1, false)] {
            let bytes = Array(test.input(size).utf8)
            let whole = Conversation.outcomes(of: bytes, limits: test.limits)
            #expect(whole.count == 1)
            #expect((whole != [.failed(test.error)]) == isLegal, "size \(size): \(whole)")
            if case .failed(let error)? = whole.first { #expect(error.status.code == test.code) }
            for cut in 0...bytes.count {
                #expect(Conversation.outcomes(of: bytes, cutAt: [cut], limits: test.limits) == whole, "cut at \(cut)")
            }
            #expect(
                Conversation.outcomes(of: bytes, cutAt: Array(0..<bytes.count), limits: test.limits) == whole)
        }
    }

    @Test func defaultsAreCogsOrSmaller() {
        #expect(HTTPLimits().bodyBytes == 104_857_600)
        #expect(HTTPError.bodyTooLarge.message == "Failed to buffer the request body: length limit exceeded")
    }

    private static func pad(_ count: Int) -> String { String(repeating: "a", count: count) }
    private static func post(_ rest: String) -> String { "POST / HTTP/1.1\r\nHost: h\r\n\(rest)" }
    private static func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked\r\n\r\n\(body)") }
}
