import API
import Engine
import EventLoop
import HTTP
import SSE
import WireProtocol

/// Loop, engine, listeners, connections and workers: starts them, joins them, and ends them in order.
///
/// Everything happens on one loop. Within a turn, what sockets and pipes bring goes into the engine; at its end the
/// engine's wishes are carried out, and then what was appended to streams leaves, one write for each reader.
package final class Server {
    /// One read of a pipe or socket. Large, because a burst of frames that is read at once is also written at once.
    private static let readBufferSize = 256 * 1024
    /// How long (nanoseconds) the end waits for clients to take what is queued for them.
    static let flushPatience: UInt64 = 2_000_000_000

    let loop: Loop
    let httpLimits: HTTPLimits
    let readBuffer: UnsafeMutableRawBufferPointer
    let settings: ServerSettings

    // The engine and the scratch buffers are touched by every event; their accesses never overlap, since the engine
    // calls nothing back but `deliver`, which touches neither.
    @exclusivity(unchecked) var engine: SupervisorEngine
    @exclusivity(unchecked) private var scratch: [UInt8] = []
    /// The actions in hand; their memory and that of the engine's list change places from turn to turn.
    private var batch: [Action] = []
    var handler: RequestHandler
    let adminHandler: AdminHandler
    @exclusivity(unchecked) var stateFeed: Feed
    @exclusivity(unchecked) var logFeed: Feed
    var feedTimer: TimerToken?
    /// Who asked for the status, of all or of one deployment, and waits for the look at the workers.
    var waitingForStatus: [(connection: ConnectionID, deployment: String?)] = []
    var statusTimer: TimerToken?
    private var date = HTTPDate()
    private var dateSecond: UInt64 = 0

    var connections = ConnectionTable()
    /// How many of the connections came through each kind of listener.
    private var connectionCounts: [Realm: Int] = [:]
    private var laterReads: [ClientConnection] = []
    private var laterCloses: [ClientConnection] = []
    var workers: [WorkerID: WorkerProcess] = [:]
    /// Those whose remains were not asked for yet.
    var lives: [WorkerID: ProcessLife] = [:]
    private(set) var custody: ProcessCustody!
    private var timers: [TimerID: TimerToken] = [:]
    var listeners: [Listener] = []
    var controlListeners: ControlListeners
    /// Where clients reach it, as people write it.
    let publicAddresses: [String]
    private var signals: SignalSource?
    let files: BackgroundQueue
    private let logWriter: LogWriter
    var state: StateDirectory
    /// How the workers of each deployment are started: by its number, and by the version of its configuration.
    var specifications: [[ServerSettings.Deployment]]
    /// Reads the configuration again, as the server was told to read it at its start.
    let readConfiguration: @Sendable () -> ConfigurationLoader.Outcome
    private var readinessFile: ReadinessFile?
    /// Tells the service manager that has started the server; nil: none has.
    private var notifier: ServiceNotifier?
    /// What it was told last to be the case: it is told of a change at once.
    private var notified: (isReady: Bool, isReloading: Bool, phase: DrainSequence.Phase) = (false, false, .serving)
    var exitCode: Int32?
    /// False: every answer is the last on its connection.
    var isKeepingAlive = true
    /// While the last connections are being closed: cuts off what is left of them.
    var closing: TimerToken?
    /// Made with the first request that it is to send.
    var delivery: DeliveryProcess?
    private var spillNumber: UInt64 = 0

    package init(
        settings: ServerSettings, loop: Loop, listeners: [Listener], control: ControlListeners,
        state: consuming StateDirectory, log: LogWriter,
        readConfiguration: @escaping @Sendable () -> ConfigurationLoader.Outcome
    ) throws(SystemError) {
        self.settings = settings
        self.readConfiguration = readConfiguration
        specifications = settings.deployments.map { [$0] }
        self.loop = loop
        self.listeners = listeners
        publicAddresses = listeners.map { Server.text(of: $0.address) }
        controlListeners = control
        adminHandler = AdminHandler(token: control.token)
        var random = SystemRandom()
        stateFeed = Feed(
            eventName: StateChangeDocument.eventName, limits: Server.stateHistory, generator: &random)
        logFeed = Feed(eventName: "log", limits: Server.logHistory, generator: &random)
        logWriter = log
        httpLimits = settings.http
        files = try BackgroundQueue(on: loop)
        readBuffer = .allocate(byteCount: Server.readBufferSize, alignment: 4096)
        let now = loop.now
        engine = SupervisorEngine(
            settings: settings.engine(
                spool: state.spool, isReachable: !listeners.allSatisfy(\.address.isLoopback)),
            generator: SystemRandom(), now: now,
            wallOffset: WallClock.offset())
        self.state = state
        readinessFile = settings.readinessFile.map(ReadinessFile.init(path:))
        handler = RequestHandler(
            deployments: settings.deployments.map(\.settings.name), defaultDeployment: settings.defaultDeployment,
            webhookRefusal: settings.deliveryAgent.problem)
        custody = try ProcessCustody(
            settings.custody, on: loop, environment: settings.environment, log: { [unowned self] in self.log($0) })
    }

    deinit {
        readBuffer.deallocate()
    }

    /// Serves until it is told to stop. Answers the exit code.
    package func run() throws(SystemError) -> Int32 {
        signals = try SignalSource(
            on: loop, for: [.terminate, .interrupt, .hangUp, .user1, .user2, .child]
        ) { [unowned self] in
            received($0)
        }
        try custody.start()
        for (listener, realm) in listeners.map({ ($0, Realm.public) }) + controlListeners.all {
            try listener.start(
                accepted: { [unowned self] in accepted($0, realm) },
                failed: { [unowned self] in log(LogEntry(.error, "a connection could not be accepted: \($0)")) })
        }
        engine.start(now: loop.now)
        notifier = ServiceNotifier(
            environment: settings.processEnvironment, loop: loop, log: { [unowned self] in log($0) },
            condition: { [unowned self] in condition })
        notifier?.update()
        loop.endOfTurn = { [unowned self] in endOfTurn() }
        endOfTurn()
        try loop.run()
        custody.end()
        state.remove()
        logWriter.flush()
        return exitCode ?? 0
    }

    private func received(_ signal: ProcessSignal) {
        if signal == .child { return custody.childEnded() }
        // Their default would end the server. They are not passed on either: that would end workers that have no
        // handler for them.
        if signal == .user1 || signal == .user2 {
            return log(LogEntry(.info, "\(signal) means nothing to the server, and workers do not get it"))
        }
        if signal == .hangUp { return engineHandle(.reloadRequested) }
        if signal == .terminate, settings.ignoresTermination {
            return log(LogEntry(.info, "SIGTERM is ignored: only SIGINT and POST /shutdown end the server"))
        }
        engineHandle(.stopRequested(signal == .terminate ? .terminate : .interrupt))
    }

    // MARK: A turn

    func engineHandle(_ event: Event) {
        engine.handle(event, now: loop.now)
    }

    /// Passes on what was read into `readBuffer`.
    @inline(__always)
    func engineReceive(_ count: Int, from worker: WorkerID) {
        engine.receive(UnsafeRawBufferPointer(rebasing: readBuffer[..<count]), from: worker, now: loop.now)
    }

    private func endOfTurn() {
        repeat {
            runActions()
            engine.flush(now: loop.now) { connection, bytes in
                connections[connection]?.deliver(bytes) ?? .accepted
            }
            flushFeeds()
            for connection in laterCloses { connection.close() }
            laterCloses.removeAll(keepingCapacity: true)
        } while engine.hasWork
        if readinessFile != nil { updateReadinessFile() }
        if notifier != nil { notify() }
        if !laterReads.isEmpty { readOn() }
        custody.reapStrays()
        if exitCode != nil, connections.isEmpty { loop.stop() }
    }

    private func updateReadinessFile() {
        if let warning = readinessFile?.update(isReady: engine.isReady) { log(LogEntry(.warning, warning)) }
    }

    private func notify() {
        let current = (isReady: engine.isReady, isReloading: engine.isReloading, phase: engine.drain.phase)
        guard current != notified else { return }
        notified = current
        notifier?.update()
    }

    /// Sockets that had more than their share are read on in the next turn.
    private func readOn() {
        let waiting = laterReads
        laterReads = []
        loop.mailbox.post { [bound = LoopBound(waiting, on: loop)] in
            for connection in bound.value { connection.readMore() }
        }
    }

    func readLater(_ connection: ClientConnection) {
        laterReads.append(connection)
    }

    func closeLater(_ connection: ClientConnection) {
        laterCloses.append(connection)
    }

    func log(_ entry: LogEntry) {
        guard entry.isForOperatorsOnly || logWriter.takes(entry.level) else { return }
        let wall = loop.now + engine.wallOffset
        let record = LogRecord.json(entry, wall: wall)
        if !entry.isForOperatorsOnly { logWriter.write(entry, record: record, wall: wall) }
        keep(record, of: entry, wall)
    }

    // MARK: Connections

    private func accepted(_ descriptor: consuming FileDescriptor, _ realm: Realm) {
        guard exitCode == nil, hasRoom(in: realm) else {
            // An operator's program says by itself that it was not let in.
            if realm == .public { refuse(descriptor) }
            return
        }
        let connection = connections.insert(descriptor) { id, descriptor in
            ClientConnection(descriptor, id: id, realm: realm, limits: limits(of: realm), server: self)
        }
        connectionCounts[realm, default: 0] += 1
        if !isKeepingAlive, realm == .public { connection.endKeepAlive() }
        do throws(SystemError) {
            try connection.start()
        } catch {
            log(LogEntry(.error, "a connection could not be watched: \(error)"))
            connection.close()
        }
    }

    /// Connections of clients.
    var clientCount: Int { connectionCounts[.public, default: 0] }

    private func hasRoom(in realm: Realm) -> Bool {
        let limit = realm == .public ? settings.connectionLimit : Server.operatorConnectionLimit
        return connectionCounts[realm, default: 0] < limit
    }

    private func limits(of realm: Realm) -> HTTPLimits {
        var limits = httpLimits
        if realm != .public { limits.bodyBytes = Server.operatorBodyLimit }
        return limits
    }

    static func text(of address: SocketAddress) -> String {
        address.port == nil ? address.description : "http://\(address.description)"
    }

    /// Says that there are too many connections, without becoming one more.
    private func refuse(_ descriptor: consuming FileDescriptor) {
        let answer: StaticString =
            """
            HTTP/1.1 503 Service Unavailable\r
            content-type: application/json\r
            content-length: 87\r
            retry-after: 1\r
            connection: close\r
            \r
            {"error":"The server has too many connections (limits.connections).","status":"failed"}
            """
        let bytes = UnsafeRawBufferPointer(start: answer.utf8Start, count: answer.utf8CodeUnitCount)
        _ = Transfer.write(descriptor.raw, bytes)
    }

    func closed(_ connection: ClientConnection) {
        connections.remove(connection.id)
        connectionCounts[connection.realm, default: 1] -= 1
        if connection.realm != .public { operatorLeft(connection.id) }
        engineHandle(.connectionClosed(connection.id))
        if clientCount == 0, closing != nil { connectionsAreClosed() }
    }

    /// Its socket has taken all that was queued for its stream.
    func drained(_ connection: ClientConnection) {
        if connection.realm == .public {
            engineHandle(.connectionDrained(connection.id))
        } else {
            operatorDrained(connection.id)
        }
    }

    func received(_ request: Request, from connection: ClientConnection) {
        if connection.realm != .public { return receivedFromOperator(request, from: connection) }
        let reply = handler.reply(to: request, engine)
        for warning in handler.takeWarnings() { log(warning) }
        switch reply {
        case .respond(let response): connection.respond(response)
        case .command(let command, let style):
            connection.style = style
            engineHandle(.command(command, connection.id))
        }
    }

    /// Encodes the head, and the body if there is one, into memory that is used again for the next response.
    func encode(_ response: Response, _ framing: ResponseFraming, _ use: (UnsafeRawBufferPointer) -> Void) {
        updateDate()
        scratch.removeAll(keepingCapacity: true)
        ResponseEncoder.append(response, framing, date: date.bytes, to: &scratch)
        scratch.withUnsafeBytes(use)
        if scratch.capacity > Server.readBufferSize { scratch = [] }
    }

    private func updateDate() {
        let second = (loop.now + engine.wallOffset) / 1_000_000_000
        guard second != dateSecond else { return }
        // Once a second is also often enough to follow a wall clock that was set.
        engine.wallOffset = WallClock.offset()
        dateSecond = (loop.now + engine.wallOffset) / 1_000_000_000
        date.update(secondsSinceEpoch: Int64(dateSecond))
    }
}

