import WireProtocol

/// All that the engine knows of one life of a worker.
struct WorkerRecord: ~Copyable {
    /// What takes place in a slot.
    enum Run {
        case none
        case active(PredictionKey, run: UInt64)
        /// The prediction has ended without the worker's word; the slot is busy until the worker says done.
        case abandoned(run: UInt64)
    }

    /// What it is in its place.
    enum Role {
        case current
        /// It loads in order to take over.
        case incoming
        /// It was followed by another one.
        case outgoing
    }

    let deployment: DeploymentIndex
    /// Which of the deployment's places it fills.
    let place: Int
    /// Which version of the deployment's configuration it was started with.
    let generation: Int
    var role: Role
    var life: WorkerLifecycle
    var stage: WorkerStage { life.stage }
    var session: Session
    var decoder: FrameDecoder
    var runs: [Run] = []
    var nextRun: UInt64 = 1
    var processID: Int32?
    /// How it is being ended; nil: nobody has begun to.
    var ladder: StopLadder?
    /// Why it is being ended, in one word and in a phrase; nil: nobody has begun to.
    var cause: ExitReason?
    var causeDetail: String?
    /// Why it is drained: the cause of its end, once it has no run left.
    var drainCause: ExitReason?
    /// The time that its runs had to end is over.
    var isDrainOver = false
    /// What it serves; nil: it has not been ready.
    var handler: ServedHandler?
    /// It closed its pipe of frames.
    var hasClosedPipe = false
    /// It gave no sign of life in time.
    var isUnresponsive = false
    /// Runs that it has ended.
    var served: UInt64 = 0
    /// While it loads: how far it is (0 to 1) and what it says.
    var progress: Double?
    var progressMessage: String?
    /// What it used when it was last looked at.
    var residentBytes: UInt64?
    var processorTime: UInt64?
    var tail = LogTail()
    /// What the feed was told last.
    var announced: WorkerStatus.State?
    /// What is left to be done for its place when it is swept.
    var ended: ExitRecord?
    /// It said hello with the capability to pass large payloads by file.
    var canSpill = false
    /// It said hello with the capability to have files uploaded.
    var canUpload = false
    /// It said hello with the capability to send heartbeats.
    var canBeat = false
    /// It said hello with the capability to take SIGUSR1 as a harder cancel.
    var canInterrupt = false
    /// By slot: how a run is being ended that was cancelled.
    var cancels: [UInt16: StopLadder] = [:]
    /// When (nanoseconds) it was last read from.
    var lastFrame: UInt64 = 0
    /// Nil: nobody asks whether it lives, since it does not beat or is not ready yet.
    var watchdog: Watchdog?
    /// When it has served long enough; nil until it is ready.
    var recycleRule: RecycleRule?
    /// Why it is to be replaced; nil: it is not.
    var recycleCause: RecycleRule.Cause?
    /// It is not replaced before this time (nanoseconds).
    var recyclePausedUntil: UInt64 = 0
    /// The log says already that its files are not uploaded.
    var hasInlinedFile = false
    /// Nothing that it says is listened to any more, and why.
    var fault: String?
    /// Set once the process is gone, while a spilled payload is still being read.
    var exit: WorkerEnding?
    /// A payload is being read from a file; what came behind it waits here.
    var spill: PendingSpill?
    var held: [UInt8] = []
    /// What waits until its logs were read; one for each `drainLogs`, in their order.
    var drains: [LogDrain] = []
    /// It was asked whether it is well, and has not answered.
    var owesHealth = false
    var standardOutput = LogLines()
    var standardError = LogLines()
    /// The predictions whose readers the worker is waiting for.
    var pausedFor: Set<PredictionKey> = []

    init(
        deployment: DeploymentIndex, place: Int, generation: Int, role: Role, frameLimit: Int, now: UInt64
    ) {
        self.deployment = deployment
        self.place = place
        self.generation = generation
        self.role = role
        life = WorkerLifecycle(now: now)
        session = Session(role: .supervisor)
        decoder = FrameDecoder(maximumPayloadLength: frameLimit)
    }

    /// The prediction of the slot, if its run is active.
    @inline(__always)
    func prediction(in slot: UInt16) -> PredictionKey? {
        guard Int(slot) < runs.count, case .active(let key, _) = runs[Int(slot)] else { return nil }
        return key
    }

    /// The only prediction that can have printed what is read now; nil when there are none or several. A run whose frame
    /// has not left yet is not meant.
    var onlyPrediction: PredictionKey? {
        var only: PredictionKey?
        for (slot, run) in runs.enumerated() {
            switch run {
            case .none: continue
            case .active(let key, _):
                if isBeginning(UInt16(slot)) { continue }
                if only != nil { return nil }
                only = key
            case .abandoned: return nil
            }
        }
        return only
    }

    private func isBeginning(_ slot: UInt16) -> Bool {
        drains.contains { if case .beforeRun(slot) = $0 { true } else { false } }
    }

    /// What it says is left unread for a while, so its silence is not its own.
    var isUnread: Bool { !pausedFor.isEmpty || spill != nil }

    /// Slots that are in use.
    var busyCount: Int { runs.count { if case .none = $0 { false } else { true } } }

    var activePredictions: [PredictionKey] {
        runs.compactMap { if case .active(let key, _) = $0 { key } else { nil } }
    }
}

/// An output that lies in a file.
struct PendingSpill {
    let slot: UInt16
    /// For a file output: what to make of the bytes; nil: they are the payload itself.
    let mime: String?
}

/// A run that has said `done`.
struct FinishingRun {
    let slot: UInt16
    let outcome: Outcome
    let collected: Bool
}
