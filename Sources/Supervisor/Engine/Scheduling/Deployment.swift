import WireProtocol

/// What the configuration says of one deployment, as far as decisions depend on it.
package struct DeploymentSettings: Equatable, Sendable {
    package var name: String
    /// Which of the worker's handlers; nil: its only one.
    package var handler: String?
    package var workers: Int
    /// Slots per worker; nil: what the manifest declares. May narrow it, never widen it.
    package var concurrency: Int?
    /// Nil: what the manifest declares. May narrow it, never widen it.
    package var streaming: Bool?
    /// Nanoseconds from spawn, or from the last progress, to ready.
    package var loadTimeout: UInt64
    /// Nanoseconds for the whole of ending one worker.
    package var stopGrace: UInt64
    package var limits: PredictionLimits
    package var supervision = SupervisionSettings()

    package init(
        name: String, handler: String?, workers: Int, concurrency: Int?, streaming: Bool?,
        loadTimeout: UInt64, stopGrace: UInt64, limits: PredictionLimits
    ) {
        self.name = name
        self.handler = handler
        self.workers = workers
        self.concurrency = concurrency
        self.streaming = streaming
        self.loadTimeout = loadTimeout
        self.stopGrace = stopGrace
        self.limits = limits
    }
}

/// The handler that a deployment serves: what the manifest declares, narrowed by the configuration.
package struct ServedHandler: Equatable, Sendable {
    package let name: String
    package let isStreaming: Bool
    /// Slots per worker.
    package let concurrency: Int
    package let input: RawJSON?
    package let output: RawJSON?
    /// What inputs of trainings have to fit; nil: the same as `input`.
    package let trainingInput: RawJSON?
    /// What is done to an input before the run gets it.
    package let inputRules: InputRules
    /// The whole OpenAPI document, as the worker wants it shown; nil: one is made of the schemas.
    package let openAPI: RawJSON?
    /// Of what the worker is made of, by its own word: `python`, `python_sdk`.
    package let versions: [String: String]
    /// Whether the worker can be asked if it is well.
    package let hasHealthCheck: Bool

    /// Chooses and narrows. A conflict is answered with a text that names both values.
    static func resolve(_ manifest: HandlerManifest, _ settings: DeploymentSettings) -> Result<ServedHandler, Conflict>
    {
        let names = manifest.handlers.map(\.name)
        let chosen: HandlerDescriptor
        if let wanted = settings.handler {
            guard let found = manifest.handlers.first(where: { $0.name == wanted }) else {
                return .failure(Conflict("handler is \"\(wanted)\", but the worker declares \(list(names))"))
            }
            chosen = found
        } else {
            guard manifest.handlers.count == 1 else {
                return .failure(Conflict("the worker declares \(list(names)); name one of them as `handler`"))
            }
            chosen = manifest.handlers[0]
        }
        if settings.streaming == true && !chosen.streaming {
            return .failure(
                Conflict(
                    "streaming is true, but the worker's manifest declares streaming false for \"\(chosen.name)\"; "
                        + "opt in there (`@Streaming`, `@streaming`) or leave the key out"))
        }
        if let wanted = settings.concurrency, wanted > chosen.concurrency {
            return .failure(
                Conflict(
                    "concurrency is \(wanted), but the worker's manifest declares at most \(chosen.concurrency) "
                        + "for \"\(chosen.name)\""))
        }
        return .success(
            ServedHandler(
                name: chosen.name, isStreaming: settings.streaming ?? chosen.streaming,
                concurrency: settings.concurrency ?? chosen.concurrency, input: chosen.input, output: chosen.output,
                trainingInput: chosen.trainingInput, inputRules: chosen.inputRules, openAPI: manifest.openAPI,
                versions: manifest.versions, hasHealthCheck: manifest.hasHealthCheck))
    }

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "no handler" : names.map { "\"\($0)\"" }.joined(separator: ", ")
    }

    struct Conflict: Error, Equatable {
        let text: String

        init(_ text: String) {
            self.text = text
        }
    }
}

