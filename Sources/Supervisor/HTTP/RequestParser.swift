/// Bytes of one request in any pieces → `Request`. Pure; `ConnectionState` puts requests in a row.
///
/// After an error the parser must not be used again. The same bytes give the same request or the same error, wherever
/// they were cut.
package struct RequestParser: Sendable {
    /// How far the current request has come.
    package enum Stage: Equatable, Sendable {
        /// Nothing of it has arrived, but for the empty line that old clients send after a body.
        case start
        case head
        case body
        /// `takeRequest()` is due; nothing is consumed before it.
        case complete
    }

    /// The empty line that may stand before a request line (RFC 9112 § 2.2): one, no more.
    private enum EmptyLine {
        case none, carriageReturn, whole
    }

    /// A body of known length that comes in pieces starts with this much room, then doubles: memory follows what
    /// arrived, not what was announced. 64 KiB: the usual size of one read.
    private static var initialBodyCapacity: Int { 65_536 }

    let limits: HTTPLimits
    package private(set) var stage = Stage.start

    private var emptyLine = EmptyLine.none
    private var head = HeadParser()

    // Valid once the head is complete.
    private var line: RequestLine?
    private var headers = Headers(bytes: [], fields: [])
    private var keepAlive = false
    private var awaitsContinue = false
    private var body: [UInt8] = []
    private var remaining = 0
    private var chunks: ChunkedDecoder?

    package init(limits: HTTPLimits) {
        precondition(limits.headBytes <= Int(UInt32.max), "Places in a head have 32 bits: HTTPLimits.headBytes")
        self.limits = limits
    }

    /// The body without framing that has arrived of the current request.
    package var bodyCount: Int { body.count }

    /// Bytes of memory the current request takes up so far.
    var bufferedCount: Int { head.count + headers.bytes.count + body.count }

    /// Whether the head announced a body that the client holds back until it reads `100 Continue`, and nothing of the
    /// body has come on its own.
    var wantsContinue: Bool { awaitsContinue && stage == .body }

    /// Notes that `100 Continue` is on its way: it is sent once.
    mutating func continueSent() {
        awaitsContinue = false
    }

    /// Takes bytes up to the end of the current request at most and returns how many.
    package mutating func consume(_ input: UnsafeRawBufferPointer) throws(HTTPError) -> Int {
        var position = 0
        while position < input.count, stage != .complete {
            switch stage {
            case .start: try skipEmptyLine(input, at: &position)
            case .head:
                if try head.consume(input, at: &position, limits: limits) { try headEnded() }
            case .body: try consumeBody(input, at: &position)
            case .complete: break
            }
        }
        return position
    }

    /// The complete request. The parser is then ready for the next one and holds no memory.
    package mutating func takeRequest() -> Request {
        guard stage == .complete, let line else {
            preconditionFailure("takeRequest() is called when stage is complete, which needs a request line")
        }
        let request = Request(line: line, headers: headers, body: body, keepAlive: keepAlive)
        // The head parser is new since the head was taken from it, and `remaining` has run down to 0.
        stage = .start
        emptyLine = .none
        self.line = nil
        headers = Headers(bytes: [], fields: [])
        body = []
        chunks = nil
        return request
    }

    private mutating func skipEmptyLine(
        _ input: UnsafeRawBufferPointer, at position: inout Int
    ) throws(HTTPError) {
        switch (input[position], emptyLine) {
        case (ASCII.carriageReturn, .none): emptyLine = .carriageReturn
        case (ASCII.lineFeed, .carriageReturn): emptyLine = .whole
        case (ASCII.carriageReturn, .whole): throw .emptyLinesBeforeRequest
        case (ASCII.lineFeed, _): throw .bareLineFeed
        case (_, .carriageReturn): throw .bareCarriageReturn
        default:
            stage = .head
            return
        }
        position += 1
    }

    private mutating func headEnded() throws(HTTPError) {
        let framing: RequestFraming
        (line, headers, framing) = try head.take(limits: limits)
        keepAlive = framing.keepAlive
        awaitsContinue = framing.expectsContinue
        switch framing.body {
        case .length(0):
            stage = .complete
        case .length(let count):
            remaining = count
            stage = .body
        case .chunked:
            chunks = ChunkedDecoder()
            stage = .body
        }
    }

    private mutating func consumeBody(
        _ input: UnsafeRawBufferPointer, at position: inout Int
    ) throws(HTTPError) {
        awaitsContinue = false
        if chunks != nil {
            let ended = try chunks!.consume(input, at: &position, into: &body, limits: limits)
            if ended { stage = .complete }
            return
        }
        let count = min(remaining, input.count - position)
        reserveBody(count)
        body.append(contentsOf: UnsafeRawBufferPointer(rebasing: input[position..<position + count]))
        position += count
        remaining -= count
        if remaining == 0 { stage = .complete }
    }

    /// Makes room for `count` more bytes: exactly the announced length once that is near.
    private mutating func reserveBody(_ count: Int) {
        let needed = body.count + count
        guard body.capacity < needed else { return }
        let grown = max(needed, Self.initialBodyCapacity, 2 * body.capacity)
        body.reserveCapacity(min(grown, body.count + remaining))
    }
}
