import Engine
import SSE
import TestSupport
import Testing
import WireProtocol

/// An engine in a world without sockets, processes and clock: carries its actions out on scripted clients and workers,
/// writes them down, and moves time when the test says so.
final class RecordingRunner {
    var engine: SupervisorEngine
    private(set) var now: UInt64 = 1_000 * second
    /// Everything that the engine wished for so far.
    private(set) var actions: [Action] = []
    private(set) var logs: [LogEntry] = []
    /// What only operators see of it.
    private(set) var operatorLogs: [LogEntry] = []
    private(set) var timers: [TimerID: UInt64] = [:]
    private(set) var exitCode: Int32?
    /// Outgoing requests in their order, those that were settled included.
    private(set) var sent: [(id: DeliveryID, request: DeliveryRequest)] = []
    private(set) var unsettled: [DeliveryID: DeliveryRequest] = [:]
    private(set) var removedFiles: [String] = []
    private(set) var changes: [StateChange] = []
    /// The questions for what workers use.
    private(set) var sampled: [[WorkerID]] = []
    /// In the order of their starts; those that are gone included.
    private(set) var workers: [ScriptedWorker] = []
    private(set) var clients: [UInt64: ScriptedClient] = [:]
    private var nextClient: UInt64 = 1
    /// How often the configuration was to be read again. The test answers.
    private(set) var configurationReads = 0
    /// Clients stay connected while the server closes its connections.
    var holdsConnections = false
    private(set) var isClosingConnections = false
    private(set) var isKeepingAlive = true
    /// After how many nanoseconds streams ended that did not end at once. (Here they do.)
    private(set) var lateEnds: [UInt64] = []
    /// Why the next process cannot be started.
    var spawnFailure: String?
    /// Lets a test do something between a `done` and the logs that are read for it.
    var holdsLogDrains = false
    private var heldLogDrains: [WorkerID] = []
    /// Lets a test do something between the end of a worker and that of what it has left behind.
    var holdsSweeps = false
    private(set) var heldSweeps: [WorkerID] = []
    private var resumed: [ScriptedWorker] = []

    static let wallOffset: UInt64 = 1_800_000_000 * second

    init(_ settings: EngineSettings = .testing(), seed: UInt64 = 1) {
        engine = SupervisorEngine(
            settings: settings, generator: SeededGenerator(seed: seed), now: now, wallOffset: Self.wallOffset)
        engine.start(now: now)
        settle()
    }

    /// One whose workers are ready.
    static func ready(
        _ settings: EngineSettings = .testing(), streaming: Bool = true, concurrency: Int = 1,
        capabilities: [String] = [Capability.spill]
    ) -> RecordingRunner {
        let runner = RecordingRunner(settings)
        // Some are started only when others are ready.
        var next = 0
        while next < runner.workers.count {
            runner.becomeReady(
                runner.workers[next], streaming: streaming, concurrency: concurrency, capabilities: capabilities)
            next += 1
        }
        return runner
    }

    /// The worker that was started last.
    var worker: ScriptedWorker { workers[workers.count - 1] }
    var deployment: Deployment { engine.deployments[0] }

    // MARK: Turns

    func send(_ event: Event) {
        engine.handle(event, now: now)
        settle()
    }

    /// Several facts in one turn, before any action is carried out.
    func sendTogether(_ events: [Event]) {
        for event in events { engine.handle(event, now: now) }
        settle()
    }

    /// The end of a turn: actions and streams leave, until there is nothing more to do.
    func settle() {
        repeat {
            while !engine.actions.isEmpty {
                let batch = engine.actions
                engine.actions = []
                actions += batch
                for action in batch { carryOut(action) }
            }
            engine.flush(now: now) { connection, bytes in
                self.clients[connection.rawValue]?.deliver(Array(bytes)) ?? .accepted
            }
            readOn()
        } while engine.hasWork
    }

    private func readOn() {
        let ready = resumed
        resumed = []
        for worker in ready where !worker.isPaused {
            let bytes = worker.unread
            worker.unread = []
            receive(bytes, from: worker)
        }
    }

    /// Moves the clock, and fires what is due on the way, in order.
    func advance(_ nanoseconds: UInt64) {
        let end = now + nanoseconds
        while let due = timers.filter({ $0.value <= end }).min(by: { $0.value < $1.value }) {
            now = max(now, due.value)
            fire(due.key)
        }
        now = end
    }

    /// Nothing of the supervisor runs for a while; what was due in it happens afterwards.
    func skip(_ nanoseconds: UInt64) { now += nanoseconds }

    func fire(_ timer: TimerID) {
        timers[timer] = nil
        send(.timerFired(timer))
    }

    // MARK: Actions

