import API
import Engine
import EventLoop
import HTTP
import SSE

/// One client: its socket, its HTTP machine and the bytes that the socket has not taken yet.
///
/// Decides nothing: requests go to the server, which answers with `respond` or opens a stream. Lives on the loop.
final class ClientConnection: EventHandler {
    /// What a socket may leave in the queue before its stream is held back: one slice of a channel.
    private static let highMark = Channel.sliceLimit
    /// Reads of one socket in one turn, so that a client that sends without end does not keep the others waiting.
    private static let readsPerTurn = 4

    let id: ConnectionID
    /// Which routes it has.
    let realm: Realm
    private unowned let server: Server
    private var descriptor: FileDescriptor?
    private let raw: Int32
    private var registration: Registration?
    @exclusivity(unchecked) private var state: ConnectionState
    @exclusivity(unchecked) private var queue = WriteQueue(highMark: ClientConnection.highMark, lowMark: 0)

    /// How the request in hand wants its refusals worded.
    var style = AnswerStyle.cog
    /// The framing of the stream that is open.
    private var stream: ResponseFraming?
    private var isProcessing = false
    /// The socket may hold more than was read.
    private var mayHaveInput = false
    /// The client's side has ended behind whatever the socket still holds; no further event will say so.
    private var hasInputEnded = false
    private var isLingering = false
    private(set) var isClosed = false
    /// The socket failed while the engine was being flushed; it is closed at the end of that.
    private(set) var hasFailed = false

    private var timer: TimerToken?
    private var timerDeadline: UInt64 = .max
    private var deadlineKind = ConnectionDeadline.Kind.none
    private var deadlineBegan: UInt64 = 0
    private var bodyMark = 0
    /// Since when the client has taken nothing of what is queued for it.
    private var unreadSince: UInt64?

    init(
        _ descriptor: consuming FileDescriptor, id: ConnectionID, realm: Realm, limits: HTTPLimits, server: Server
    ) {
        raw = descriptor.raw
        self.descriptor = consume descriptor
        self.id = id
        self.realm = realm
        self.server = server
        state = ConnectionState(limits: limits)
    }

    func start() throws(SystemError) {
        registration = try server.loop.register(
            raw, [.readable, .writable, .peerHangUp, .edgeTriggered], handler: self)
        updateDeadline()
    }

    // MARK: What the socket says

    func ready(_ readiness: Readiness) {
        if readiness.contains(.writable), !queue.isEmpty { flushQueue() }
        if readiness.isWorthReading, !isClosed {
            mayHaveInput = true
            if readiness.isEnding { hasInputEnded = true }
            read()
        }
    }

    private func read() {
        var reads = 0
        while mayHaveInput, !isClosed {
            if isLingering {
                discardInput()
                return
            }
            // A client that reads a stream is only listened to for its going away; the little it sends is kept.
            guard state.wantsMoreInput else {
                if hasInputEnded, state.phase == .streaming { peerClosed() }
                return
            }
            reads += 1
            if reads > ClientConnection.readsPerTurn {
                server.readLater(self)
                return
            }
            switch Transfer.read(raw, into: server.readBuffer) {
            case .bytes(let count):
                // A short read has emptied the socket; what comes later is told by another event.
                if count < server.readBuffer.count { mayHaveInput = hasInputEnded }
                state.receive(UnsafeRawBufferPointer(rebasing: server.readBuffer[..<count]))
                process()
            case .wouldBlock: mayHaveInput = false
            case .closed: peerClosed()
            case .failed: close()
            }
        }
        if !isClosed { updateDeadline() }
    }

    func readMore() {
        if !isClosed { read() }
    }

    /// The client sends nothing more. As it cannot be told from one that is gone, it counts as gone.
    private func peerClosed() {
        mayHaveInput = false
        state.peerClosed()
        process()
        if !isClosed { close() }
    }

