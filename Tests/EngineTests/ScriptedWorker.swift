import Engine
import Testing
import WireProtocol

/// A worker process by hand: reads what the engine sends, checks that it is legal, and makes the frames of its answers.
final class ScriptedWorker {
    let id: WorkerID
    let plan: SpawnPlan
    var deployment: DeploymentIndex { plan.deployment }
    private var decoder = FrameDecoder(maximumPayloadLength: ProtocolLimits.maximumPayloadLength)
    private var session = Session(role: .worker)
    private var hello: SupervisorHello?
    private(set) var received: [SupervisorMessage] = []
    /// The requests of the runs it was given, also of those that came by file.
    private(set) var requests: [PredictRequest] = []
    /// Where the latest run of each prediction takes place.
    private(set) var slots: [String: UInt16] = [:]
    private var sequences: [UInt16: UInt64] = [:]

    /// Frames that it wrote and nobody has read, since its pipe is paused.
    var unread: [UInt8] = []
    /// What it printed and nobody has read.
    var unreadLogs: [(LogSource, [UInt8])] = []
    /// It has written what was not checked: its own idea of the conversation may be wrong from then on.
    var isWild = false
    var isPaused = false
    var isDeathPipeClosed = false
    var isReleased = false
    var signals: [WorkerSignal] = []
    /// The file that the engine wants to have read for it.
    var wantedFile: (path: String, size: Int?, limit: Int)?

    init(_ id: WorkerID, _ plan: SpawnPlan) {
        self.id = id
        self.plan = plan
    }

    // MARK: What the engine sends

    func receive(_ frames: [UInt8]) {
        frames.withUnsafeBytes { bytes in
            var position = 0
            do throws(ProtocolError) {
                while let frame = try decoder.next(from: bytes, at: &position) {
                    try session.receive(frame.header, at: frame.offset)
                    take(try SupervisorMessage.decode(frame))
                }
            } catch {
                if !isWild { Issue.record("the engine broke the protocol: \(error)") }
            }
        }
    }

    private func take(_ message: SupervisorMessage) {
        received.append(message)
        switch message {
        case .hello(let hello): self.hello = hello
        case .predict(let slot, _, let request): begin(request, slot)
        default: break
        }
    }

    /// A request that came by file.
    func receive(spilled payload: [UInt8], slot: UInt16, run: UInt64) {
        do throws(ProtocolError) {
            let file = SpillFile(path: "/spool/input-\(run)", size: payload.count)
            var frame: [UInt8] = []
            try SupervisorMessage.spilledPredict(slot: slot, run: run, file).encode(into: &frame)
            receive(frame)
            begin(try Self.request(payload), slot)
        } catch {
            Issue.record("a spilled request cannot be read: \(error)")
        }
    }

    private static func request(_ payload: [UInt8]) throws(ProtocolError) -> PredictRequest {
        let result = payload.withUnsafeBytes { bytes in
            Result { () throws(ProtocolError) in try PredictRequest(spilled: bytes, at: nil) }
        }
        return try result.get()
    }

    private func begin(_ request: PredictRequest, _ slot: UInt16) {
        requests.append(request)
        slots[request.id] = slot
        sequences[slot] = 0
    }

    // MARK: What it was told

    /// The ids of predictions whose runs it was asked to cancel.
    var canceled: [String] {
        var runs: [UInt64: String] = [:]
        var next = requests.startIndex
        return received.compactMap { message in
            switch message {
            case .predict(_, let run, _), .spilledPredict(_, let run, _):
                runs[run] = requests[next].id
                next += 1
                return nil
            case .cancel(_, let run): return runs[run]
            default: return nil
            }
        }
    }

    var isShuttingDown: Bool {
        received.contains { if case .shutdown = $0 { true } else { false } }
    }

    // MARK: What it says

    /// The frame's bytes, which are checked to be legal.
    func frame(_ message: WorkerMessage) -> [UInt8] {
        var bytes: [UInt8] = []
        do throws(ProtocolError) {
            try session.send(message.header)
            switch message {
            case .hello(let mine): if let hello { session.adopt(try Agreement(hello, mine)) }
            case .ready(let manifest): session.limitSlots(to: manifest.slotCount)
            default: break
            }
            try message.encode(into: &bytes)
        } catch {
            Issue.record("the test's worker broke the protocol: \(error)")
        }
        return bytes
    }

    /// As `frame`, without asking whether it is legal.
    static func wildFrame(_ message: WorkerMessage) -> [UInt8] {
        var bytes: [UInt8] = []
        do throws(ProtocolError) {
            try message.encode(into: &bytes)
        } catch {
            Issue.record("\(error)")
        }
        return bytes
    }

    private func place(_ id: String) -> (UInt16, UInt64) {
        let slot = slots[id] ?? 0
        let sequence = sequences[slot] ?? 0
        sequences[slot] = sequence + 1
        return (slot, sequence)
    }

    func started(_ id: String) -> WorkerMessage { .started(slot: place(id).0) }

    func output(_ id: String, _ json: String) -> WorkerMessage {
        let (slot, sequence) = place(id)
        return .output(slot: slot, sequence: sequence, RawJSON(unchecked: Array(json.utf8)))
    }

    func spilledOutput(_ id: String, path: String, size: Int) -> WorkerMessage {
        let (slot, sequence) = place(id)
        return .spilledOutput(slot: slot, sequence: sequence, SpillFile(path: path, size: size))
    }

    func fileOutput(_ id: String, path: String, mime: String) -> WorkerMessage {
        let (slot, sequence) = place(id)
        return .fileOutput(slot: slot, sequence: sequence, FileOutput(path: path, mime: mime, name: "out"))
    }

    func upload(_ id: String, _ number: UInt64, path: String, name: String = "out.txt") -> WorkerMessage {
        let (slot, sequence) = place(id)
        let file = FileOutput(path: path, mime: "text/plain", name: name)
        return .upload(slot: slot, sequence: sequence, UploadRequest(number: number, file: file))
    }

    /// The answers to its uploads.
    var uploaded: [UploadResult] {
        received.compactMap { if case .uploaded(_, _, let result) = $0 { result } else { nil } }
    }

    func log(_ id: String, _ text: String, _ stream: LogSource = .standardOutput) -> WorkerMessage {
        let (slot, sequence) = place(id)
        return .log(slot: slot, sequence: sequence, LogText(stream, text.utf8))
    }

    func metric(_ id: String, _ name: String, _ value: String, _ mode: Metric.Mode = .replace) -> WorkerMessage {
        let (slot, sequence) = place(id)
        let metric = Metric(mode, name: name, value: RawJSON(unchecked: Array(value.utf8)))
        return .metric(slot: slot, sequence: sequence, metric)
    }

    func done(_ id: String, _ outcome: RunOutcome = .succeeded, isCollected: Bool = true) -> WorkerMessage {
        let (slot, sequence) = place(id)
        return .done(slot: slot, sequence: sequence, outcome, isCollected: isCollected)
    }
}
