extension SupervisorEngine {
    mutating func timerFired(_ timer: TimerID) {
        switch timer {
        case .startWorker(let deployment, let place): backoffOver(deployment, place: place)
        case .probe(let deployment): probe(deployment)
        case .loadTurn: loadTurnOver()
        case .loadDeadline(let worker): loadTookTooLong(worker)
        case .stopStep(let worker): stopStepOver(worker)
        case .exitDeadline(let worker):
            if workers.contains(worker.handle), workers[worker.handle].fault == nil {
                workers[worker.handle].fault = "it closed its pipe and did not exit"
            }
            workerStayedSilent(worker)
        case .cancelStep(let slot): cancelStepOver(slot)
        case .retry(let deployment): retryTimeCame(deployment)
        case .watch(let deployment): watch(deployment)
        case .disconnectGrace(let key):
            if predictions.contains(key) { requestCancel(key) }
        case .patience(let key):
            if predictions.contains(key) { resumeWorker(of: key) }
        case .webhook(let key): advanceWebhook(key)
        case .retention:
            isExpiring = false
            predictions.expire(now: now)
            scheduleExpiry()
        case .pendingCancellations:
            isForgettingCancellations = false
            pending.expire(now: now)
            scheduleForgettingCancellations()
        case .streamTick: tick()
        case .healthCheck(let deployment): healthTookTooLong(deployment)
        case .drainTimeout(let worker): drainTookTooLong(worker)
        case .drain: take(drain.timeOver())
        }
    }
}
