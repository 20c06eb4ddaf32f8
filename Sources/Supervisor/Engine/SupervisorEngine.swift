import SSE
import WireProtocol

/// Everything that decisions of the engine depend on, apart from what happens.
package struct EngineSettings: Sendable {
    package var deployments: [DeploymentSettings]
    package var streams: StreamSettings
    package var retention: PredictionRegistry.Retention
    package var pendingCancellations: PendingCancellations.Limits
    package var drain: DrainSequence.Times
    /// Largest payload of one frame, in bytes.
    package var frameLimit: Int
    /// Payloads above this many bytes may go by file.
    package var inlineLimit: Int
    /// Nanoseconds in all that a worker may be held back for the readers of one prediction; 0: never.
    package var patience: UInt64
    /// Nanoseconds of silence on a stream before a heartbeat; 0: none.
    package var heartbeat: UInt64
    /// Nanoseconds for which a reader's socket may be full.
    package var writeTimeout: UInt64
    /// Nanoseconds after the last reader of a stream left before its prediction is cancelled: started with PUT, and with
    /// POST.
    package var idempotentGrace: UInt64
    package var attachedGrace: UInt64
    package var readersPerPrediction: Int
    package var readersInAll: Int
    /// How many workers may load at a time.
    package var loads = LoadLimits()
    /// Where payloads go that are too large for a pipe; absolute.
    package var spoolDirectory: String
    /// What leaves by HTTP.
    package var delivery = DeliverySettings()

    package init(
        deployments: [DeploymentSettings], streams: StreamSettings, retention: PredictionRegistry.Retention,
        pendingCancellations: PendingCancellations.Limits, drain: DrainSequence.Times, frameLimit: Int,
        inlineLimit: Int, patience: UInt64, heartbeat: UInt64, writeTimeout: UInt64, idempotentGrace: UInt64,
        attachedGrace: UInt64, readersPerPrediction: Int, readersInAll: Int, spoolDirectory: String
    ) {
        self.deployments = deployments
        self.streams = streams
        self.retention = retention
        self.pendingCancellations = pendingCancellations
        self.drain = drain
        self.frameLimit = frameLimit
        self.inlineLimit = inlineLimit
        self.patience = patience
        self.heartbeat = heartbeat
        self.writeTimeout = writeTimeout
        self.idempotentGrace = idempotentGrace
        self.attachedGrace = attachedGrace
        self.readersPerPrediction = readersPerPrediction
        self.readersInAll = readersInAll
        self.spoolDirectory = spoolDirectory
    }
}