    private func carryOut(_ action: Action) {
        switch action {
        case .respond(let id, let answer): clients[id.rawValue]?.answered(answer)
        case .openStream(let id, let opening): clients[id.rawValue]?.opened(opening)
        case .writeToStream(let id, let bytes):
            if clients[id.rawValue]?.deliver(bytes) == .blocked { engine.readerBlocked(id, now: now) }
        case .endStream(let id): clients[id.rawValue]?.ended()
        case .endStreamLater(let id, let delay):
            lateEnds.append(delay)
            clients[id.rawValue]?.ended()
        case .endKeepAlive: isKeepingAlive = false
        case .loadConfiguration: configurationReads += 1
        case .closeConnections:
            isClosingConnections = true
            if !holdsConnections { engine.handle(.connectionsClosed, now: now) }
        case .cutConnection(let id):
            clients[id.rawValue]?.cut()
            engine.handle(.connectionClosed(id), now: now)
        case .startTimer(let timer, let deadline): timers[timer] = deadline
        case .cancelTimer(let timer): timers[timer] = nil
        case .log(let entry) where entry.isForOperatorsOnly: operatorLogs.append(entry)
        case .log(let entry): logs.append(entry)
        case .exit(let code): exitCode = code
        case .deliver(let id, let request):
            sent.append((id, request))
            unsettled[id] = request
        case .removeFile(let path): removedFiles.append(path)
        case .announce(let change): changes.append(change)
        case .spawn(let id, let plan): spawn(id, plan)
        default: carryOutOnWorker(action)
        }
    }

    private func carryOutOnWorker(_ action: Action) {
        switch action {
        case .sendToWorker(let id, let frames): find(id)?.receive(frames)
        case .spillToWorker(let id, let slot, let run, let payload):
            find(id)?.receive(spilled: payload, slot: slot, run: run)
        case .loadSpill(let id, let path, let size, let limit): find(id)?.wantedFile = (path, size, limit)
        case .drainLogs(let id):
            if holdsLogDrains { heldLogDrains.append(id) } else { drainLogs(id) }
        case .pauseReading(let id): find(id)?.isPaused = true
        case .resumeReading(let id):
            guard let worker = find(id) else { return }
            worker.isPaused = false
            resumed.append(worker)
        case .closeDeathPipe(let id): find(id)?.isDeathPipeClosed = true
        case .signal(let id, let signal): find(id)?.signals.append(signal)
        case .sweep(let id):
            if holdsSweeps { heldSweeps.append(id) } else { engine.handle(.workerSwept(id, ended: 0), now: now) }
        case .sample(let ids): sampled.append(ids)
        case .release(let id): find(id)?.isReleased = true
        default: Issue.record("an action that nobody carries out: \(action)")
        }
    }

    func find(_ id: WorkerID) -> ScriptedWorker? { workers.first { $0.id == id } }

    private func spawn(_ id: WorkerID, _ plan: SpawnPlan) {
        if let reason = spawnFailure { return engine.handle(.workerSpawnFailed(id, reason: reason), now: now) }
        workers.append(ScriptedWorker(id, plan))
        engine.handle(.workerSpawned(id, processID: Int32(100 + workers.count)), now: now)
    }

    private func drainLogs(_ id: WorkerID) {
        readLogs(id)
        engine.handle(.logsDrained(id), now: now)
    }

    private func readLogs(_ id: WorkerID) {
        guard let worker = find(id) else { return }
        let printed = worker.unreadLogs
        worker.unreadLogs = []
        for (source, bytes) in printed { engine.handle(.workerLogged(id, source, bytes), now: now) }
    }

    /// Lets go what `holdsLogDrains` held.
    func releaseLogDrains() {
        holdsLogDrains = false
        let held = heldLogDrains
        heldLogDrains = []
        for id in held { drainLogs(id) }
        settle()
    }

    /// Lets go what `holdsSweeps` held.
    func releaseSweeps(ended: Int = 0) {
        holdsSweeps = false
        let held = heldSweeps
        heldSweeps = []
        for id in held { engine.handle(.workerSwept(id, ended: ended), now: now) }
        settle()
    }

    /// Lets one go that `holdsSweeps` holds, by its number in `heldSweeps`.
    func releaseSweep(_ number: Int, ended: Int = 0) {
        send(.workerSwept(heldSweeps.remove(at: number), ended: ended))
    }

    /// The usual waits before a restart are over.
    func waitForRestart() { advance(second / 2) }

    /// The living worker in a place that was started last.
    func worker(at place: Int, of deployment: Int = 0) -> ScriptedWorker? {
        workers.last { $0.plan.place == place && $0.plan.deployment.value == deployment && !$0.isReleased }
    }

    /// How often the server as a whole has said that it is in that state.
    func announced(_ state: String) -> Int {
        actions.count {
            if case .announce(let change) = $0 { change.deployment.isEmpty && change.to == state } else { false }
        }
    }

    // MARK: Workers

    /// Takes the worker through hello and set-up.
    func becomeReady(
        _ worker: ScriptedWorker, streaming: Bool = true, concurrency: Int = 1,
        capabilities: [String] = [Capability.spill]
    ) {
        say(worker, .hello(WorkerHello(worker: "scripted/1", capabilities: capabilities)))
        say(worker, .ready(Self.manifest(streaming: streaming, concurrency: concurrency)))
    }

