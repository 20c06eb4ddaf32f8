import WireProtocol

/// Names one outgoing request.
package struct DeliveryID: Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

/// One outgoing request, for the delivery process.
package struct DeliveryRequest: Equatable, Sendable {
    package enum Body: Equatable, Sendable {
        case bytes([UInt8])
        /// A file in the spool directory, by its path.
        case file(String)
    }

    package var method: String
    package var url: String
    package var headers: [DeliveryHeader]
    package var body: Body
    /// Nanoseconds for the whole of it, redirects included.
    package var timeout: UInt64
    /// Whether the receiver is to get the token of the environment.
    package var isAuthorized: Bool

    package init(
        method: String, url: String, headers: [DeliveryHeader], body: Body, timeout: UInt64, isAuthorized: Bool
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.isAuthorized = isAuthorized
    }

    /// The input of the agent's handler `send`.
    var json: RawJSON {
        var output: [UInt8] = []
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("method", method, to: &output)
        JSONWriter.appendMember("url", url, to: &output)
        JSONWriter.beginMember("headers", in: &output)
        JSONWriter.openObject(in: &output)
        for header in headers { JSONWriter.appendMember(header.name, header.value, to: &output) }
        JSONWriter.closeObject(in: &output)
        switch body {
        case .bytes(let bytes): JSONWriter.appendMember("body", String(decoding: bytes, as: UTF8.self), to: &output)
        case .file(let path): JSONWriter.appendMember("file", path, to: &output)
        }
        JSONWriter.appendMember("timeout_ms", timeout / 1_000_000, to: &output)
        JSONWriter.appendMember("authorized", isAuthorized, to: &output)
        JSONWriter.closeObject(in: &output)
        return RawJSON(unchecked: output)
    }
}

/// A header of an outgoing request.
package struct DeliveryHeader: Equatable, Sendable {
    package let name: String
    package let value: String
}

/// What became of an outgoing request.
package enum DeliveryResult: Equatable, Sendable {
    /// It was answered, whatever with.
    case answered(DeliveryAnswer)
    /// Nobody answered, or not in time; the text is for logs and names no path, query or password.
    case unreachable(String)
    /// The process that sends requests ended, or could not be started: the receiver may or may not have seen it.
    case agentLost(String)
}

/// The last answer, redirects followed.
package struct DeliveryAnswer: Equatable, Sendable {
    package let status: Int
    /// What was asked last.
    package let url: String
    /// Its `Location` header, made absolute.
    package let location: String?

    package init(status: Int, url: String, location: String? = nil) {
        self.status = status
        self.url = url
        self.location = location
    }

    var isSuccess: Bool { (200..<300).contains(status) }
}

extension DeliveryResult {
    /// Reads the one output of the agent's handler; nil: it is not what this program's agent says.
    init?(_ output: [UInt8]) {
        guard let value = try? JSONValue.parse(output), case .number(let digits) = value["status"],
            let status = Int(digits), let url = value["url"]?.stringValue
        else { return nil }
        self = .answered(DeliveryAnswer(status: status, url: url, location: value["location"]?.stringValue))
    }
}
