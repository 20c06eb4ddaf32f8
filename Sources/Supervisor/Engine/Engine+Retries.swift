/// What becomes of predictions whose runs were lost: they end, or wait in their deployment's `RetryLine` and are run
/// again, under the same id, with the same readers and the same history.
extension SupervisorEngine {
    // MARK: Losing a run

    /// The worker that held the prediction has ended: the prediction ends, or is run again. The worker's slots are
    /// withdrawn already, and what follows for its deployment was decided.
    mutating func predictionLost(_ key: PredictionKey, by record: ExitRecord) {
        runLost(key, .workerLost(record.reason), detail: record.detail, outcome: outcome(of: key, lostBy: record))
    }

    /// The run did not come to its end. The slot, if the worker still has it, was given back.
    ///
    /// - Parameters:
    ///   - known: how far it may have come without the worker's word.
    ///   - detail: one phrase for people: what happened to the run.
    ///   - outcome: how the prediction ends if it is not run again.
    mutating func runLost(
        _ key: PredictionKey, _ cause: LostRun.Cause, atLeast known: RunProgress = .dispatched, detail: String,
        outcome: Outcome
    ) {
        if case .workerLost = cause {
            // Nobody is left who could say how it ended.
            if predictions[key].prediction.isCancelRequested { return end(key, .canceled, collected: false) }
            if drain.phase >= .canceling {
                return end(key, .failed(message: "the server is shutting down", code: .shuttingDown), collected: false)
            }
        }
        let index = predictions[key].prediction.deployment
        let retry = deployments[index.value].settings.supervision.retry
        let lost = LostRun(
            cause, progress: max(known, predictions[key].prediction.progress), attempts: predictions[key].attempts,
            isCancelRequested: predictions[key].prediction.isCancelRequested, isDraining: drain.refusesPredictions)
        guard RetryPolicy(retry).allowsAnotherRun(after: lost), mayServeRetries(index) else {
            return end(key, outcome, collected: false)
        }
        guard deployments[index.value].retryBudget.take(now: now) else {
            noteRun(
                key, .warning, "the run was lost and is not begun again: the deployment's budget for that is used up")
            return end(key, outcome, collected: false)
        }
        waitForRetry(key, retry, detail: detail, outcome: outcome)
    }

    private mutating func waitForRetry(
        _ key: PredictionKey, _ retry: RetrySettings, detail: String, outcome: Outcome
    ) {
        let index = predictions[key].prediction.deployment
        let attempts = predictions[key].attempts
        let wait = RetryPolicy(retry).wait(after: attempts, using: &generator)
        resumeWorker(of: key)
        let place = predictions[key].slot.flatMap { slot in
            workers.contains(slot.worker.handle) ? workers[slot.worker.handle].place : nil
        }
        predictions[key].slot = nil
        predictions[key].prediction.runLost()
        noteRun(
            key, .warning,
            "the run was lost (\(detail)) and is begun again in \(wait / 1_000_000) ms: "
                + "run \(attempts + 1) of at most \(retry.attempts)")
        let notice = Array("[the worker was lost before the run got anywhere; it is run again]\n".utf8)
        notice.withUnsafeBytes { predictions[key].prediction.logReceived($0, source: .standardError) }
        markDirty(key)
        noteWebhook(key, .logs)
        predictions[key].isWaitingForRetry = true
        deployments[index.value].retryLine.join(
            RetryLine.Entry(
                key: key, arrival: predictions[key].arrival, due: now + wait, patienceEnd: now + wait + retry.patience,
                lostPlace: place, outcome: outcome))
        scheduleRetries(index)
    }

