import API
import Engine
import HTTP
import SSE
import TestSupport
import WireProtocol

/// Handler and engine without sockets and processes: requests in, responses and streams out, at once.
///
/// Its workers are scripts of a line: a run whose input has the member `hold` goes on until `release`, any other emits
/// one output and succeeds. The clock stands still unless a test moves it.
final class DirectServer {
    /// What a connection has got.
    struct Reply {
        var response: Response
        /// What was written to the stream, if it is one.
        var stream: [UInt8] = []
        var hasEnded = false

        var status: Int { Int(response.status.code) }
        var text: String {
            if case .bytes(let bytes) = response.body { return String(decoding: bytes, as: UTF8.self) }
            return ""
        }
        var json: JSONValue? { try? JSONValue.parse(Array(text.utf8)) }
        var events: [ReceivedEvent] { EventStreamReader(stream).events }
        subscript(_ name: String) -> String? { response.headers.first { $0.name == name }?.value }
    }

    struct Held {
        let worker: WorkerID
        let slot: UInt16
    }

    private var engine: SupervisorEngine
    private var handler: RequestHandler
    private var styles: [ConnectionID: AnswerStyle] = [:]
    private var replies: [ConnectionID: Reply] = [:]
    private var nextConnection: UInt64 = 1
    private var decoders: [WorkerID: [UInt8]] = [:]
    private let manifests: [String]
    private let isStarting: Bool
    /// Runs that wait for `release`, by id.
    private(set) var held: [String: Held] = [:]
    /// Payloads of the `predict` frames so far.
    private(set) var predictions: [PredictRequest] = []
    /// What the handler warned of, for the server's log.
    private(set) var warnings: [LogEntry] = []
    /// What workers answer to the question for their health; nil: nothing.
    var healthAnswer: HealthResult? = .healthy
    private(set) var healthChecks = 0
    var now: UInt64 = 1_000_000_000

    init(
        _ world: RequestCase.World = .ready,
        manifests: [String] = [RequestCase.firstManifest, RequestCase.plainManifest]
    ) {
        let names = world == .starting ? ["first"] : ["first", "plain"]
        let defaultDeployment = world == .withoutDefault ? nil : 0
        isStarting = world == .starting
        self.manifests = manifests
        engine = SupervisorEngine(
            settings: DirectServer.settings(names), generator: SeededGenerator(seed: 1), now: now,
            wallOffset: 1_800_000_000_000_000_000)
        handler = RequestHandler(deployments: names, defaultDeployment: defaultDeployment)
        engine.start(now: now)
        run()
    }

    private static func settings(_ names: [String]) -> EngineSettings {
        let second: UInt64 = 1_000_000_000
        let large = 1 << 20
        return EngineSettings(
            deployments: names.map { name in
                DeploymentSettings(
                    name: name, handler: nil, workers: 1, concurrency: nil,
                    streaming: nil, loadTimeout: 600 * second, stopGrace: 10 * second,
                    limits: PredictionLimits(output: large, logs: large, metrics: large))
            },
            streams: StreamSettings(
                history: HistoryLimits(events: 1024, bytes: large), window: LiveWindow(events: 1024, bytes: large)),
            retention: PredictionRegistry.Retention(age: 300 * second, count: 1000, bytes: 64 * large),
            pendingCancellations: PendingCancellations.Limits(count: 1000, age: 60 * second),
            drain: DrainSequence.Times(delay: 0, finish: 300 * second, cancel: 5 * second), frameLimit: 64 * large,
            inlineLimit: large, patience: second, heartbeat: 0, writeTimeout: 30 * second, idempotentGrace: 30 * second,
            attachedGrace: 0, readersPerPrediction: 2, readersInAll: 4,
            spoolDirectory: "/spool")
    }

    // MARK: Requests

    /// Answers a request; nil while the answer is still to come (`reply(on:)`).
    @discardableResult
    func request(
        _ method: String, _ target: String, headers: [(name: String, value: String)] = [], body: String = ""
    ) throws -> ConnectionID {
        let request = try Request(DirectServer.method(method), target, headers: headers, body: Array(body.utf8))
        let connection = ConnectionID(rawValue: nextConnection)
        nextConnection += 1
        let reply = handler.reply(to: request, engine)
        warnings += handler.takeWarnings()
        switch reply {
        case .respond(let response): replies[connection] = Reply(response: response, hasEnded: true)
        case .command(let command, let style):
            styles[connection] = style
            engine.handle(.command(command, connection), now: now)
        }
        run()
        return connection
    }

    /// The answer to a request with a JSON body, which must be there at once.
    func answer(
        _ method: String, _ target: String, _ json: String? = nil, _ headers: [(name: String, value: String)] = []
    ) throws -> Reply {
        let type = json == nil ? [] : [RequestCase.json]
        guard let reply = reply(on: try request(method, target, headers: type + headers, body: json ?? "")) else {
            throw NoAnswer()
        }
        return reply
    }

