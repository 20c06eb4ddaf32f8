/// One whole request: head and body have arrived and are within the limits.
package struct Request: Sendable {
    package let method: Method
    package let version: Version

    /// The header lines. They also hold the bytes of the target.
    package let headers: Headers

    /// The body without chunk framing; empty when there is none.
    package let body: [UInt8]

    /// Whether the client lets the connection live on (RFC 9112 § 9.3). What the answer says is decided by
    /// `ConnectionState.willRespond(with:)`.
    package let keepAlive: Bool

    private let line: RequestLine

    init(line: RequestLine, headers: Headers, body: [UInt8], keepAlive: Bool) {
        self.line = line
        self.headers = headers
        self.body = body
        self.keepAlive = keepAlive
        method = headers.bytes.withUnsafeBytes { Method(UnsafeRawBufferPointer(rebasing: $0[line.method.range])) }
        version = line.version
    }

    /// A request made by hand, for tests and for callers without a socket. It passes through the parser, so it can
    /// be refused like any other; a `host` line is added when none is given.
    package init(
        _ method: Method, _ target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) throws(HTTPError) {
        var text = "\(method.name) \(target) HTTP/1.1\r\n"
        if !headers.contains(where: { $0.name.lowercased() == "host" }) { text += "host: localhost\r\n" }
        for header in headers { text += "\(header.name): \(header.value)\r\n" }
        if !body.isEmpty { text += "content-length: \(body.count)\r\n" }
        let bytes = Array((text + "\r\n").utf8) + body
        var parser = RequestParser(limits: HTTPLimits())
        _ = try bytes.withUnsafeBufferPointer { buffer throws(HTTPError) in
            try parser.consume(UnsafeRawBufferPointer(buffer))
        }
        guard parser.stage == .complete else { throw .incompleteRequest }
        self = parser.takeRequest()
    }

    /// The target as sent.
    package var target: String { String(decoding: headers.bytes[line.target.range], as: UTF8.self) }

    /// The path, still percent-encoded; starts with `/`, or is `*` (OPTIONS only). See `PathDecoder` and `Router`.
    package var path: ArraySlice<UInt8> {
        // `http://host` and `http://host?query` have no path of their own; RFC 9110 § 4.2.3 makes it `/`.
        line.path.start == line.path.end ? [ASCII.slash] : headers.bytes[line.path.range]
    }

    /// What stands after the first `?`, still percent-encoded; nil without one.
    package var query: ArraySlice<UInt8>? { line.query.map { headers.bytes[$0.range] } }

    /// Host and port the client means: from an absolute target if there is one, which wins over the `Host` header
    /// (RFC 9112 § 3.2.2), else from that header; nil when an HTTP/1.0 request has neither.
    package var authority: String? {
        guard let authority = line.authority else { return headers["host"] }
        return String(decoding: headers.bytes[authority.range], as: UTF8.self)
    }
}