    /// How the prediction ends if the end of its worker is the last word.
    private func outcome(of key: PredictionKey, lostBy record: ExitRecord) -> Outcome {
        let status = record.ending?.status.text ?? record.detail
        switch record.reason {
        case .watchdog where predictions[key].isStalled:
            return .failed(message: "The prediction stalled: \(record.detail)", code: .stalled)
        case .watchdog:
            return .failed(message: "Worker was unresponsive: \(record.detail)", code: .workerUnresponsive)
        case .oom:
            // It is likely to be the input that takes the memory.
            return .failed(message: "Worker ran out of memory: \(status)", code: .workerExited, isRetryable: false)
        case .memory:
            return .failed(message: "Worker was ended: \(record.detail)", code: .workerExited, isRetryable: false)
        case .cancel, .group, .recycle, .reload, .stopped:
            return .failed(message: "Worker was ended: \(record.detail)", code: .workerExited)
        case .ok, .error, .signal, .protocol, .config, .setup, .loadTimeout, .spawn:
            return .failed(message: "Worker crashed: \(status)", code: .workerExited)
        }
    }

    // MARK: The line

    /// Somebody of the deployment may take what was lost, now or later.
    private func mayServeRetries(_ index: DeploymentIndex) -> Bool {
        guard !drain.refusesPredictions, deployments[index.value].order == .run else { return false }
        switch deployments[index.value].state {
        case .failed, .stopped, .draining: return false
        case .starting, .ready, .degraded, .reloading: return true
        }
    }

    /// Runs again whose turn it is, as far as there are slots. To be called whenever there may be one.
    mutating func serveRetries(_ index: DeploymentIndex) {
        guard !deployments[index.value].retryLine.isEmpty else { return }
        while deployments[index.value].isReady, let handler = deployments[index.value].handler,
            let entry = deployments[index.value].retryLine.first(now: now)
        {
            let lost = entry.lostPlace.flatMap { deployments[index.value].place($0)?.current }
            guard let slot = deployments[index.value].slots.take(avoiding: lost) else { break }
            deployments[index.value].retryLine.leave(entry.arrival)
            predictions[entry.key].isWaitingForRetry = false
            dispatch(entry.key, to: slot, handler: handler)
        }
        scheduleRetries(index)
    }

    /// A back-off is over, or somebody has waited for too long.
    mutating func retryTimeCame(_ index: DeploymentIndex) {
        serveRetries(index)
        for entry in deployments[index.value].retryLine.takeImpatient(now: now) { giveUpRetry(entry) }
        scheduleRetries(index)
    }

    /// Nobody will serve those who wait in this deployment: they end as their lost runs would have had them end.
    mutating func endWaiting(in index: DeploymentIndex) {
        guard !deployments[index.value].retryLine.isEmpty else { return }
        for entry in deployments[index.value].retryLine.takeAll() { giveUpRetry(entry) }
        scheduleRetries(index)
    }

    /// The same for all deployments that cannot serve anybody any more. To be called whenever one may have come to that.
    mutating func endHopelessWaiting() {
        for value in deployments.indices where !deployments[value].retryLine.isEmpty {
            if !mayServeRetries(DeploymentIndex(value)) { endWaiting(in: DeploymentIndex(value)) }
        }
    }

    private mutating func giveUpRetry(_ entry: RetryLine.Entry) {
        predictions[entry.key].isWaitingForRetry = false
        end(entry.key, entry.outcome, collected: false)
    }

    /// The prediction ends while it waits.
    mutating func leaveRetryLine(_ key: PredictionKey) {
        let index = predictions[key].prediction.deployment
        predictions[key].isWaitingForRetry = false
        deployments[index.value].retryLine.leave(predictions[key].arrival)
        scheduleRetries(index)
    }

    private mutating func scheduleRetries(_ index: DeploymentIndex) {
        let time = deployments[index.value].retryLine.nextTime(now: now)
        guard time != deployments[index.value].retryTime else { return }
        deployments[index.value].retryTime = time
        if let time {
            actions.append(.startTimer(.retry(index), at: time))
        } else {
            actions.append(.cancelTimer(.retry(index)))
        }
    }

    private mutating func noteRun(_ key: PredictionKey, _ level: LogEntry.Level, _ message: String) {
        actions.append(
            .log(
                LogEntry(
                    level, message, deployment: deployments[predictions[key].prediction.deployment.value].settings.name,
                    predictionID: predictions[key].prediction.id.text)))
    }
}