// MARK: - Actions

extension Server {
    private func runActions() {
        while !engine.actions.isEmpty {
            swap(&batch, &engine.actions)
            for action in batch { run(action) }
            batch.removeAll(keepingCapacity: true)
        }
    }

    private func run(_ action: Action) {
        switch action {
        case .respond(let id, let answer):
            guard let connection = connections[id] else { return }
            connection.respond(AnswerEncoder.response(to: answer, connection.style))
        case .openStream(let id, let opening):
            connections[id]?.openStream(AnswerEncoder.response(opening: opening))
        case .writeToStream(let id, let bytes):
            let delivery = bytes.withUnsafeBytes { connections[id]?.deliver($0) }
            if delivery == .blocked { engine.readerBlocked(id, now: loop.now) }
        case .endStream(let id): connections[id]?.endStream()
        case .endStreamLater(let id, let delay):
            loop.schedule(after: delay) { [unowned self] in connections[id]?.endStream() }
        case .cutConnection(let id): connections[id]?.close()
        case .spawn(let worker, let plan): spawn(worker, plan)
        case .sendToWorker(let worker, let frames): workers[worker]?.send(frames)
        case .spillToWorker(let worker, let slot, let run, let payload): spill(payload, worker, slot: slot, run: run)
        case .loadSpill(let worker, let path, let size, let limit): load(path, size: size, limit: limit, for: worker)
        case .drainLogs(let worker):
            workers[worker]?.drainLogs()
            engineHandle(.logsDrained(worker))
        case .pauseReading(let worker): workers[worker]?.pauseReading()
        case .resumeReading(let worker): workers[worker]?.resumeReading()
        case .closeDeathPipe(let worker): workers[worker]?.closeDeathPipe()
        case .signal(let worker, let signal): workers[worker]?.signal(signal)
        case .sweep(let worker): sweep(worker)
        case .sample(let workers): sample(workers)
        case .announce(let change): announce(change)
        case .release(let worker): release(worker)
        case .deliver(let id, let request): deliver(request, id)
        case .removeFile(let path): removeFile(path)
        case .startTimer(let timer, let deadline): startTimer(timer, at: deadline)
        case .cancelTimer(let timer):
            if let token = timers.removeValue(forKey: timer) { loop.cancel(token) }
        case .log(let entry): log(entry)
        case .endKeepAlive: endKeepAlive()
        case .closeConnections(let time): closeConnections(within: time)
        case .loadConfiguration: loadConfiguration()
        case .exit(let code): end(code)
        }
    }

