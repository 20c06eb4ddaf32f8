import Glibc
import Synchronization
import WireProtocol
import Worker

/// The supervisor's end of a worker's pipes: says what it is told and checks the order of all that comes.
final class ScriptedSupervisor {
    /// How the worker ended; nil while it has not.
    private let ending = Ending()
    private let reading: Int32
    private var writing: Int32
    private var session = Session(role: .supervisor)
    private var decoder = FrameDecoder()
    private var messages: [WorkerMessage] = []
    private var lastRun: UInt64 = 0
    let spool: String

    /// Nothing here takes longer than this unless it hangs.
    private static let deadlineMilliseconds: Int32 = 20_000

    struct Silence: Error {}

    private final class Ending: Sendable {
        let code = Mutex<ExitCode?>(nil)
    }

    /// A worker of the type `type` in this process.
    init<Author: ModelWorker>(_ type: Author.Type) throws {
        // A write to a worker that has ended shall fail, not kill.
        signal(SIGPIPE, SIG_IGN)
        var (toWorker, fromWorker): ([Int32], [Int32]) = ([0, 0], [0, 0])
        precondition(pipe(&toWorker) == 0 && pipe(&fromWorker) == 0, "no descriptors left")
        // Programs that other tests start must not keep them open.
        for descriptor in toWorker + fromWorker { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        writing = toWorker[1]
        // So that a worker that does not read cannot hold the test up.
        _ = fcntl(writing, F_SETFL, O_NONBLOCK)
        reading = fromWorker[0]
        var template = Array("/tmp/worker-tests-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "no temporary directory")
        spool = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let ending = ending
        let workerEnd = fromWorker[1]
        let runtime = WorkerRuntime(
            try WorkerProgram(type), WorkerPipe(reading: toWorker[0], writing: workerEnd)
        ) { code in
            ending.code.withLock { $0 = code }
            close(workerEnd)
        }
        runtime.start()
    }

    deinit {
        close(reading)
        if writing >= 0 { close(writing) }
    }

    /// Says hello and initialise, and answers what comes until the worker is ready or has failed.
    func prepare(
        capabilities: [String] = [Capability.spill], frame: Int = ProtocolLimits.maximumPayloadLength,
        inline: Int = ProtocolLimits.inlinePayloadLength, handler: String? = nil, setup: String = "{}",
        heartbeat: UInt32? = nil
    ) throws -> [WorkerMessage] {
        let hello = SupervisorHello(
            supervisor: "test", capabilities: capabilities, maximumPayloadLength: frame, inlinePayloadLength: inline,
            spoolDirectory: spool)
        try send(.hello(hello))
        guard case .hello(let answer) = try next() else { throw Silence() }
        session.adopt(try Agreement(hello, answer))
        try send(
            .initialize(
                Initialization(
                    deployment: "test", handler: handler, setup: RawJSON(unchecked: Array(setup.utf8)),
                    heartbeatMilliseconds: heartbeat)))
        return try messages { message in
            switch message {
            case .ready, .setupFailed: true
            default: false
            }
        }
    }

    /// Starts a run.
    @discardableResult
    func predict(_ handler: String, _ input: String, slot: UInt16 = 0) throws -> UInt64 {
        lastRun += 1
        let request = PredictRequest(
            id: "p\(lastRun)", handler: handler, input: RawJSON(unchecked: Array(input.utf8)))
        try send(.predict(slot: slot, run: lastRun, request))
        return lastRun
    }

    /// Starts a run and waits for its end: all that it says.
    func run(_ handler: String, _ input: String) throws -> [WorkerMessage] {
        try predict(handler, input)
        return try untilDone()
    }

    /// All that comes up to the next end of a run.
    func untilDone() throws -> [WorkerMessage] {
        try messages { if case .done = $0 { true } else { false } }
    }

    private func messages(until isLast: (WorkerMessage) -> Bool) throws -> [WorkerMessage] {
        var messages: [WorkerMessage] = []
        repeat { messages.append(try next()) } while messages.last.map(isLast) == false
        return messages
    }

    func send(_ message: SupervisorMessage) throws {
        try session.send(message.header)
        var bytes: [UInt8] = []
        try message.encode(into: &bytes)
        try send(bytes)
    }

    /// Sends bytes as they are; throws when the worker does not read them in time.
    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            var request = pollfd(fd: writing, events: Int16(POLLOUT), revents: 0)
            guard poll(&request, 1, Self.deadlineMilliseconds) == 1 else { throw Silence() }
            let count = rest.withUnsafeBytes { write(writing, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EAGAIN else { throw Silence() }
            rest = rest.dropFirst(max(0, count))
        }
    }

    func closeWriting() {
        close(writing)
        writing = -1
    }

    /// The next message that is no heartbeat; throws when none comes in time, or an illegal one.
    func next() throws -> WorkerMessage {
        while true {
            let message = try nextOrBeat()
            if message != .heartbeat { return message }
        }
    }

    /// The next message; throws when none comes in time, or an illegal one.
    func nextOrBeat() throws -> WorkerMessage {
        while messages.isEmpty {
            guard try receive() else { throw Silence() }
        }
        return messages.removeFirst()
    }

    /// Waits until the worker has ended.
    func ended() throws -> ExitCode? {
        while try receive() {}
        return ending.code.withLock { $0 }
    }

    /// Reads once. False at the end of the file.
    private func receive() throws -> Bool {
        var request = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, Self.deadlineMilliseconds) == 1 else { throw Silence() }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = read(reading, &buffer, buffer.count)
        guard count > 0 else { return false }
        try buffer.withUnsafeBytes { bytes in
            let input = UnsafeRawBufferPointer(rebasing: bytes[..<count])
            var position = 0
            while let frame = try decoder.next(from: input, at: &position) {
                try session.receive(frame.header, at: frame.offset)
                messages.append(try WorkerMessage.decode(frame))
            }
        }
        return true
    }
}

extension [WorkerMessage] {
    /// The outputs among the messages, as text.
    var outputs: [String] {
        compactMap { if case .output(_, _, let value) = $0 { value.description } else { nil } }
    }

    /// The logs among the messages, joined.
    var log: String {
        reduce(into: "") { text, message in if case .log(_, _, let piece) = message { text += piece.text } }
    }

    /// How the run ended.
    var outcome: RunOutcome? {
        if case .done(_, _, let outcome, _)? = last { outcome } else { nil }
    }

    /// Whether its outputs form a list.
    var isCollected: Bool? {
        if case .done(_, _, _, let isCollected)? = last { isCollected } else { nil }
    }
}
