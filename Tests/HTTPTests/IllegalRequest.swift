import HTTP
import Testing

/// An input that has to be refused, with the refusal.
struct IllegalRequest: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let error: HTTPError
    let code: UInt16

    var testDescription: String { name }

    /// - Parameter code: the status, spelt out so that the table can be read without looking up the error.
    init(_ name: String, _ text: String, _ code: UInt16, _ error: HTTPError) {
        self.name = name
        bytes = Array(text.utf8)
        self.error = error
        self.code = code
    }

    static let all: [IllegalRequest] = requestLines + versions + targets + headers + hosts + lengths + chunks

    private static let requestLines = [
        IllegalRequest("two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\n", 400, .emptyLinesBeforeRequest),
        IllegalRequest("bare line feed before", "\nGET / HTTP/1.1\r\n", 400, .bareLineFeed),
        IllegalRequest("bare carriage return before", "\rGET / HTTP/1.1\r\n", 400, .bareCarriageReturn),
        IllegalRequest("empty line ends in line feed", "\r\n\nGET / HTTP/1.1\r\n", 400, .bareLineFeed),
        IllegalRequest("TLS handshake", "\u{16}\u{3}\u{1}", 400, .malformedRequestLine),
        IllegalRequest("blank before the method", " GET / HTTP/1.1\r\n", 400, .malformedRequestLine),
        IllegalRequest("method only", "GET\r\n", 400, .malformedRequestLine),
        IllegalRequest("method and blank", "GET \r\n", 400, .malformedRequestLine),
        IllegalRequest("two blanks", "GET  / HTTP/1.1\r\n", 400, .malformedRequestLine),
        IllegalRequest("two blanks before the version", "GET /  HTTP/1.1\r\n", 400, .malformedRequestLine),
        IllegalRequest("blank after the version", "GET / HTTP/1.1 \r\n", 400, .malformedRequestLine),
        IllegalRequest("blank in the target", "GET /a b HTTP/1.1\r\n", 400, .malformedRequestLine),
        IllegalRequest("tabs for blanks", "GET\t/\tHTTP/1.1\r\n", 400, .malformedRequestLine),
        IllegalRequest("colon in the method", "GE:T / HTTP/1.1\r\n", 400, .malformedRequestLine),
        IllegalRequest("NUL in the method", "GE\0T / HTTP/1.1\r\n", 400, .malformedRequestLine),
        IllegalRequest("carriage return in the method", "GE\rT / HTTP/1.1\r\n", 400, .bareCarriageReturn),
        IllegalRequest("line feed alone", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400, .bareLineFeed),
        IllegalRequest("two carriage returns", "GET / HTTP/1.1\r\r\n", 400, .malformedRequestLine),
        IllegalRequest("CONNECT", "CONNECT h:1 HTTP/1.1\r\n", 501, .connectNotImplemented),
        IllegalRequest("method too long", String(repeating: "A", count: 33) + " / HTTP/1.1\r\n", 501, .methodTooLong),
    ]

    private static let versions = [
        IllegalRequest("HTTP/0.9", "GET /\r\n", 400, .missingVersion),
        IllegalRequest("HTTP/0.9 by name", "GET / HTTP/0.9\r\n", 400, .missingVersion),
        IllegalRequest("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, .unsupportedVersion),
        IllegalRequest("HTTP/3.0", "GET / HTTP/3.0\r\n", 505, .unsupportedVersion),
        IllegalRequest("lower case", "GET / http/1.1\r\n", 400, .malformedRequestLine),
        IllegalRequest("two digits", "GET / HTTP/1.10\r\n", 400, .malformedRequestLine),
        IllegalRequest("no point", "GET / HTTP/1,1\r\n", 400, .malformedRequestLine),
        IllegalRequest("no minor", "GET / HTTP/1\r\n", 400, .malformedRequestLine),
        IllegalRequest("sign", "GET / HTTP/+1.\r\n", 400, .malformedRequestLine),
        IllegalRequest("another protocol", "GET / ICAP/1.1\r\n", 400, .malformedRequestLine),
    ]

    private static let targets = [
        IllegalRequest("fragment", "GET /a#b HTTP/1.1\r\n", 400, .invalidTarget),
        IllegalRequest("NUL in the target", "GET /\0 HTTP/1.1\r\n", 400, .invalidTarget),
        IllegalRequest("DEL in the target", "GET /\u{7F} HTTP/1.1\r\n", 400, .invalidTarget),
        IllegalRequest("tab in the target", "GET /\t HTTP/1.1\r\n", 400, .invalidTarget),
        IllegalRequest("carriage return in the target", "GET /\r HTTP/1.1\r\n", 400, .bareCarriageReturn),
        IllegalRequest("no slash", "GET a HTTP/1.1\r\n", 400, .invalidTarget),
        IllegalRequest("another scheme", "GET ftp://h/ HTTP/1.1\r\n", 400, .invalidTarget),
        IllegalRequest("authority without CONNECT", "GET h:80 HTTP/1.1\r\n", 400, .invalidTarget),
        IllegalRequest("asterisk without OPTIONS", "GET * HTTP/1.1\r\n", 400, .asteriskNeedsOptions),
        IllegalRequest("asterisk with lower-case options", "options * HTTP/1.1\r\n", 400, .asteriskNeedsOptions),
        IllegalRequest("asterisk and more", "OPTIONS *a HTTP/1.1\r\n", 400, .invalidTarget),
        IllegalRequest("absolute without a host", "GET http:///a HTTP/1.1\r\n", 400, .invalidHost),
        IllegalRequest("absolute with only a port", "GET http://:80/a HTTP/1.1\r\n", 400, .invalidHost),
        IllegalRequest("user information", "GET http://u@h/ HTTP/1.1\r\n", 400, .invalidHost),
        IllegalRequest("absolute without Host", "GET http://h/ HTTP/1.1\r\n\r\n", 400, .missingHost),
    ]

    private static let headers = [
        inHead("obs-fold", "A: b\r\n c\r\n", .foldedHeader),
        inHead("obs-fold with a tab", "A: b\r\n\tc\r\n", .foldedHeader),
        IllegalRequest("blank before the first header", "GET / HTTP/1.1\r\n Host: h\r\n", 400, .foldedHeader),
        inHead("blank before the colon", "A : b\r\n", .blankBeforeColon),
        inHead("tab before the colon", "A\t: b\r\n", .blankBeforeColon),
        inHead("blank before the colon of a length", "Content-Length : 5\r\n", .blankBeforeColon),
        inHead("empty name", ": b\r\n", .invalidHeaderName),
        inHead("blank in the name", "A B: c\r\n", .invalidHeaderName),
        inHead("parenthesis in the name", "A(): c\r\n", .invalidHeaderName),
        inHead("byte above ASCII in the name", "Ä: c\r\n", .invalidHeaderName),
        inHead("NUL in the name", "A\0: c\r\n", .invalidHeaderName),
        inHead("carriage return in the name", "A\rB: c\r\n", .bareCarriageReturn),
        inHead("no colon", "A\r\n", .headerWithoutColon),
        inHead("NUL in a value", "A: b\0c\r\n", .invalidHeaderValue),
        inHead("escape in a value", "A: b\u{1B}c\r\n", .invalidHeaderValue),
        inHead("DEL in a value", "A: b\u{7F}c\r\n", .invalidHeaderValue),
        inHead(
            "control at the end of a long value", "A: 0123456789abcdef0123456789abcde\u{1}\r\n", .invalidHeaderValue),
        inHead("carriage return in a value", "A: b\rc: d\r\n", .bareCarriageReturn),
        inHead("two carriage returns at the end", "A: b\r\r\n", .bareCarriageReturn),
        inHead("line feed alone", "A: b\nC: d\r\n", .bareLineFeed),
        inHead("empty line with line feed alone", "A: b\r\n\n", .bareLineFeed),
        inHead("carriage return before the empty line", "A: b\r\n\r\r\n", .bareCarriageReturn),
    ]

    private static let hosts = [
        IllegalRequest("no host", "GET / HTTP/1.1\r\nA: b\r\n\r\n", 400, .missingHost),
        IllegalRequest("no header at all", "GET / HTTP/1.1\r\n\r\n", 400, .missingHost),
        inHead("host twice", "Host: h\r\n", .repeatedHost),
        IllegalRequest("host twice in 1.0", "GET / HTTP/1.0\r\nHost: h\r\nhost: h\r\n", 400, .repeatedHost),
        host("two hosts", "a, b"), host("comma", "a,b"), host("blank", "a b"), host("slash", "a/b"),
        host("user information", "u@h"), host("question mark", "a?"), host("hash", "a#"), host("backslash", "a\\b"),
        host("byte above ASCII", "ü"), host("port that is no number", "h:x"), host("port with a sign", "h:+1"),
        host("port too large", "h:65536"), host("port overflow", "h:99999999999999999999"),
        host("two ports", "h:1:2"), host("only a port", ":80"), host("open bracket", "[::1"),
        host("empty brackets", "[]"), host("text behind the bracket", "[::1]a"), host("slash in brackets", "[a/b]"),
    ]

    private static let lengths = [
        length("repeated and equal", "5\r\nContent-Length: 5", .repeatedContentLength),
        length("repeated and conflicting", "5\r\nContent-Length: 6", .repeatedContentLength),
        length("list", "5, 5", .invalidContentLength), length("list without blank", "5,5", .invalidContentLength),
        length("plus", "+5", .invalidContentLength), length("negative", "-5", .invalidContentLength),
        length("empty", "", .invalidContentLength), length("hexadecimal", "0x5", .invalidContentLength),
        length("decimal point", "5.0", .invalidContentLength), length("letters", "five", .invalidContentLength),
        length("blank inside", "5 5", .invalidContentLength), length("underscore", "5_0", .invalidContentLength),
        length("digits above ASCII", "５", .invalidContentLength),
        length("overlong", "1234567890123456789", .invalidContentLength),
        length("overflow", "18446744073709551621", .invalidContentLength),
        length("overlong zeros", "0000000000000000005", .invalidContentLength),
        IllegalRequest("body over the limit", post("Content-Length: 104857601\r\n\r\n"), 413, .bodyTooLarge),
        IllegalRequest("largest length", post("Content-Length: 999999999999999999\r\n\r\n"), 413, .bodyTooLarge),
        IllegalRequest(
            "body over the limit with expectation", post("Expect: 100-continue\r\nContent-Length: 104857601\r\n\r\n"),
            413, .bodyTooLarge),
        IllegalRequest(
            "both", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, .conflictingLengths),
        IllegalRequest(
            "both, other order", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"), 400,
            .conflictingLengths),
        IllegalRequest(
            "both, unknown encoding", post("Transfer-Encoding: x\r\nContent-Length: 5\r\n\r\n"), 400,
            .conflictingLengths),
        encoding("gzip", "gzip, chunked"), encoding("chunked not last", "chunked, gzip"),
        encoding("identity", "identity"), encoding("empty", ""), encoding("nearly", "xchunked"),
        encoding("comma", "chunked,"), encoding("parameter", "chunked;a=b"), encoding("quoted", "\"chunked\""),
        encoding("twice in a list", "chunked, chunked"),
        encoding("twice on two lines", "chunked\r\nTransfer-Encoding: chunked"),
        encoding("second line", "chunked\r\nTransfer-Encoding: identity"),
        IllegalRequest(
            "vertical tab before chunked", post("Transfer-Encoding: \u{B}chunked\r\n\r\n"), 400, .invalidHeaderValue),
        IllegalRequest(
            "chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, .transferEncodingBefore11),
        IllegalRequest("expectation", post("Expect: 200-ok\r\nContent-Length: 1\r\n\r\n"), 417, .unknownExpectation),
        IllegalRequest(
            "one known expectation", post("Expect: 100-continue, x\r\nContent-Length: 1\r\n\r\n"), 417,
            .unknownExpectation),
    ]

    private static let chunks = [
        chunk("plus", "+5\r\nhello\r\n", .invalidChunkSize), chunk("minus", "-5\r\nhello\r\n", .invalidChunkSize),
        chunk("prefix", "0x5\r\nhello\r\n", .invalidChunkSize),
        chunk("blank before", " 5\r\nhello\r\n", .invalidChunkSize),
        chunk("blank after", "5 \r\nhello\r\n", .invalidChunkSize),
        chunk("blank before ;", "5 ;a\r\n", .invalidChunkSize),
        chunk("empty", "\r\nhello\r\n", .invalidChunkSize), chunk("no size but extension", ";a\r\n", .invalidChunkSize),
        chunk("letter", "g\r\n", .invalidChunkSize), chunk("underscore", "1_0\r\n", .invalidChunkSize),
        chunk("NUL", "5\0\r\n", .invalidChunkSize),
        chunk("sixteen digits", "0000000000000001\r\na\r\n", .chunkSizeTooLong),
        chunk("overflow", "FFFFFFFFFFFFFFFF\r\n", .chunkSizeTooLong),
        chunk("overflow to a small size", "10000000000000005\r\nhello\r\n", .chunkSizeTooLong),
        chunk("line feed alone", "5\nhello\r\n", .invalidChunkSize),
        chunk("carriage return alone", "5\rhello\r\n", .invalidChunkExtension),
        chunk("line feed in an extension", "5;a\nhello\r\n", .invalidChunkExtension),
        chunk("carriage return in an extension", "5;a\rb\r\nhello\r\n", .invalidChunkExtension),
        chunk("control in an extension", "5;a\u{1}\r\nhello\r\n", .invalidChunkExtension),
        chunk("extension too long", "5;" + String(repeating: "a", count: 300), .chunkExtensionTooLong),
        chunk("no line end after the data", "5\r\nhello0\r\n\r\n", .missingChunkEnd),
        chunk("line feed alone after the data", "5\r\nhello\n0\r\n\r\n", .missingChunkEnd),
        chunk("carriage return alone after the data", "5\r\nhello\r0\r\n\r\n", .missingChunkEnd),
        chunk("data longer than its size", "4\r\nhello\r\n0\r\n\r\n", .missingChunkEnd),
        chunk("fold in a trailer", "0\r\nA: b\r\n c\r\n\r\n", .foldedHeader),
        chunk("trailer without colon", "0\r\nA\r\n\r\n", .headerWithoutColon),
        chunk("line feed alone in a trailer", "0\r\nA: b\n\r\n", .bareLineFeed),
        chunk("line feed alone at the end", "0\r\n\n", .bareLineFeed),
        chunk("carriage return in a trailer", "0\r\nA: b\rc\r\n\r\n", .bareCarriageReturn),
        IllegalRequest(
            "chunk over the limit", post("Transfer-Encoding: chunked\r\n\r\n6400001\r\n"), 413, .bodyTooLarge),
        IllegalRequest(
            "chunks over the limit", post("Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n6400000\r\n"), 413, .bodyTooLarge
        ),
        IllegalRequest(
            "too many trailers",
            post("Transfer-Encoding: chunked\r\n\r\n0\r\n" + String(repeating: "A: b\r\n", count: 33)), 431,
            .tooManyTrailers),
        IllegalRequest(
            "trailers too large",
            post("Transfer-Encoding: chunked\r\n\r\n0\r\nA: " + String(repeating: "b", count: 8_192) + "\r\n\r\n"), 431,
            .trailerTooLarge),
    ]

    private static func post(_ rest: String) -> String { "POST / HTTP/1.1\r\nHost: h\r\n\(rest)" }

    private static func inHead(_ name: String, _ lines: String, _ error: HTTPError) -> IllegalRequest {
        IllegalRequest(name, "GET / HTTP/1.1\r\nHost: h\r\n\(lines)\r\n", 400, error)
    }

    private static func host(_ name: String, _ value: String) -> IllegalRequest {
        IllegalRequest("host with \(name)", "GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n", 400, .invalidHost)
    }

    private static func length(_ name: String, _ value: String, _ error: HTTPError) -> IllegalRequest {
        IllegalRequest("length \(name)", post("Content-Length: \(value)\r\n\r\nhello"), 400, error)
    }

    private static func encoding(_ name: String, _ value: String) -> IllegalRequest {
        IllegalRequest(
            "encoding \(name)", post("Transfer-Encoding: \(value)\r\n\r\n"), 501, .unsupportedTransferEncoding)
    }

    private static func chunk(_ name: String, _ body: String, _ error: HTTPError) -> IllegalRequest {
        IllegalRequest("chunk: \(name)", post("Transfer-Encoding: chunked\r\n\r\n\(body)"), 400, error)
    }
}
