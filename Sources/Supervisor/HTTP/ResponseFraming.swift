/// How one answer is put on the wire; decided by `ConnectionState`, carried out by `ResponseEncoder` and the owner.
package struct ResponseFraming: Equatable, Sendable {
    package enum Transfer: Equatable, Sendable {
        /// The body, if any, goes out with the head.
        case whole

        /// Pieces follow, each framed by `ChunkEncoder`; `ChunkEncoder.end` ends the body.
        case chunked

        /// Pieces follow as they are; the end of the connection ends the body (HTTP/1.0).
        case untilClose
    }

    package let version: Version

    /// The answer to HEAD: the head of the answer to GET, and no body.
    package let isHead: Bool
    package let transfer: Transfer

    /// Whether the connection stays open after the answer, which the head tells the client.
    package let keepAlive: Bool

    /// Whether pieces of a body follow the head. When false the answer is finished with its head (and body).
    package var isStreaming: Bool { transfer != .whole && !isHead }

    package init(version: Version, isHead: Bool, transfer: Transfer, keepAlive: Bool) {
        self.version = version
        self.isHead = isHead
        self.transfer = transfer
        self.keepAlive = keepAlive
    }

    static func transfer(of response: Response, version: Version) -> Transfer {
        guard case .stream = response.body else { return .whole }
        return version == .http11 ? .chunked : .untilClose
    }
}
