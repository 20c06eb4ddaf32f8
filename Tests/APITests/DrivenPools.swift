import API
import Engine
import HTTP
import SSE
import TestSupport
import WireProtocol

/// Handler and engine without sockets and processes, whose workers do what a test says and nothing else. Timers fire when
/// a test moves the clock.
final class DrivenPools {
    private var engine: SupervisorEngine
    private var handler: RequestHandler
    private var now: UInt64 = 1_000_000_000
    private var timers: [TimerID: UInt64] = [:]
    private var nextConnection: UInt64 = 1
    private var answers: [ConnectionID: Response] = [:]
    /// The process in each place, by deployment: the last one that was started there.
    private var workers: [String: [Int: WorkerID]] = [:]
    private let names: [String]
    /// Runs that go on until their worker goes: nothing here ends one.
    private(set) var runs: [WorkerID: Int] = [:]

    static let second: UInt64 = 1_000_000_000

    init(_ deployments: [DeploymentSettings], change: (inout EngineSettings) -> Void = { _ in }) {
        names = deployments.map(\.name)
        let (second, large) = (DrivenPools.second, 1 << 20)
        var settings = EngineSettings(
            deployments: deployments,
            streams: StreamSettings(
                history: HistoryLimits(events: 1024, bytes: large), window: LiveWindow(events: 1024, bytes: large)),
            retention: PredictionRegistry.Retention(age: 300 * second, count: 1000, bytes: 64 * large),
            pendingCancellations: PendingCancellations.Limits(count: 1000, age: 60 * second),
            drain: DrainSequence.Times(delay: 5 * second, finish: 300 * second, cancel: 5 * second),
            frameLimit: 64 * large, inlineLimit: large, patience: second, heartbeat: 0, writeTimeout: 30 * second,
            idempotentGrace: 30 * second, attachedGrace: 0, readersPerPrediction: 2, readersInAll: 4,
            spoolDirectory: "/spool")
        change(&settings)
        engine = SupervisorEngine(
            settings: settings, generator: SeededGenerator(seed: 1), now: now, wallOffset: 1_800_000_000_000_000_000)
        handler = RequestHandler(deployments: names, defaultDeployment: 0)
        engine.start(now: now)
        run()
    }

    static func deployment(
        _ name: String = "a", workers: Int = 1, _ change: (inout DeploymentSettings) -> Void = { _ in }
    ) -> DeploymentSettings {
        let large = 1 << 20
        var settings = DeploymentSettings(
            name: name, handler: nil, workers: workers, concurrency: nil, streaming: nil, loadTimeout: 600 * second,
            stopGrace: 10 * second, limits: PredictionLimits(output: large, logs: large, metrics: large))
        change(&settings)
        return settings
    }

    // MARK: Requests

    func get(_ path: String) throws -> (status: Int, text: String) {
        let answer = try request("GET", path)
        guard case .bytes(let bytes) = answer.body else { return (Int(answer.status.code), "") }
        return (Int(answer.status.code), String(decoding: bytes, as: UTF8.self))
    }

    func status(_ path: String) throws -> Int { try get(path).status }

    /// Begins a prediction that does not end by itself. Answers the status.
    @discardableResult
    func predict(_ name: String = "a") throws -> Int {
        let headers = [(name: "content-type", value: "application/json"), (name: "prefer", value: "respond-async")]
        return Int(try request("POST", "/\(name)/predictions", headers: headers, body: "{}").status.code)
    }

    private struct NoAnswer: Error {}

    private func request(
        _ method: String, _ target: String, headers: [(name: String, value: String)] = [], body: String = ""
    ) throws -> Response {
        let request = try Request(
            method == "GET" ? .get : .post, target, headers: headers, body: Array(body.utf8))
        let connection = ConnectionID(rawValue: nextConnection)
        nextConnection += 1
        switch handler.reply(to: request, engine) {
        case .respond(let response): return response
        case .command(let command, let style):
            engine.handle(.command(command, connection), now: now)
            run { answers[$0] = AnswerEncoder.response(to: $1, style) }
            guard let answer = answers[connection] else { throw NoAnswer() }
            return answer
        }
    }

    func command(_ verb: AdminCommand.Verb, _ name: String? = nil) {
        let deployment = name.flatMap(names.firstIndex).map(DeploymentIndex.init)
        let connection = ConnectionID(rawValue: nextConnection)
        nextConnection += 1
        engine.handle(
            .command(.administer(AdminCommand(verb, deployment: deployment, waits: false)), connection), now: now)
        run()
    }

    func terminate() {
        engine.handle(.stopRequested(.terminate), now: now)
        run()
    }

    // MARK: Workers

    /// Whether a process runs in the place.
    func isRunning(_ place: Int, of name: String = "a") -> Bool { workers[name]?[place] != nil }

    func becomeReady(_ place: Int = 0, of name: String = "a", slots: Int = 1) throws {
        let worker = try process(place, name)
        let manifest = try HandlerManifest(
            json: Array(#"{"handlers":[{"name":"run","concurrency":\#(slots),"streaming":true}]}"#.utf8))
        try send([.hello(WorkerHello(worker: "driven"))], from: worker)
        try send([.ready(manifest)], from: worker)
    }

    func exit(_ place: Int = 0, of name: String = "a", _ status: ProcessStatus = .exited(1)) throws {
        let worker = try process(place, name)
        workers[name]?[place] = nil
        engine.handle(.workerExited(worker, WorkerEnding(status)), now: now)
        run()
    }

    private func process(_ place: Int, _ name: String) throws -> WorkerID {
        guard let worker = workers[name]?[place] else { throw NoAnswer() }
        return worker
    }

    private func send(_ messages: [WorkerMessage], from worker: WorkerID) throws {
        var bytes: [UInt8] = []
        for message in messages { try message.encode(into: &bytes) }
        bytes.withUnsafeBytes { engine.receive($0, from: worker, now: now) }
        run()
    }

    // MARK: Time and actions

    /// Lets time pass; timers fire in their order.
    func wait(seconds: Double) {
        let end = now + UInt64(seconds * Double(DrivenPools.second))
        while let next = timers.min(by: { $0.value < $1.value }), next.value <= end {
            timers[next.key] = nil
            now = max(now, next.value)
            engine.handle(.timerFired(next.key), now: now)
            run()
        }
        now = end
    }

    private func run(_ answered: (ConnectionID, Answer) -> Void = { _, _ in }) {
        repeat {
            while !engine.actions.isEmpty {
                let actions = engine.actions
                engine.actions = []
                for action in actions { run(action, answered) }
            }
            engine.flush(now: now) { _, _ in .accepted }
        } while engine.hasWork
    }

    private func run(_ action: Action, _ answered: (ConnectionID, Answer) -> Void) {
        switch action {
        case .respond(let connection, let answer): answered(connection, answer)
        case .spawn(let worker, let plan):
            workers[names[plan.deployment.value], default: [:]][plan.place] = worker
            engine.handle(.workerSpawned(worker, processID: 1), now: now)
        case .drainLogs(let worker): engine.handle(.logsDrained(worker), now: now)
        case .sweep(let worker): engine.handle(.workerSwept(worker, ended: 0), now: now)
        case .startTimer(let timer, let deadline): timers[timer] = deadline
        case .cancelTimer(let timer): timers[timer] = nil
        default: break
        }
    }
}
