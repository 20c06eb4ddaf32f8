/// The orderly stop: carries out what `DrainSequence` says.
extension SupervisorEngine {
    /// sysexits.h's EX_CONFIG: starting again with the same configuration would end the same way.
    static let configurationExitCode: Int32 = 78

    mutating func stopRequested(_ reason: StopReason) {
        if !drain.isLeaving {
            actions.append(.log(LogEntry(.info, "stopping")))
            announceServer("draining")
            abandonReload()
        }
        take(drain.requested(reason))
        endHopelessWaiting()
        progressOperations()
        progressDrain()
    }

    /// No client is connected, and nobody listens any more.
    mutating func connectionsClosed() {
        let step = drain.connectionsClosed()
        if step == .stopWorkers {
            // Not a moment earlier: whoever reads this may count on nothing being accepted any more.
            actions.append(.log(LogEntry(.info, "drained")))
            announceServer("drained")
        }
        take(step)
        progressDrain()
    }

    /// To be called whenever something may have ended that the drain waits for.
    mutating func progressDrain() {
        guard drain.isLeaving else { return }
        take(
            drain.counted(
                predictions: predictions.activeCount, workers: workers.count, deliveries: undeliveredCount))
    }

    mutating func take(_ step: DrainSequence.Step) {
        switch step {
        case .none: return
        case .wait(let time): actions.append(.startTimer(.drain, at: now + time))
        case .refuse(let time):
            actions.append(.endKeepAlive)
            endHopelessWaiting()
            startQueued()
            actions.append(.startTimer(.drain, at: now + time))
        case .cancelAll(let time):
            actions.append(.endKeepAlive)
            departures = DepartureSpread(clients: readerCount)
            actions.append(.startTimer(.drain, at: now + time))
            endHopelessWaiting()
            // Nobody is started any more, so nobody waits for a turn.
            startQueued()
            for key in predictions.activeKeys { requestCancel(key) }
        case .close(let time, let kills): closeConnections(within: time, kills: kills)
        case .stopWorkers: stopLastDeployment()
        case .killWorkers: killWorkers()
        case .exit:
            actions.append(.cancelTimer(.drain))
            noteUndelivered()
            actions.append(.exit(code: exitCode))
        }
    }

    /// What is lost with the process is said.
    private mutating func noteUndelivered() {
        guard undeliveredCount > 0 else { return }
        actions.append(
            .log(
                LogEntry(
                    .warning, "\(undeliveredCount) webhook(s) were not told the end of their predictions in time")))
    }

    private mutating func closeConnections(within time: UInt64, kills: Bool) {
        actions.append(.cancelTimer(.drain))
        for key in predictions.activeKeys {
            abandon(key, .failed(message: "the server is shutting down", code: .shuttingDown))
        }
        if kills { killWorkers() }
        actions.append(.closeConnections(within: time))
    }

    /// Ends the workers of the deployment that was started last of those that still have some: what was started first may be
    /// what the others lean on.
    private mutating func stopLastDeployment() {
        guard let last = workers.handles.map({ workers[$0].deployment }).max() else { return }
        for handle in workers.handles where workers[handle].deployment == last {
            stopWorker(WorkerID(handle: handle), because: .stopped, detail: "the server is stopping")
        }
    }

    private mutating func killWorkers() {
        for handle in workers.handles { hurryWorker(WorkerID(handle: handle)) }
    }

    private mutating func announceServer(_ state: String) {
        actions.append(
            .announce(
                StateChange(wall: wall, deployment: "", worker: nil, processID: nil, from: nil, to: state)))
    }
}
