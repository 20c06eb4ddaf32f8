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

    let deployment: DeploymentIndex
    /// Which of the deployment's places it fills.
    let place: Int
    var stage = WorkerStage.starting
    var session: Session
    var decoder: FrameDecoder
    var runs: [Run] = []
    var nextRun: UInt64 = 1
    var processID: Int32?
    var ladder: StopLadder
    /// It said hello with the capability to pass large payloads by file.
    var canSpill = false
    /// It said hello with the capability to have files uploaded.
    var canUpload = false
    /// It said hello with the capability to send heartbeats.
    var canBeat = false
    /// It said hello with the capability to take SIGUSR1 as a harder cancel.
    var canInterrupt = false
    /// The log says already that its files are not uploaded.
    var hasInlinedFile = false
    /// Why it is being ended, when that was not asked for from outside.
    var fault: String?
    /// Set once the process is gone, while a spilled payload is still being read.
    var exit: ProcessStatus?
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

    init(deployment: DeploymentIndex, place: Int, frameLimit: Int, stopGrace: UInt64) {
        self.deployment = deployment
        self.place = place
        session = Session(role: .supervisor)
        decoder = FrameDecoder(maximumPayloadLength: frameLimit)
        ladder = StopLadder(grace: stopGrace)
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
