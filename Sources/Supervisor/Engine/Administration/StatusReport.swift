/// What an operator sees of the whole server at one moment.
package struct StatusReport: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        /// Not every required deployment has been ready yet.
        case starting
        case ready
        /// A required deployment has fewer ready workers than it needs.
        case degraded
        /// It is on its way out.
        case draining
    }

    package var state: State
    /// Nanoseconds since 1970.
    package var startedWall: UInt64
    package var nowWall: UInt64
    package var deployments: [DeploymentStatus]

    package init(state: State, startedWall: UInt64, nowWall: UInt64, deployments: [DeploymentStatus]) {
        self.state = state
        self.startedWall = startedWall
        self.nowWall = nowWall
        self.deployments = deployments
    }
}

/// One deployment in a `StatusReport`.
package struct DeploymentStatus: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        /// No worker has been ready yet.
        case starting
        /// At least `min_ready` workers are ready.
        case ready
        /// Fewer than `min_ready` workers are ready.
        case degraded
        /// A configuration is being rolled out.
        case reloading
        /// An operator has it drain, or it is drained.
        case draining
        /// An operator has stopped it, or its policy starts no more workers.
        case stopped
        /// Its workers failed too often, or for a reason that a restart would not mend.
        case failed
    }

    package var name: String
    package var state: State
    /// Why it is in that state, where that is worth a sentence.
    package var detail: String?
    package var ready: Int
    package var wanted: Int
    package var minimumReady: Int
    package var slots: Int
    package var busy: Int
    /// Predictions that wait for a worker that runs them again.
    package var waiting: Int
    package var restarts: Int
    package var generation: Int
    package var group: String?
    package var workers: [WorkerStatus]
    /// The last ends of its workers, the newest last.
    package var exits: [ExitRecord]

    package init(
        name: String, state: State, detail: String? = nil, ready: Int, wanted: Int, minimumReady: Int, slots: Int,
        busy: Int, waiting: Int, restarts: Int, generation: Int, group: String? = nil, workers: [WorkerStatus],
        exits: [ExitRecord]
    ) {
        self.name = name
        self.state = state
        self.detail = detail
        self.ready = ready
        self.wanted = wanted
        self.minimumReady = minimumReady
        self.slots = slots
        self.busy = busy
        self.waiting = waiting
        self.restarts = restarts
        self.generation = generation
        self.group = group
        self.workers = workers
        self.exits = exits
    }
}

/// One place of a deployment in a `StatusReport`.
package struct WorkerStatus: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        /// The process runs and has not said hello.
        case starting
        case loading
        /// Ready, and no slot is in use.
        case idle
        /// Ready, and slots are in use.
        case busy
        /// It finishes its runs and gets no more.
        case draining
        case stopping
        /// It is gone, and what it left behind is being ended.
        case exited
        /// It waits to be started again.
        case backoff
        /// It waits for its turn to load.
        case queued
        case failed
        case stopped
        /// It has given no sign of life in time.
        case unresponsive
    }

    package var index: Int
    package var state: State
    package var processID: Int32?
    package var device: String?
    package var generation: Int
    /// Since when (nanoseconds since 1970) it is in that state.
    package var sinceWall: UInt64
    /// When (nanoseconds since 1970) this process was started.
    package var startedWall: UInt64?
    package var slots: Int
    package var busy: Int
    /// Runs that this process has ended.
    package var served: UInt64
    package var residentBytes: UInt64?
    package var processorTime: UInt64?
    /// While it loads: how far it is (0 to 1) and what it says.
    package var progress: Double?
    package var message: String?
    /// How often this place was started again.
    package var restarts: Int
    /// When (nanoseconds since 1970) it is started again.
    package var nextStartWall: UInt64?
    package var lastExit: ExitRecord?

    package init(
        index: Int, state: State, processID: Int32? = nil, device: String? = nil, generation: Int, sinceWall: UInt64,
        startedWall: UInt64? = nil, slots: Int, busy: Int, served: UInt64, residentBytes: UInt64? = nil,
        processorTime: UInt64? = nil, progress: Double? = nil, message: String? = nil, restarts: Int,
        nextStartWall: UInt64? = nil, lastExit: ExitRecord? = nil
    ) {
        self.index = index
        self.state = state
        self.processID = processID
        self.device = device
        self.generation = generation
        self.sinceWall = sinceWall
        self.startedWall = startedWall
        self.slots = slots
        self.busy = busy
        self.served = served
        self.residentBytes = residentBytes
        self.processorTime = processorTime
        self.progress = progress
        self.message = message
        self.restarts = restarts
        self.nextStartWall = nextStartWall
        self.lastExit = lastExit
    }
}

/// The end of one life of a worker, with the evidence.
package struct ExitRecord: Equatable, Sendable {
    package var worker: Int
    package var processID: Int32?
    /// Nanoseconds since 1970.
    package var wall: UInt64
    /// Nanoseconds from its start, and from its readiness; nil: it never was ready.
    package var lifetime: UInt64
    package var readyTime: UInt64?
    package var reason: ExitReason
    /// One phrase, such as `signal 9 (SIGKILL)` or what it did wrong.
    package var detail: String
    package var ending: WorkerEnding?
    /// Descendants that had to be ended after it.
    package var strays: Int
    /// The last of what it printed, at most 64 KiB.
    package var logTail: String

    package init(
        worker: Int, processID: Int32? = nil, wall: UInt64, lifetime: UInt64, readyTime: UInt64? = nil,
        reason: ExitReason, detail: String, ending: WorkerEnding? = nil, strays: Int, logTail: String
    ) {
        self.worker = worker
        self.processID = processID
        self.wall = wall
        self.lifetime = lifetime
        self.readyTime = readyTime
        self.reason = reason
        self.detail = detail
        self.ending = ending
        self.strays = strays
        self.logTail = logTail
    }
}