    private func startTimer(_ timer: TimerID, at deadline: UInt64) {
        if let token = timers[timer], loop.reschedule(token, at: deadline) { return }
        timers[timer] = loop.schedule(at: deadline) { [unowned self] in
            timers[timer] = nil
            engineHandle(.timerFired(timer))
        }
    }

    private func spawn(_ worker: WorkerID, _ plan: SpawnPlan) {
        let wanted = specifications[plan.deployment.value][plan.generation]
        var request = SpawnRequest(
            arguments: wanted.command(place: plan.place), environment: wanted.environment(place: plan.place),
            workingDirectory: wanted.workingDirectory,
            ignoredSignals: settings.ignoresTermination ? [.terminate] : [])
        if let problem = wanted.optionsProblem {
            return engineHandle(.workerSpawnFailed(worker, reason: problem))
        }
        request.options = wanted.options
        let life = custody.beginLife()
        do throws(SystemError) {
            let process = WorkerProcess(try custody.spawn(request, life), id: worker, owner: self)
            workers[worker] = process
            lives[worker] = life
            try process.start()
            engineHandle(.workerSpawned(worker, processID: process.processID))
        } catch {
            if let process = workers[worker] { process.signal(.kill) }
            engineHandle(.workerSpawnFailed(worker, reason: "\(error)"))
        }
    }

