import SSE
import WireProtocol

/// The end of a worker: how it is brought about, and what follows at once.
extension SupervisorEngine {
    /// How long (nanoseconds) a worker that has closed its pipe may take to exit before it is made to.
    static let exitPatience: UInt64 = 2_000_000_000

    // MARK: Bringing it about

    /// Ends the worker now, runs or not. One that is being ended already goes on to be, for the first cause; a ladder
    /// that is quicker than what is left of the one under way takes its place.
    ///
    /// - Parameters:
    ///   - cause: what its `ExitRecord` says, and the restart policy goes by.
    ///   - detail: one phrase, for people.
    mutating func endWorker(
        _ worker: WorkerID, because cause: ExitReason, detail: String, by ladder: StopLadder
    ) {
        guard workers.contains(worker.handle), workers[worker.handle].stage != .exited else { return }
        if let running = workers[worker.handle].ladder {
            guard ladder.remainingTime < running.remainingTime else { return }
        } else {
            workers[worker.handle].cause = workers[worker.handle].cause ?? cause
            workers[worker.handle].causeDetail = workers[worker.handle].causeDetail ?? detail
            retire(worker)
            if workers[worker.handle].stage != .stopping { workers[worker.handle].life.beganStopping(now: now) }
            alignHandlers(workers[worker.handle].deployment)
        }
        workers[worker.handle].ladder = ladder
        climb(worker)
        announce(worker, detail: detail)
    }

    /// Ends the worker in the usual way: it is asked, then its group gets SIGTERM, then SIGKILL.
    mutating func stopWorker(_ worker: WorkerID, because cause: ExitReason, detail: String) {
        guard workers.contains(worker.handle) else { return }
        let grace = settings(of: worker).stopGrace
        endWorker(worker, because: cause, detail: detail, by: .ordinary(grace: grace))
    }

    /// Gives the worker no further runs, and ends it once it has none. One that is not ready is ended now.
    mutating func drainWorker(_ worker: WorkerID, because cause: ExitReason) {
        guard workers.contains(worker.handle) else { return }
        switch workers[worker.handle].stage {
        case .starting, .loading: stopWorker(worker, because: cause, detail: "it was not needed any more")
        case .ready:
            retire(worker)
            workers[worker.handle].life.beganDraining(now: now)
            workers[worker.handle].drainCause = cause
            alignHandlers(workers[worker.handle].deployment)
            if cause == .reload { actions.append(.startTimer(.drainTimeout(worker), at: now + settings.drain.finish)) }
            announce(worker)
            endIfDrained(worker)
        case .draining, .stopping, .exited: return
        }
    }

    /// To be called whenever a run of the worker may have been its last.
    mutating func endIfDrained(_ worker: WorkerID) {
        guard workers.contains(worker.handle), workers[worker.handle].stage == .draining,
            let cause = workers[worker.handle].drainCause, workers[worker.handle].busyCount == 0
        else { return }
        stopWorker(worker, because: cause, detail: "its runs are done")
    }

    /// Time for the next step of ending it.
    mutating func stopStepOver(_ worker: WorkerID) {
        guard workers.contains(worker.handle), workers[worker.handle].stage == .stopping else { return }
        climb(worker)
    }

    /// Ends it with no further patience.
    mutating func hurryWorker(_ worker: WorkerID) {
        guard workers.contains(worker.handle) else { return }
        if workers[worker.handle].ladder == nil {
            endWorker(worker, because: .stopped, detail: "the server is stopping at once", by: .atOnce)
        } else if workers[worker.handle].stage != .exited {
            workers[worker.handle].ladder?.hurry()
            climb(worker)
        }
    }

    private mutating func climb(_ worker: WorkerID) {
        guard let step = workers[worker.handle].ladder?.next() else { return }
        switch step.action {
        case .cancelRun: preconditionFailure("a worker is ended by steps that are not for one run")
        case .interruptRun: actions.append(.signal(worker, .interruptRun))
        case .ask: ask(worker)
        case .dumpStacks: actions.append(.signal(worker, .dumpStacks))
        case .terminate: actions.append(.signal(worker, .terminate))
        case .kill: actions.append(.signal(worker, .kill))
        }
        if let wait = step.wait {
            actions.append(.startTimer(.stopStep(worker), at: now + wait))
        } else {
            actions.append(.cancelTimer(.stopStep(worker)))
        }
    }