/// One named handler: its workers, its slots and what is known of them.
package struct Deployment {
    /// What an operator wants of it.
    package enum Order: Equatable, Sendable {
        case run
        /// No new predictions; its workers stay.
        case drain
        /// No workers.
        case stop
    }

    /// Why it was given up.
    struct Failure: Equatable {
        let detail: String
        /// Only an operator, or a new configuration, has it started again.
        let isFinal: Bool
    }

    package internal(set) var settings: DeploymentSettings {
        didSet { if settings.supervision != oldValue.supervision { adoptSupervision() } }
    }
    /// Which version of its configuration new workers get.
    package internal(set) var generation = 0
    /// What the workers declared; nil until the first was ready.
    package internal(set) var handler: ServedHandler?
    package internal(set) var slots = SlotPool()
    package internal(set) var setup: SetupReport
    /// One for each worker that is wanted, and those that were.
    package internal(set) var places: [Place]
    /// Why the last worker ended, for whoever asks after its health; nil once one is ready again.
    package internal(set) var lastExit: String?
    package internal(set) var order = Order.run
    /// A new version is being rolled out.
    var rollout: RollingReload?
    /// With what it had been given up before that.
    var failureBeforeReload: Failure?
    /// Why the last new version was taken back; nil: it was not.
    package internal(set) var reloadFailure: String?
    /// The configuration does not have it any more: it finishes what it has, and goes.
    package internal(set) var isRemoved = false
    /// A reload has added it, and no worker has been ready.
    var isNewcomer = false
    /// It is as the server was started with.
    var isOfTheStart = true
    /// All members of its group are ready; without a group always true.
    package internal(set) var isOpen: Bool
    /// It has served once: what a probe for the start asks.
    package internal(set) var hasServed = false
    /// How often workers were started again.
    package internal(set) var restartCount = 0
    var intensity = RestartIntensity()
    /// Set while `intensity` is not closed.
    var failure: Failure?
    var exits = ExitHistory()
    /// Its workers are being replaced one after the other, as an operator wishes.
    var rolling: RollingRestart?
    /// Its workers are being asked for their health.
    var healthRound: HealthRound?
    /// Predictions that wait to be run again.
    package internal(set) var retryLine = RetryLine()
    /// The time (nanoseconds) for which its timer for that is set; nil: there is none.
    var retryTime: UInt64?
    var retryBudget: RetryBudget
    /// Who of its workers may be replaced.
    package internal(set) var recycling: RecycleLease
    var watch: WatchSchedule
    /// A timer runs for the next look at its workers.
    var isWatching = false
    /// What the feed was told last.
    var announced: DeploymentStatus.State?

    init(settings: DeploymentSettings, now: UInt64, wall: UInt64) {
        self.settings = settings
        places = (0..<settings.workers).map { _ in Place(now: now) }
        setup = SetupReport(startedWall: wall)
        isOpen = settings.supervision.group == nil
        retryBudget = RetryBudget(settings.supervision.retry, now: now)
        recycling = RecycleLease(settings.supervision.recycle)
        watch = WatchSchedule(settings.supervision)
    }

    private mutating func adoptSupervision() {
        retryBudget.adopt(settings.supervision.retry)
        recycling.adopt(settings.supervision.recycle)
        watch.adopt(settings.supervision)
    }

    /// Nil: there is none of that number.
    func place(_ number: Int) -> Place? { places.indices.contains(number) ? places[number] : nil }

    package var isReloading: Bool { rollout != nil }
    /// Nothing is left of it but its number.
    package var isGone: Bool { isRemoved && places.allSatisfy { $0.lives.isEmpty } }
    /// What a version of it says.
    func settings(of generation: Int) -> DeploymentSettings {
        if let rollout, rollout.generation == generation { return rollout.settings }
        return settings
    }

    /// It takes predictions: ask this before a slot is taken.
    package var isReady: Bool { !isRemoved && order == .run && isOpen && slots.capacity > 0 }
    /// Workers that take predictions.
    package var readyCount: Int { isOpen ? slots.workerCount : 0 }
    /// Workers that it shall have.
    package var wantedCount: Int { places.count { !$0.isRetired } }
    /// A worker of it has been ready once.
    package var wasEverReady: Bool { setup.status == .succeeded }
    /// It was given up: no worker is started, but for a try from time to time.
    package var hasFailed: Bool { failure != nil }

    package var state: DeploymentStatus.State {
        if isRemoved { return .draining }
        switch order {
        case .stop: return .stopped
        case .drain: return .draining
        case .run: break
        }
        if failure != nil { return .failed }
        if isReloading { return .reloading }
        // No worker is never ready, whatever the minimum.
        if readyCount > 0, readyCount >= settings.supervision.minimumReady { return .ready }
        if places.allSatisfy({ $0.isResting || $0.isRetired }) { return .stopped }
        return wasEverReady ? .degraded : .starting
    }

    /// What its health document says.
    package var health: DeploymentHealth {
        if isReady { return slots.freeCount > 0 ? .ready : .busy }
        // One that is only tried from time to time is no better for that.
        if failure != nil, !wasEverReady { return .setupFailed }
        switch setup.status {
        case .starting: return lastExit == nil ? .starting : .unhealthy
        case .failed: return .setupFailed
        // The others of its group are still loading.
        case .succeeded: return isOpen || hasServed ? .unhealthy : .starting
        }
    }
}

/// The words of Cog's health document.
package enum DeploymentHealth: String, Sendable {
    case starting = "STARTING"
    case ready = "READY"
    case busy = "BUSY"
    case setupFailed = "SETUP_FAILED"
    case unhealthy = "UNHEALTHY"
}