    // MARK: Payloads in files

    private func spill(_ payload: [UInt8], _ worker: WorkerID, slot: UInt16, run: UInt64) {
        guard let process = workers[worker] else { return }
        spillNumber += 1
        let path = "\(state.spool)/input-\(spillNumber)"
        process.spillBegan()
        files.run(
            { () -> SystemError? in
                do throws(SystemError) {
                    try Files.write(payload, to: path)
                    return nil
                } catch {
                    return error
                }
            },
            deliver: { [weak self, weak process] error in
                guard let process else { return Files.remove(path) }
                if let error { self?.log(LogEntry(.error, "an input could not be written for its worker: \(error)")) }
                // A worker that finds no file fails the run with the reason; nothing is silently lost.
                var frame: [UInt8] = []
                let message = SupervisorMessage.spilledPredict(
                    slot: slot, run: run, SpillFile(path: path, size: payload.count))
                do throws(ProtocolError) {
                    try message.encode(into: &frame)
                } catch {
                    preconditionFailure("a path and a number fit into a frame")
                }
                process.spillEnded(frame)
            })
    }

    private func load(_ path: String, size: Int?, limit: Int, for worker: WorkerID) {
        guard let name = SpoolPath.fileName(of: path, in: state.spool) else {
            return engineHandle(.spillFailed(worker, reason: "it is not in the spool directory"))
        }
        let file = "\(state.spool)/\(name)"
        files.run(
            { () -> Result<[UInt8], SystemError> in
                defer { Files.remove(file) }
                do throws(SystemError) {
                    return .success(try Files.read(file, limit: limit))
                } catch {
                    return .failure(error)
                }
            },
            deliver: { [weak self] result in
                switch result {
                case .success(let bytes):
                    if let size, size != bytes.count {
                        let reason = "it has \(bytes.count) bytes instead of \(size)"
                        self?.engineHandle(.spillFailed(worker, reason: reason))
                    } else {
                        self?.engineHandle(.spillLoaded(worker, bytes))
                    }
                case .failure(let error) where error.isTooLarge: self?.engineHandle(.spillTooLarge(worker))
                case .failure(let error): self?.engineHandle(.spillFailed(worker, reason: error.reason))
                }
            })
    }