    private mutating func ask(_ worker: WorkerID) {
        // The end of the death pipe says that nobody is there any more: no time for anything.
        guard workers[worker.handle].life.saidHello, workers[worker.handle].fault == nil else {
            return actions.append(.closeDeathPipe(worker))
        }
        let grace = settings(of: worker).stopGrace
        send(.shutdown(graceMilliseconds: grace / 2_000_000), to: worker)
    }

    /// The worker gets no further predictions.
    private mutating func retire(_ worker: WorkerID) {
        let index = workers[worker.handle].deployment
        deployments[index.value].slots.workerLeft(worker)
        let isMissed =
            workers[worker.handle].role == .current
            && !deployments[index.value].places[workers[worker.handle].place].isRetired
        if let group = deployments[index.value].settings.supervision.group, isMissed { closeGroup(group) }
        healthWorkerLeft(worker)
        announceDeployment(index)
    }

    // MARK: Its own doing

    mutating func workerBrokeProtocol(_ worker: WorkerID, _ error: ProtocolError) {
        guard workers[worker.handle].fault == nil else { return }
        note(.error, "the worker broke the protocol and is stopped: \(error)", worker)
        workers[worker.handle].fault = "\(error)"
        // Runs whose last frame came before the fault have ended well, whether or not it came in the same read.
        completeDrains(worker)
        let held = workers[worker.handle].activePredictions
        for key in held {
            abandonSilently(key, worker)
            // What stands behind the fault is not read: another run may have said there that it has begun.
            runLost(
                key, .workerLost(.protocol), atLeast: held.count > 1 ? .started : .dispatched,
                detail: "the worker broke the protocol",
                outcome: .failed(message: "Worker broke the protocol: \(error)", code: .workerProtocolError))
        }
        failSetup(workers[worker.handle].deployment, "the worker broke the protocol: \(error)")
        // Nothing that it says from here on can be understood.
        actions.append(.pauseReading(worker))
        endWorker(worker, because: .protocol, detail: "\(error)", by: .atOnce)
    }

    private mutating func abandonSilently(_ key: PredictionKey, _ worker: WorkerID) {
        if let slot = predictions[key].slot { workers[worker.handle].runs[Int(slot.number)] = .none }
    }

    mutating func workerOutputEnded(_ worker: WorkerID) {
        guard workers.contains(worker.handle), workers[worker.handle].stage != .exited else { return }
        workers[worker.handle].hasClosedPipe = true
        retire(worker)
        alignHandlers(workers[worker.handle].deployment)
        actions.append(.startTimer(.exitDeadline(worker), at: now + SupervisorEngine.exitPatience))
    }

    /// It closed its pipe and lives on: nothing will come for its predictions any more, however long its end takes.
    mutating func workerStayedSilent(_ worker: WorkerID) {
        guard workers.contains(worker.handle), workers[worker.handle].stage != .exited else { return }
        let text = "it closed its pipe and did not exit"
        if workers[worker.handle].fault == nil { workers[worker.handle].fault = text }
        for key in workers[worker.handle].activePredictions {
            abandonSilently(key, worker)
            // It lives, and could not say that it has begun.
            runLost(
                key, .workerLost(.protocol), atLeast: .started, detail: "the worker closed its pipe",
                outcome: .failed(message: "Worker closed its pipe", code: .workerExited))
        }
        // It has nothing to bring to an end that anybody could hear of.
        actions.append(.closeDeathPipe(worker))
        stopWorker(worker, because: .protocol, detail: text)
    }

    // MARK: Its end

    mutating func workerExited(_ worker: WorkerID, _ ending: WorkerEnding) {
        guard workers.contains(worker.handle), workers[worker.handle].stage != .exited else { return }
        if workers[worker.handle].spill != nil {
            workers[worker.handle].exit = ending
        } else {
            bury(worker, ending)
        }
    }

