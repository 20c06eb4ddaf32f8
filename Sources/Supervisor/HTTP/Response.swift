/// An answer, before it is bytes.
package struct Response: Sendable {
    package enum Body: Sendable {
        /// Nothing; `content-length: 0` unless the status forbids that too.
        case none

        /// All of it, sent with its length.
        case bytes([UInt8])

        /// Pieces that the owner sends later, framed as `ResponseFraming.transfer` says.
        case stream
    }

    package var status: Status

    /// Header lines in order. The encoder adds `date`, `content-length`, `transfer-encoding` and `connection` itself;
    /// none of them may stand here. Names are tokens in lower case; control bytes in values become blanks, so that no
    /// value can start a line of its own.
    package var headers: [(name: String, value: String)]
    package var body: Body

    /// Whether the connection is to be closed after this answer, whatever the client asked for.
    package var closesConnection: Bool

    package init(
        _ status: Status, headers: [(name: String, value: String)] = [], body: Body = .none,
        closesConnection: Bool = false
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.closesConnection = closesConnection
    }

    /// The answer to a refused request: `{"error":TEXT,"status":"failed"}`, as all refusals of this server.
    package init(_ error: HTTPError) {
        var body = Array(#"{"error":""#.utf8)
        for byte in error.message.utf8 {
            // The texts are ours, without control characters.
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { body.append(UInt8(ascii: "\\")) }
            body.append(byte)
        }
        body.append(contentsOf: #"","status":"failed"}"#.utf8)
        self.init(
            error.status, headers: [("content-type", "application/json")], body: .bytes(body),
            closesConnection: error.closesConnection)
    }
}
