import WireProtocol

/// The conversation with the process that sends requests, without the process: when it is started, which request it gets,
/// what becomes of those that it has when it ends.
///
/// It is a worker with one handler. It is started when it is first needed, and again, with growing pauses, when it has
/// ended and something is to be sent. What it had when it ended is told to be lost; whether that is tried again is for
/// those to decide who wanted it.
package struct DeliveryLink: ~Copyable {
    /// What its owner is to do, in order.
    package enum Wish: Sendable {
        /// Start the process, and answer with `spawned` or `spawnFailed`.
        case spawn
        case send([UInt8])
        case kill
        /// The only timer; a new time takes the place of the old one.
        case startTimer(at: UInt64)
        case cancelTimer
        case settled(DeliveryID, DeliveryResult)
        case log(LogEntry.Level, String)
    }

    /// The agent's handler.
    static let handler = "send"
    /// Nanoseconds from the start of the process to its readiness: it loads a few libraries.
    static let loadTimeout: UInt64 = 30_000_000_000
    /// Nanoseconds that an answer may come later than its request's own time-out; then the process counts as hung.
    static let answerGrace: UInt64 = 10_000_000_000
    /// Nanoseconds before it is started again, the first time and at most: it doubles with each end that no answer came
    /// before.
    static let firstPause: UInt64 = 500_000_000
    static let longestPause: UInt64 = 30_000_000_000

    private enum Stage {
        case absent
        /// It runs; it has not said that it is ready.
        case starting
        case ready
        /// It has been killed; its end is awaited.
        case ending
    }

    private struct Run {
        let id: DeliveryID
        let deadline: UInt64
        var result: DeliveryResult?
    }

    private let hello: SupervisorHello
    private var stage = Stage.absent
    private var session = Session(role: .supervisor)
    private var decoder = FrameDecoder()
    private var waiting: [(DeliveryID, DeliveryRequest)] = []
    private var runs: [UInt16: Run] = [:]
    private var slotCount = 0
    private var nextRun: UInt64 = 1
    private var notBefore: UInt64 = 0
    private var pause = DeliveryLink.firstPause
    private var loadDeadline: UInt64?
    private var timer: UInt64?
    package var wishes: [Wish] = []

    /// - Parameter spool: the directory for bodies that go by file.
    package init(frameLimit: Int, inlineLimit: Int, spool: String) {
        hello = SupervisorHello(
            supervisor: ProductVersion.text, capabilities: [], maximumPayloadLength: frameLimit,
            inlinePayloadLength: inlineLimit, spoolDirectory: spool)
    }

    // MARK: What happens

    package mutating func request(_ id: DeliveryID, _ request: DeliveryRequest, now: UInt64) {
        waiting.append((id, request))
        proceed(now)
    }

    package mutating func spawned(now: UInt64) {
        stage = .starting
        session = Session(role: .supervisor)
        decoder = FrameDecoder(maximumPayloadLength: hello.maximumPayloadLength)
        slotCount = 0
        nextRun = 1
        loadDeadline = now + Self.loadTimeout
        send(.hello(hello))
        proceed(now)
    }

    package mutating func spawnFailed(_ reason: String, now: UInt64) {
        wishes.append(.log(.error, "the delivery process could not be started: \(reason)"))
        lose("the delivery process could not be started", now)
    }

    /// Takes what it has written, cut at any place.
    package mutating func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64) {
        guard stage == .starting || stage == .ready else { return }
        var position = 0
        do throws(ProtocolError) {
            while let frame = try decoder.next(from: bytes, at: &position) {
                try session.receive(frame.header, at: frame.offset)
                try take(WorkerMessage.decode(frame))
            }
        } catch {
            end("the delivery process broke the protocol: \(error)")
        }
        proceed(now)
    }

    package mutating func exited(_ reason: ProcessStatus, now: UInt64) {
        wishes.append(.log(.error, "the delivery process ended: \(reason.text)"))
        lose("the delivery process ended", now)
    }

    package mutating func timeOver(now: UInt64) {
        timer = nil
        if let loadDeadline, loadDeadline <= now { end("the delivery process was not ready in time") }
        if runs.values.contains(where: { $0.deadline <= now }) { end("the delivery process hangs") }
        proceed(now)
    }

    // MARK: The conversation

    private mutating func take(_ message: WorkerMessage) throws(ProtocolError) {
        switch message {
        case .hello(let answer):
            session.adopt(try Agreement(hello, answer))
            send(.initialize(Initialization(deployment: "delivery", handler: Self.handler)))
        case .ready(let manifest):
            stage = .ready
            loadDeadline = nil
            slotCount = min(manifest.slotCount, DeliveryQueue.concurrency)
            session.limitSlots(to: manifest.slotCount)
        case .setupFailed(let failure): wishes.append(.log(.error, "the delivery process: \(failure.message)"))
        case .output(let slot, _, let value): runs[slot]?.result = DeliveryResult(value.bytes)
        case .log(_, _, let text):
            wishes.append(.log(.info, "the delivery process: \(String(decoding: text.bytes, as: UTF8.self))"))
        case .done(let slot, _, let outcome, _): finish(slot, outcome)
        case .loading, .started, .spilledOutput, .fileOutput, .upload, .metric, .heartbeat, .pong, .healthResult: break
        }
    }

    private mutating func finish(_ slot: UInt16, _ outcome: RunOutcome) {
        guard let run = runs.removeValue(forKey: slot) else { return }
        // Whatever it says, it works.
        pause = Self.firstPause
        let fallback: DeliveryResult =
            switch outcome {
            case .failed(let failure): .unreachable(failure.error)
            case .succeeded, .canceled: .unreachable("the delivery process said nothing")
            }
        wishes.append(.settled(run.id, run.result ?? fallback))
    }

    private mutating func send(_ message: SupervisorMessage) {
        var frame: [UInt8] = []
        do throws(ProtocolError) {
            try message.encode(into: &frame, maximumPayloadLength: hello.maximumPayloadLength)
            try session.send(message.header)
            wishes.append(.send(frame))
        } catch {
            preconditionFailure("bodies that do not fit a frame go by file, and the order is kept here: \(error)")
        }
    }

    private mutating func end(_ reason: String) {
        guard stage == .starting || stage == .ready else { return }
        stage = .ending
        loadDeadline = nil
        wishes.append(.log(.error, reason))
        wishes.append(.kill)
    }

    /// It is gone, and with it all that it had and all that waited for it.
    private mutating func lose(_ reason: String, _ now: UInt64) {
        stage = .absent
        loadDeadline = nil
        notBefore = now + pause
        pause = min(2 * pause, Self.longestPause)
        let lost = runs.sorted { $0.key < $1.key }.map(\.value.id) + waiting.map(\.0)
        runs = [:]
        waiting = []
        for id in lost { wishes.append(.settled(id, .agentLost(reason))) }
        proceed(now)
    }

    // MARK: What follows

    /// Gives out what waits, starts the process if that is what it takes, and sets the timer.
    private mutating func proceed(_ now: UInt64) {
        if stage == .absent, !waiting.isEmpty, now >= notBefore {
            // Until it is said how that went, nothing else is tried.
            stage = .starting
            loadDeadline = nil
            wishes.append(.spawn)
        }
        while stage == .ready, !waiting.isEmpty,
            let slot = (0..<UInt16(slotCount)).first(where: { runs[$0] == nil })
        {
            let (id, request) = waiting.removeFirst()
            runs[slot] = Run(id: id, deadline: now + request.timeout + Self.answerGrace)
            let run = nextRun
            nextRun += 1
            send(
                .predict(
                    slot: slot, run: run,
                    PredictRequest(id: "delivery-\(id.rawValue)", handler: Self.handler, input: request.json)))
        }
        setTimer()
    }

    private mutating func setTimer() {
        var deadline = loadDeadline
        if stage == .absent, !waiting.isEmpty { deadline = notBefore }
        if stage == .ready { deadline = runs.values.map(\.deadline).min() }
        guard deadline != timer else { return }
        timer = deadline
        wishes.append(deadline.map { .startTimer(at: $0) } ?? .cancelTimer)
    }
}