    /// The process is gone and all it wrote was taken in: every prediction that it held ends now, or is run again.
    mutating func bury(_ worker: WorkerID, _ ending: WorkerEnding) {
        completeDrains(worker)
        let index = workers[worker.handle].deployment
        let cause = workers[worker.handle].cause
        let fault = workers[worker.handle].fault
        let text = "\(fault.map { "\($0); " } ?? "")\(ending.status.text)"
        let isWished = cause != nil && fault == nil
        let reason = ExitReason.of(ending, cause: cause, deployments[index.value].settings.supervision.restart)
        note(isWished ? .info : .error, "worker exited: \(text)", worker)
        if cause == nil { failSetup(index, "worker crashed: \(text)") }
        deployments[index.value].lastExit = text
        let detail = ExitReason.detail(
            of: ending, cause: workers[worker.handle].causeDetail, wasWished: cause != nil)
        let held = workers[worker.handle].activePredictions
        let record = workerEnded(worker, reason, detail, ending)
        settle(worker, record)
        for key in held { predictionLost(key, by: record) }
        endHopelessWaiting()
        actions.append(.sweep(worker))
        endServerIfLost(index, record)
        startQueued()
        progressRolling(index)
        progressOperations()
        progressDrain()
    }

    /// Takes the end into the books; the record stays until what it has left behind is gone.
    mutating func workerEnded(
        _ worker: WorkerID, _ reason: ExitReason, _ detail: String, _ ending: WorkerEnding?
    ) -> ExitRecord {
        let (index, place) = (workers[worker.handle].deployment, workers[worker.handle].place)
        retire(worker)
        loadGate.left(worker)
        for timer in [TimerID.loadDeadline(worker), .stopStep(worker), .exitDeadline(worker), .drainTimeout(worker)] {
            actions.append(.cancelTimer(timer))
        }
        let life = workers[worker.handle].life
        cancelsEnded(worker)
        workers[worker.handle].life.workerExited(now: now)
        alignHandlers(index)
        endWatchingIfIdle(index)
        if workers[worker.handle].role == .current { deployments[index.value].recycling.withdraw(place) }
        workers[worker.handle].runs = workers[worker.handle].runs.map { _ in .none }
        let record = ExitRecord(
            worker: place, processID: workers[worker.handle].processID, wall: wall, lifetime: now - life.startedAt,
            readyTime: life.readyAt.map { now - $0 }, reason: reason, detail: detail, ending: ending, strays: 0,
            logTail: workers[worker.handle].tail.text)
        workers[worker.handle].ended = record
        deployments[index.value].exits.append(record)
        deployments[index.value].places[place].lastExit = record
        announce(worker, reason: reason, detail: detail)
        return record
    }

    /// Nothing is left of it: its place can be filled again.
    mutating func workerSwept(_ worker: WorkerID, strays: Int) {
        guard workers.contains(worker.handle), workers[worker.handle].stage == .exited else { return }
        let (index, place) = (workers[worker.handle].deployment, workers[worker.handle].place)
        if strays > 0 {
            note(.warning, "\(strays) process(es) that the worker had left behind were ended", worker)
            let processID = workers[worker.handle].processID
            deployments[index.value].exits.swept(place: place, processID: processID, strays: strays)
            if deployments[index.value].places[place].lastExit?.processID == processID {
                deployments[index.value].places[place].lastExit?.strays = strays
            }
        }
        remove(worker)
        progressRecycling(index)
        progressRolling(index)
        progressOperations()
        progressDrain()
    }

    mutating func remove(_ worker: WorkerID) {
        let (index, place) = (workers[worker.handle].deployment, workers[worker.handle].place)
        let role = workers[worker.handle].role
        let record = workers[worker.handle].ended
        _ = workers.remove(worker.handle)
        actions.append(.release(worker))
        switch role {
        case .outgoing: deployments[index.value].places[place].outgoing.removeAll { $0 == worker }
        case .incoming:
            deployments[index.value].places[place].incoming = nil
            if let record { replacementFailed(index, place: place, record) }
        case .current:
            deployments[index.value].places[place].current = nil
            placeBecameVacant(index, place: place)
        }
        progressReload()
    }
}