    private func removeFile(_ path: String) {
        guard let name = SpoolPath.fileName(of: path, in: state.spool) else { return }
        let file = "\(state.spool)/\(name)"
        files.run({ Files.remove(file) }, deliver: { _ in })
    }

    // MARK: Outgoing requests

    private func deliver(_ request: DeliveryRequest, _ id: DeliveryID) {
        guard case .found(let path) = settings.deliveryAgent else {
            return engineHandle(.delivered(id, .agentLost(settings.deliveryAgent.problem ?? "")))
        }
        if case .file(let file) = request.body, SpoolPath.fileName(of: file, in: state.spool) == nil {
            return engineHandle(.delivered(id, .unreachable("the file is not in the spool directory")))
        }
        let agent = delivery ?? makeDelivery(path)
        delivery = agent
        agent.send(id, request)
    }

    private func makeDelivery(_ path: String) -> DeliveryProcess {
        let limits = settings.configuration.limits
        return DeliveryProcess(
            DeliveryProcess.Settings(
                path: path, environment: settings.environment, frameLimit: limits.frame,
                inlineLimit: limits.inlinePayload, spool: state.spool),
            loop: loop, files: files, custody: custody, readBuffer: readBuffer, log: { [unowned self] in log($0) },
            settle: { [unowned self] in engineHandle(.delivered($0, $1)) })
    }
}