    static func manifest(_ name: String = "run", streaming: Bool = true, concurrency: Int = 1) -> HandlerManifest {
        HandlerManifest(handlers: [HandlerDescriptor(name: name, streaming: streaming, concurrency: concurrency)])
    }

    /// Legal frames, in one read.
    func say(_ worker: ScriptedWorker, _ messages: WorkerMessage...) {
        write(worker, messages.flatMap { worker.frame($0) })
    }

    /// Any bytes, in one read.
    func write(_ worker: ScriptedWorker, _ bytes: [UInt8]) {
        if worker.isPaused {
            worker.unread += bytes
        } else {
            receive(bytes, from: worker)
        }
        settle()
    }

    private func receive(_ bytes: [UInt8], from worker: ScriptedWorker) {
        bytes.withUnsafeBytes { engine.receive($0, from: worker.id, now: now) }
    }

    /// Prints; it is read in the same turn.
    func print(_ worker: ScriptedWorker, _ text: String, _ source: LogSource = .standardOutput) {
        send(.workerLogged(worker.id, source, Array(text.utf8)))
    }

    /// The process ends; what it had written is read first.
    func exit(_ worker: ScriptedWorker, _ reason: ProcessStatus = .signaled(9), wasOutOfMemory: Bool = false) {
        let lastWords = worker.unread
        worker.unread = []
        receive(lastWords, from: worker)
        readLogs(worker.id)
        let ending = WorkerEnding(reason, wasOutOfMemory: wasOutOfMemory)
        engine.handle(.workerExited(worker.id, ending), now: now)
        settle()
    }

    // MARK: Outgoing requests

    /// What became of a request, by its number in `sent`; by default of the latest.
    func settle(_ result: DeliveryResult, _ number: Int? = nil) {
        let number = number ?? sent.count - 1
        guard sent.indices.contains(number) else {
            Issue.record("nothing was sent that could be answered")
            return
        }
        unsettled[sent[number].id] = nil
        send(.delivered(sent[number].id, result))
    }

    func answer(_ number: Int? = nil, status: Int = 200, location: String? = nil) {
        let url = sent.last?.request.url ?? ""
        settle(.answered(DeliveryAnswer(status: status, url: url, location: location)), number)
    }

    /// The document of a request.
    func notice(_ number: Int? = nil) -> JSONValue? {
        let number = number ?? sent.count - 1
        guard sent.indices.contains(number), case .bytes(let body) = sent[number].request.body else { return nil }
        return try? JSONValue.parse(body)
    }

    // MARK: Clients

    func connect(room: Int? = nil) -> ScriptedClient {
        let client = ScriptedClient(ConnectionID(rawValue: nextClient), room: room)
        clients[nextClient] = client
        nextClient += 1
        return client
    }

    @discardableResult
    func perform(_ command: Command, room: Int? = nil) -> ScriptedClient {
        let client = connect(room: room)
        send(.command(command, client.id))
        return client
    }

    @discardableResult
    func create(
        _ id: String?, _ form: AnswerForm = .stream(.cog), input: String? = nil, put: Bool = false, deployment: Int = 0,
        room: Int? = nil
    ) -> ScriptedClient {
        perform(.create(Self.request(id, form, input: input, put: put, deployment: deployment)), room: room)
    }

    static func request(
        _ id: String?, _ form: AnswerForm = .stream(.cog), input: String? = nil, put: Bool = false, deployment: Int = 0
    ) -> CreatePrediction {
        CreatePrediction(
            id: id.flatMap { PredictionID($0) }, deployment: DeploymentIndex(deployment),
            input: input.map { Array($0.utf8) }, context: nil, form: form, isIdempotent: put)
    }

    func subscribe(_ id: String, _ request: StreamRequest = .events, room: Int? = nil) -> ScriptedClient {
        perform(.subscribe(Self.id(id), request), room: room)
    }

    func cancel(_ id: String) -> Answer? { perform(.cancel(Self.id(id))).answer }

    func read(_ id: String) -> JSONValue? { perform(.read(Self.id(id))).document }

    /// A request with a known id, which the API turns into this.
    func join(_ id: String, _ form: AnswerForm, room: Int? = nil) -> ScriptedClient? {
        switch engine.admission(of: Self.id(id)) {
        case .isNew: nil
        case .joinsRunning(let key), .mayRepeat(let key, _, _): perform(.join(key, form), room: room)
        }
    }

    func disconnect(_ client: ScriptedClient) {
        clients[client.id.rawValue] = nil
        send(.connectionClosed(client.id))
    }

    /// The client reads again: so many bytes, or everything from now on.
    func drain(_ client: ScriptedClient, room: Int? = nil) {
        client.room = room
        guard client.drain() else { return }
        send(.connectionDrained(client.id))
    }

    /// The client takes all that its connection holds, and then its socket is full again.
    func drainOnce(_ client: ScriptedClient) {
        client.room = nil
        _ = client.drain()
        client.room = 0
        send(.connectionDrained(client.id))
    }

    static func id(_ text: String) -> PredictionID {
        guard let id = PredictionID(text) else { preconditionFailure("the tests' ids are short") }
        return id
    }
}