    /// The inputs that reached workers.
    var inputs: [String] { predictions.map { String(decoding: $0.input.bytes, as: UTF8.self) } }

    struct NoAnswer: Error {}

    func reply(on connection: ConnectionID) -> Reply? { replies[connection] }

    func disconnect(_ connection: ConnectionID) {
        engine.handle(.connectionClosed(connection), now: now)
        run()
    }

    func stop() {
        engine.handle(.stopRequested(.interrupt), now: now)
        run()
    }

    private static func method(_ name: String) -> Method {
        let known: [Method] = [.get, .head, .post, .put, .delete, .patch, .options, .trace, .connect]
        return known.first { $0.name == name } ?? .other(name)
    }

    // MARK: Workers

    /// Lets a held run go on: a second output, and the given end.
    func release(_ id: String, _ outcome: RunOutcome = .succeeded) throws {
        guard let run = held.removeValue(forKey: id) else { throw NoAnswer() }
        send(
            [
                .output(slot: run.slot, sequence: 2, RawJSON(unchecked: Array("\"second\"".utf8))),
                .done(slot: run.slot, sequence: 3, outcome, isCollected: true),
            ], from: run.worker)
        self.run()
    }

    private func send(_ messages: [WorkerMessage], from worker: WorkerID) {
        var bytes: [UInt8] = []
        for message in messages {
            do throws(ProtocolError) {
                try message.encode(into: &bytes)
            } catch {
                preconditionFailure("\(error)")
            }
        }
        bytes.withUnsafeBytes { engine.receive($0, from: worker, now: now) }
    }

    private func received(_ frames: [UInt8], by worker: WorkerID) {
        var decoder = FrameDecoder(maximumPayloadLength: ProtocolLimits.maximumPayloadLength)
        var replies: [WorkerMessage] = []
        frames.withUnsafeBytes { bytes in
            var position = 0
            while let frame = try? decoder.next(from: bytes, at: &position) {
                if let message = try? SupervisorMessage.decode(frame) { replies += answer(message, worker) }
            }
        }
        send(replies, from: worker)
    }

    private func answer(_ message: SupervisorMessage, _ worker: WorkerID) -> [WorkerMessage] {
        switch message {
        case .hello: return [.hello(WorkerHello(worker: "direct"))]
        case .initialize(let initialization): return isStarting ? [] : [.ready(manifest(initialization.deployment))]
        case .predict(let slot, _, let request):
            predictions.append(request)
            let first: [WorkerMessage] = [
                .started(slot: slot), .output(slot: slot, sequence: 1, RawJSON(unchecked: Array("\"first\"".utf8))),
            ]
            if String(decoding: request.input.bytes, as: UTF8.self).contains("\"hold\"") {
                held[request.id] = Held(worker: worker, slot: slot)
                return first
            }
            return first + [.done(slot: slot, sequence: 2, .succeeded, isCollected: true)]
        case .healthCheck:
            healthChecks += 1
            return healthAnswer.map { [.healthResult($0)] } ?? []
        case .cancel(let slot, _):
            guard let id = held.first(where: { $0.value.slot == slot && $0.value.worker == worker })?.key else {
                return []
            }
            held[id] = nil
            return [.done(slot: slot, sequence: 2, .canceled, isCollected: true)]
        default: return []
        }
    }

    private func manifest(_ deployment: String) -> HandlerManifest {
        do {
            return try HandlerManifest(json: Array(manifests[deployment == "first" ? 0 : 1].utf8))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    // MARK: Actions

    private func run() {
        repeat {
            while !engine.actions.isEmpty {
                let actions = engine.actions
                engine.actions = []
                for action in actions { run(action) }
            }
            engine.flush(now: now) { connection, bytes in
                replies[connection]?.stream += bytes
                return .accepted
            }
        } while engine.hasWork
    }

    private func run(_ action: Action) {
        switch action {
        case .respond(let connection, let answer):
            let response = AnswerEncoder.response(to: answer, styles[connection] ?? .cog)
            replies[connection] = Reply(response: response, hasEnded: true)
        case .openStream(let connection, let opening):
            replies[connection] = Reply(response: AnswerEncoder.response(opening: opening))
        case .writeToStream(let connection, let bytes): replies[connection]?.stream += bytes
        case .endStream(let connection), .endStreamLater(let connection, _): replies[connection]?.hasEnded = true
        case .closeConnections: engine.handle(.connectionsClosed, now: now)
        case .spawn(let worker, _): engine.handle(.workerSpawned(worker, processID: 1), now: now)
        case .sendToWorker(let worker, let frames): received(frames, by: worker)
        case .drainLogs(let worker): engine.handle(.logsDrained(worker), now: now)
        case .cutConnection, .spillToWorker, .loadSpill, .pauseReading, .resumeReading, .closeDeathPipe, .signal,
            .release, .sweep, .sample, .announce, .deliver, .removeFile, .startTimer, .cancelTimer, .log,
            .endKeepAlive, .loadConfiguration, .exit:
            break
        }
    }
}