/// The whole supervisor but its input and output: facts in, wishes out, time as a parameter.
///
/// `handle` takes an `Event`; `receive` takes the bytes of a worker's frames, which is the same kind of thing, kept apart
/// because nearly all that ever happens comes in there. Both append to `actions`, which the owner carries out in order and
/// empties. At the end of a turn the owner calls `flush`, with which all that was appended to streams leaves.
///
/// Lives on one loop; not thread-safe.
package struct SupervisorEngine: ~Copyable {
    let settings: EngineSettings
    package internal(set) var deployments: [Deployment]
    var workers = Slab<WorkerRecord>()
    var predictions: PredictionRegistry
    var pending: PendingCancellations
    package internal(set) var drain: DrainSequence
    /// While all that runs is being cancelled: when the streams end.
    var departures: DepartureSpread?
    var loadGate: LoadGate
    /// A timer runs for the end of somebody's turn to load.
    var isTakingTurns = false
    /// The configuration is being read again, or takes effect.
    var reload: ReloadRun?
    /// What operators wait for.
    var operations: [AdminOperation] = []
    var deliveries = DeliveryQueue()
    /// Predictions whose webhooks have not been told everything.
    var webhooks: Set<PredictionKey> = []
    var generator: any RandomNumberGenerator

    /// What each connection that the engine knows is there for.
    var connections: [ConnectionID: Role] = [:]
    /// Open streams.
    package internal(set) var readerCount = 0
    /// Predictions whose streams have something new.
    var dirty: [PredictionKey] = []
    /// Predictions that have readers, for the tick.
    var streaming: Set<PredictionKey> = []
    var isTicking = false
    var isExpiring = false
    var isForgettingCancellations = false
    /// Every required deployment has served once, though not all at a time.
    package internal(set) var hasStarted = false
    /// With what the process will end.
    var exitCode: Int32 = 0

    /// Monotonic time of the event in hand, and what to add to it for nanoseconds since 1970.
    var now: UInt64 = 0
    let startedAt: UInt64
    package var wallOffset: UInt64 = 0
    package var actions: [Action] = []

    enum Role: Equatable {
        case waiting(PredictionKey)
        case reading(PredictionKey, StreamRequest)
        /// It waits for a deployment's health.
        case asking(DeploymentIndex)
        /// It waits until what it wished for as an operator is done.
        case administering
    }

    /// - Parameter wallOffset: nanoseconds to add to the monotonic time for nanoseconds since 1970.
    package init(
        settings: EngineSettings, generator: any RandomNumberGenerator, now: UInt64, wallOffset: UInt64
    ) {
        self.settings = settings
        self.generator = generator
        self.now = now
        startedAt = now
        self.wallOffset = wallOffset
        deployments = settings.deployments.map { Deployment(settings: $0, now: now, wall: now + wallOffset) }
        loadGate = LoadGate(limits: settings.loads)
        predictions = PredictionRegistry(retention: settings.retention)
        pending = PendingCancellations(limits: settings.pendingCancellations)
        drain = DrainSequence(times: settings.drain)
    }

    var wall: UInt64 { now + wallOffset }

    /// How many cancellations of unknown predictions are remembered.
    package var pendingCancellationCount: Int { pending.count }
    /// How many predictions are known, running and finished.
    package var predictionCount: Int { predictions.count }
    /// How many predictions have not ended.
    package var activeCount: Int { predictions.activeCount }

    /// What the version of the configuration says that the worker was started with.
    func settings(of worker: WorkerID) -> DeploymentSettings {
        deployments[workers[worker.handle].deployment.value].settings(of: workers[worker.handle].generation)
    }

    /// The deployment of that name in the configuration, or the one that is just leaving it; nil: there is none.
    package func deployment(named name: String) -> DeploymentIndex? {
        var leaving: DeploymentIndex?
        // By index: an element taken out would be a copy, for every request.
        for index in deployments.indices where deployments[index].settings.name == name {
            if !deployments[index].isRemoved { return DeploymentIndex(index) }
            if !deployments[index].isGone { leaving = DeploymentIndex(index) }
        }
        return leaving
    }

    /// The server is on its way out.
    package var isLeaving: Bool { drain.isLeaving }

    /// Starts the workers of all deployments.
    package mutating func start(now: UInt64) {
        self.now = now
        for index in deployments.indices { startVacantPlaces(DeploymentIndex(index)) }
    }

    /// Takes one event. What follows from it is appended to `actions`.
    package mutating func handle(_ event: Event, now: UInt64) {
        self.now = now
        switch event {
        case .command(let command, let connection): perform(command, for: connection)
        case .connectionDrained(let connection): connectionDrained(connection)
        case .connectionClosed(let connection): connectionClosed(connection)
        case .workerSpawned(let worker, let processID): workerSpawned(worker, processID: processID)
        case .workerSpawnFailed(let worker, let reason): workerSpawnFailed(worker, reason: reason)
        case .workerOutputEnded(let worker): workerOutputEnded(worker)
        case .workerExited(let worker, let ending): workerExited(worker, ending)
        case .workerSwept(let worker, let ended): workerSwept(worker, strays: ended)
        case .workersSampled(let samples): workersSampled(samples)
        case .workerLogged(let worker, let source, let bytes): workerLogged(worker, source, bytes)
        case .logsDrained(let worker): logsDrained(worker)
        case .spillLoaded(let worker, let bytes): spillLoaded(worker, bytes)
        case .spillTooLarge(let worker): spillTooLarge(worker)
        case .spillFailed(let worker, let reason): spillFailed(worker, reason: reason)
        case .delivered(let id, let result): delivered(id, result)
        case .timerFired(let timer): timerFired(timer)
        case .stopRequested(let reason): stopRequested(reason)
        case .connectionsClosed: connectionsClosed()
        case .reloadRequested: reloadRequested(by: nil, waits: false)
        case .configurationLoaded(let plan): configurationLoaded(plan)
        case .configurationRefused(let problems): configurationRefused(problems)
        }
    }

    /// There are actions to carry out, or streams to flush.
    package var hasWork: Bool { !actions.isEmpty || !dirty.isEmpty }

    /// Marks that the prediction's streams have something for `flush`.
    @inline(__always)
    mutating func markDirty(_ key: PredictionKey) {
        if !predictions[key].isDirty {
            predictions[key].isDirty = true
            dirty.append(key)
        }
    }
}
