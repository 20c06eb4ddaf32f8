/// Everything of one HTTP/1.x server connection but its socket: framing, order of requests, keep-alive, limits.
///
/// The owner, on one thread, does
///
///     state.receive(bytes)                       // or peerClosed(), deadlineReached()
///     while let event = state.next() { … }       // then look at deadline, wantsMoreInput and phase
///
/// and for each `.request` and `.failed`, at once or later,
///
///     let framing = state.willRespond(with: response)
///     // append head and body by ResponseEncoder; for a stream chunks follow, as `framing.transfer` says
///     state.responseFinished()                   // all bytes of the answer are in the write queue
///     while let event = state.next() { … }       // the next pipelined request
///
/// When `phase` is `.closed` the owner flushes what it has queued and closes the socket, see `needsLingeringClose`.
///
/// One request is outstanding at a time. Bytes that follow it are kept unread up to a cap, so the order of answers
/// cannot go wrong. An idle or streaming connection holds no buffer.
package struct ConnectionState: Sendable {
    /// Where the connection is in its life.
    package enum Phase: Equatable, Sendable {
        /// Between requests. Goes to `readingHead`, or `closed` at the peer's end or the deadline.
        case idle
        case readingHead
        case readingBody
        /// A request is complete and its answer not finished.
        case responding
        /// As `responding`, the answer being a stream.
        case streaming
        /// A request was refused; the answer is not finished. Goes to `closed` only.
        case failing
        /// Nothing more will be read or answered.
        case closed
    }

    private enum State {
        /// The parser has the say. Goes to `ready` or `refused`, or to `closed`.
        case receiving
        /// A whole request waits for `next()`.
        case ready(Request)
        /// The request was handed out. Goes back to `receiving`, or to `closed`.
        case responding(Exchange)
        /// The refusal waits for `next()`. Goes to `failing`.
        case refused(HTTPError)
        /// The refusal was handed out. Goes to `closed`.
        case failing(Exchange)
        case closed
    }

    /// What has to be remembered of a request while it is answered.
    private struct Exchange {
        let version: Version
        let isHead: Bool
        var keepAlive: Bool
        var isStreaming = false
    }

    private var parser: RequestParser
    private var state = State.receiving
    private var unread: [UInt8] = []
    private var unreadStart = 0

    /// Requests that were complete so far; tells one deadline from the next of the same kind.
    package private(set) var requestCount: UInt64 = 0

    /// Whether the peer has said that it will send nothing more. It may have closed altogether or only its sending
    /// half; the kernel cannot tell us which. An outstanding request is still answered unless the owner decides
    /// otherwise, as it should for a stream that nobody can be presumed to read.
    package private(set) var peerHasClosed = false

    private var isDraining = false

    /// Whether unread input was thrown away. Closing the socket at once would make the kernel reset the connection,
    /// and the client might lose the answer. When true: shut down the sending half after the last byte, read and
    /// discard until the peer's end or `HTTPLimits.lingerTimeout`, then close (RFC 9112 § 9.6).
    package private(set) var needsLingeringClose = false

    package init(limits: HTTPLimits = HTTPLimits()) {
        parser = RequestParser(limits: limits)
    }

    // MARK: What happened

    /// Bytes came from the peer. They are parsed or copied; the buffer is free afterwards.
    package mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        switch state {
        case .receiving:
            let consumed = parse(bytes)
            if case .ready = state, consumed < bytes.count {
                unread.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[consumed...]))
            }
        case .ready, .responding:
            discardReadPrefix()
            unread.append(contentsOf: bytes)
        case .refused, .failing, .closed:
            needsLingeringClose = true
        }
    }

    /// The next thing to do, or nil when the owner has to wait.
    package mutating func next() -> ConnectionEvent? {
        switch state {
        case .receiving where parser.wantsContinue && !peerHasClosed:
            parser.continueSent()
            return .sendContinue
        case .ready(let request):
            state = .responding(
                Exchange(
                    version: request.version, isHead: request.method == .head, keepAlive: request.keepAlive))
            return .request(request)
        case .refused(let error):
            state = .failing(Exchange(version: .http11, isHead: false, keepAlive: false))
            return .failed(error)
        case .receiving, .responding, .failing, .closed:
            return nil
        }
    }

    /// The owner begins to answer. Decides whether the connection stays open afterwards, and how the body is framed.
    package mutating func willRespond(with response: Response) -> ResponseFraming {
        switch state {
        case .responding(var exchange):
            let framing = framing(for: response, exchange)
            exchange.keepAlive = framing.keepAlive
            exchange.isStreaming = framing.isStreaming
            state = .responding(exchange)
            return framing
        case .failing(let exchange):
            return framing(for: response, exchange)
        case .receiving, .ready, .refused, .closed:
            preconditionFailure("willRespond(with:) needs a request or failure that next() handed out")
        }
    }

    /// All bytes of the answer are on their way. Goes on with what the client has sent in the meantime.
    package mutating func responseFinished() {
        switch state {
        case .responding(let exchange) where exchange.keepAlive:
            state = .receiving
            parseUnread()
            if peerHasClosed { peerEnded() }
        case .responding, .failing:
            close()
        case .receiving, .ready, .refused, .closed:
            preconditionFailure("responseFinished() needs a request or failure that next() handed out")
        }
    }

    /// The peer will send nothing more (end of file). What arrived before is still answered.
    package mutating func peerClosed() {
        peerHasClosed = true
        peerEnded()
    }

    /// The time of `deadline` has run out. An idle connection ends without a word, one in the middle of a request
    /// with 408; in the other phases nothing happens, their time is the owner's affair.
    package mutating func deadlineReached() {
        guard case .receiving = state else { return }
        if parser.stage == .start {
            close()
        } else {
            refuse(.requestTimeout)
        }
    }

    /// The server is about to stop: the next answer is the last, and says so (`Connection: close`). An idle connection
    /// stays: its client may have sent a request that is still on its way, which deserves an answer.
    package mutating func endKeepAlive() {
        isDraining = true
    }

    /// The server stops: an idle connection ends now, any other after the answer it is waiting for.
    package mutating func drainBegan() {
        isDraining = true
        if phase == .idle { close() }
    }

    // MARK: What the owner may want to know

    package var phase: Phase {
        switch state {
        case .receiving:
            switch parser.stage {
            case .start: .idle
            case .head: .readingHead
            case .body, .complete: .readingBody
            }
        case .ready: .responding
        case .responding(let exchange): exchange.isStreaming ? .streaming : .responding
        case .refused, .failing: .failing
        case .closed: .closed
        }
    }

    /// Which time-out runs now. Compare with the previous value after each step: start the timer anew when it changed.
    package var deadline: ConnectionDeadline {
        let kind: ConnectionDeadline.Kind =
            switch phase {
            case .idle: .idle
            case .readingHead: .head
            case .readingBody: .body
            case .responding, .streaming, .failing, .closed: .none
            }
        return ConnectionDeadline(kind: kind, request: requestCount)
    }

    /// Whether the owner should read from the socket. False while the bytes kept for later requests exceed the cap,
    /// after the peer's end and after the connection's. An owner with edge-triggered readiness must read again by
    /// itself when this turns true, which only `responseFinished()` brings about.
    package var wantsMoreInput: Bool {
        switch state {
        case .receiving: !peerHasClosed
        case .ready, .responding: !peerHasClosed && unread.count - unreadStart < parser.limits.pipelinedBytes
        case .refused, .failing, .closed: false
        }
    }

    /// The body bytes of the request that is being read: what the owner compares every
    /// `HTTPLimits.bodyProgressInterval`. Chunk sizes, extensions and trailers do not count as progress.
    package var bodyBytesReceived: Int { parser.bodyCount }

    /// Bytes of memory this connection holds for input, for a bound over all connections.
    package var bufferedBytes: Int { parser.bufferedCount + unread.count }

    // MARK: Steps

    /// Parses as much of one request as `bytes` hold and returns how much that was.
    private mutating func parse(_ bytes: UnsafeRawBufferPointer) -> Int {
        do throws(HTTPError) {
            let consumed = try parser.consume(bytes)
            if parser.stage == .complete {
                requestCount &+= 1
                state = .ready(parser.takeRequest())
            }
            return consumed
        } catch {
            refuse(error)
            return bytes.count
        }
    }

    private mutating func parseUnread() {
        guard unreadStart < unread.count else { return }
        let bytes = unread
        let start = unreadStart
        unread = []
        unreadStart = 0
        let consumed = bytes.withUnsafeBufferPointer {
            parse(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer($0)[start...]))
        }
        if case .ready = state, start + consumed < bytes.count {
            unread = bytes
            unreadStart = start + consumed
        }
    }

    private mutating func discardReadPrefix() {
        guard unreadStart > 0 else { return }
        unread.removeFirst(unreadStart)
        unreadStart = 0
    }

    private mutating func refuse(_ error: HTTPError) {
        parser = RequestParser(limits: parser.limits)
        unread = []
        unreadStart = 0
        needsLingeringClose = !peerHasClosed
        state = .refused(error)
    }

    /// No more input: half a request can never become whole.
    private mutating func peerEnded() {
        guard case .receiving = state else { return }
        if parser.stage == .start {
            close()
        } else {
            refuse(.incompleteRequest)
        }
    }

    private mutating func close() {
        // A client that pipelines may still be sending, or has sent what we shall never read.
        if unreadStart < unread.count { needsLingeringClose = !peerHasClosed }
        unread = []
        unreadStart = 0
        state = .closed
    }

    private func framing(for response: Response, _ exchange: Exchange) -> ResponseFraming {
        let transfer = ResponseFraming.transfer(of: response, version: exchange.version)
        let nothingFollows = peerHasClosed && unreadStart == unread.count
        return ResponseFraming(
            version: exchange.version,
            isHead: exchange.isHead,
            transfer: transfer,
            keepAlive: exchange.keepAlive && transfer != .untilClose && !response.closesConnection && !isDraining
                && !nothingFollows)
    }
}