    /// Takes what the parser has made, one request at a time.
    private func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        while !isClosed, let event = state.next() {
            switch event {
            case .request(let request): server.received(request, from: self)
            case .sendContinue: write(ResponseEncoder.continueResponse)
            case .failed(let error): respond(Response(error))
            }
        }
        closeIfDone()
    }

    // MARK: Answers

    /// Answers the request in hand with a whole response.
    func respond(_ response: Response) {
        guard !isClosed else { return }
        let framing = state.willRespond(with: response)
        server.encode(response, framing) { bytes in send(bytes) }
        state.responseFinished()
        continueAfterResponse()
    }

    /// Answers the request in hand with a stream, whose bytes follow.
    func openStream(_ response: Response) {
        guard !isClosed else { return }
        let framing = state.willRespond(with: response)
        stream = framing
        server.encode(response, framing) { bytes in send(bytes) }
        updateDeadline()
        // From now on only the end of the client is of interest, and it may have come already.
        if mayHaveInput { read() }
    }

    /// Writes a part of the stream, all of which is taken; what the socket does not take is copied.
    @inline(__always)
    func deliver(_ bytes: UnsafeRawBufferPointer) -> Channel.Delivery {
        guard let stream, !isClosed, !hasFailed else { return .accepted }
        let outcome: WriteQueue.Outcome
        if stream.transfer == .chunked {
            outcome = withUnsafeTemporaryAllocation(byteCount: ChunkEncoder.maximumHeaderBytes, alignment: 1) {
                header in
                let length = ChunkEncoder.writeHeader(count: bytes.count, to: header)
                let end = ChunkEncoder.separator
                return queue.write(
                    UnsafeRawBufferPointer(rebasing: header[..<length]), bytes,
                    UnsafeRawBufferPointer(start: end.utf8Start, count: end.utf8CodeUnitCount), to: raw)
            }
        } else {
            outcome = queue.write(bytes, to: raw)
        }
        switch outcome {
        case .drained: return .accepted
        case .blocked: return .blocked
        case .closed, .failed:
            hasFailed = true
            server.closeLater(self)
            return .accepted
        }
    }

    func endStream() {
        guard let stream, !isClosed else { return }
        if stream.transfer == .chunked { write(ChunkEncoder.end) }
        self.stream = nil
        if !queue.isEmpty { waitForReader() }
        state.responseFinished()
        continueAfterResponse()
    }

    private func continueAfterResponse() {
        process()
        guard !isClosed else { return }
        // Input that was left in the socket while the answer was pending.
        if mayHaveInput, !isProcessing { read() } else { updateDeadline() }
    }

    private func write(_ text: StaticString) {
        send(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private func send(_ bytes: UnsafeRawBufferPointer) {
        guard !isClosed, !hasFailed else { return }
        switch queue.write(bytes, to: raw) {
        case .drained: return
        case .blocked: waitForReader()
        case .closed, .failed:
            hasFailed = true
            server.closeLater(self)
        }
    }

    /// Watches that the client takes what is queued for it. The readers of streams are the engine's to watch.
    private func waitForReader() {
        guard stream == nil else { return }
        unreadSince = server.loop.now
        let due = server.loop.now + server.settings.writeTimeout
        if due < timerDeadline { schedule(at: due) }
    }

    private func flushQueue() {
        switch queue.flush(to: raw) {
        case .blocked: waitForReader()
        case .drained:
            unreadSince = nil
            if stream != nil { server.drained(self) }
            closeIfDone()
        case .closed, .failed: close()
        }
    }

    // MARK: The end

    /// The server goes: the next answer is the last.
    func endKeepAlive() {
        state.endKeepAlive()
    }

    /// The server goes: an idle connection is closed, one with a request in hand after its answer.
    func drainBegan() {
        state.drainBegan()
        closeIfDone()
    }

    private func closeIfDone() {
        guard !isClosed, state.phase == .closed, queue.isEmpty else { return }
        if state.needsLingeringClose, !isLingering {
            linger()
        } else if !isLingering {
            close()
        }
    }

    /// Closing at once while the client still sends would make its system throw away the answer (RFC 9112 § 9.6): end our
    /// side, and take what comes for a moment.
    private func linger() {
        isLingering = true
        Socket.finishWriting(raw)
        schedule(at: server.loop.now + server.httpLimits.lingerTimeout)
        mayHaveInput = true
        read()
    }

    private func discardInput() {
        for _ in 0..<ClientConnection.readsPerTurn {
            switch Transfer.read(raw, into: server.readBuffer) {
            case .bytes: continue
            case .wouldBlock:
                mayHaveInput = false
                return
            case .closed, .failed: return close()
            }
        }
        server.readLater(self)
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        if let timer { server.loop.cancel(timer) }
        timer = nil
        if let registration { server.loop.deregister(registration) }
        registration = nil
        descriptor = nil
        queue.removeAll()
        server.closed(self)
    }

    // MARK: Time

    /// Sets the timer that the phase of the request asks for. The usual way, from one whole request to the next, costs a
    /// comparison: an idle timer that fires too early is set again.
    private func updateDeadline() {
        let kind = state.deadline.kind
        let now = server.loop.now
        if kind != deadlineKind || kind == .idle {
            deadlineBegan = now
            bodyMark = state.bodyBytesReceived
        }
        deadlineKind = kind
        guard let due else { return }
        if due < timerDeadline { schedule(at: due) }
    }

    private var due: UInt64? {
        let limits = server.httpLimits
        switch deadlineKind {
        case .idle: return deadlineBegan + limits.idleTimeout
        case .head: return deadlineBegan + limits.headTimeout
        case .body: return deadlineBegan + limits.bodyProgressInterval
        case .none: return nil
        }
    }

    private func schedule(at deadline: UInt64) {
        timerDeadline = deadline
        if let timer, server.loop.reschedule(timer, at: deadline) { return }
        timer = server.loop.schedule(at: deadline) { [unowned self] in timerFired() }
    }

    private func timerFired() {
        timer = nil
        timerDeadline = .max
        if isLingering { return close() }
        let now = server.loop.now
        if let unreadSince, stream == nil {
            let due = unreadSince + server.settings.writeTimeout
            return now < due ? schedule(at: due) : close()
        }
        guard let due else { return }
        if now < due { return schedule(at: due) }
        if deadlineKind == .body, state.bodyBytesReceived - bodyMark >= server.httpLimits.bodyProgressBytes {
            deadlineBegan = now
            bodyMark = state.bodyBytesReceived
            return schedule(at: now + server.httpLimits.bodyProgressInterval)
        }
        state.deadlineReached()
        process()
    }
}
