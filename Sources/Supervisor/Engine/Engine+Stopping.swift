extension SupervisorEngine {
    /// sysexits.h's EX_CONFIG: starting again with the same configuration would end the same way.
    static let configurationExitCode: Int32 = 78

    mutating func stopRequested(_ reason: StopReason) {
        if !drain.isLeaving { actions.append(.log(LogEntry(.info, "stopping"))) }
        take(drain.requested(reason))
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
        case .cancelAll(let time):
            actions.append(.startTimer(.drain, at: now + time))
            for key in predictions.activeKeys { requestCancel(key) }
        case .stopWorkers: stopWorkers()
        case .hurryWorkers:
            for handle in workers.handles {
                hurryWorker(WorkerID(handle: handle))
            }
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

    private mutating func stopWorkers() {
        actions.append(.cancelTimer(.drain))
        for key in predictions.activeKeys {
            abandon(key, .failed(message: "the server is shutting down", code: .shuttingDown))
        }
        for handle in workers.handles {
            stopWorker(WorkerID(handle: handle), because: .stopped, detail: "the server is stopping")
        }
        progressDrain()
    }
}
