import WireProtocol

/// How runs are cancelled: with words first, then with force.
extension SupervisorEngine {
    /// Asks the worker to end the run. It keeps its slot until it has, or until the worker has really stopped.
    mutating func requestCancel(_ key: PredictionKey) {
        guard !predictions[key].prediction.status.isTerminal, !predictions[key].prediction.isCancelRequested else {
            return
        }
        predictions[key].prediction.cancelRequested()
        // Nobody runs it: there is nothing to wait for.
        if predictions[key].isWaitingForRetry { return end(key, .canceled, collected: false) }
        guard let slot = predictions[key].slot, workers.contains(slot.worker.handle) else { return }
        beginCancel(slot)
    }

    /// Has the run in the slot end, by the steps of its ladder.
    mutating func beginCancel(_ slot: Slot) {
        // A run whose `done` was read has ended for the worker; here it ends as soon as its logs were read as well.
        guard case .active(_, let run) = workers[slot.worker.handle].runs[Int(slot.number)],
            workers[slot.worker.handle].session.run(in: slot.number) == run,
            workers[slot.worker.handle].cancels[slot.number] == nil
        else { return }
        let settings = deployments[workers[slot.worker.handle].deployment.value].settings
        workers[slot.worker.handle].cancels[slot.number] = .run(
            settings.supervision.cancel, canInterrupt: workers[slot.worker.handle].canInterrupt,
            grace: settings.stopGrace)
        climbCancel(slot)
    }

    /// The time of a step is over.
    mutating func cancelStepOver(_ slot: Slot) {
        guard workers.contains(slot.worker.handle) else { return }
        climbCancel(slot)
    }

    private mutating func climbCancel(_ slot: Slot) {
        guard let step = workers[slot.worker.handle].cancels[slot.number]?.next() else { return }
        switch step.action {
        case .cancelRun:
            guard let run = workers[slot.worker.handle].session.run(in: slot.number) else { return }
            send(.cancel(slot: slot.number, run: run), to: slot.worker)
        case .interruptRun:
            note(.warning, "a run did not end after it was cancelled: the worker gets SIGUSR1", slot.worker)
            actions.append(.signal(slot.worker, .interruptRun))
        case .ask, .dumpStacks, .terminate, .kill:
            // The drain ends workers in its own time.
            if drain.phase >= .canceling { return }
            // From here on it is the worker's ladder.
            guard let rest = workers[slot.worker.handle].cancels[slot.number]?.fromCurrentStep else { return }
            note(.warning, "a run did not end after it was cancelled: the worker is ended", slot.worker)
            return endWorker(
                slot.worker, because: .cancel, detail: "a run did not end after it was cancelled", by: rest)
        }
        if let wait = step.wait {
            actions.append(.startTimer(.cancelStep(slot), at: now + wait))
        } else {
            actions.append(.cancelTimer(.cancelStep(slot)))
        }
    }

    /// The run in the slot is over.
    mutating func cancelEnded(_ slot: Slot) {
        guard workers[slot.worker.handle].cancels.removeValue(forKey: slot.number) != nil else { return }
        actions.append(.cancelTimer(.cancelStep(slot)))
    }

    /// All runs of the worker are over, since it is.
    mutating func cancelsEnded(_ worker: WorkerID) {
        for number in workers[worker.handle].cancels.keys.sorted() {
            cancelEnded(Slot(worker: worker, number: number))
        }
    }
}
