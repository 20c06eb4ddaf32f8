import WireProtocol

/// The health that workers tell of themselves, for handlers that have a check of their own.
extension SupervisorEngine {
    /// How long (nanoseconds) clients wait for the workers' answers. Cog's limit; its workers set themselves 5 s.
    static let healthPatience: UInt64 = 10_000_000_000

    /// Answers with the deployment's health, after asking its workers where they can be asked. Who comes while a question
    /// is out waits for that one's answer.
    mutating func checkHealth(of index: DeploymentIndex, for connection: ConnectionID) {
        if deployments[index.value].healthRound == nil {
            guard beginHealthRound(index) else {
                let report = deployments[index.value].healthReport()
                return actions.append(.respond(connection, .health(report)))
            }
        }
        deployments[index.value].healthRound?.joined(connection)
        connections[connection] = .asking(index)
    }

    /// Answers false where there is nobody to ask.
    private mutating func beginHealthRound(_ index: DeploymentIndex) -> Bool {
        guard deployments[index.value].handler?.hasHealthCheck == true else { return false }
        let able = deployments[index.value].slots.workers
        guard !able.isEmpty else { return false }
        deployments[index.value].healthRound = HealthRound(asking: able)
        // A worker that still owes the answer to an earlier question is not asked again: that answer will do.
        for worker in able where !workers[worker.handle].owesHealth {
            workers[worker.handle].owesHealth = true
            send(.healthCheck, to: worker)
        }
        actions.append(.startTimer(.healthCheck(index), at: now + SupervisorEngine.healthPatience))
        return true
    }

    mutating func healthAnswered(_ worker: WorkerID, _ result: HealthResult) {
        workers[worker.handle].owesHealth = false
        switch result {
        case .healthy: healthSettled(worker, complaint: nil)
        case .unhealthy(let error): healthSettled(worker, complaint: error ?? "Healthcheck failed")
        }
    }

    /// The worker will not answer any more.
    mutating func healthWorkerLeft(_ worker: WorkerID) {
        healthSettled(worker, complaint: "Healthcheck error: the worker ended before it answered")
    }

    private mutating func healthSettled(_ worker: WorkerID, complaint: String?) {
        let index = workers[worker.handle].deployment
        deployments[index.value].healthRound?.answered(worker, complaint: complaint)
        finishHealthRound(index)
    }

    mutating func healthTookTooLong(_ index: DeploymentIndex) {
        let seconds = SupervisorEngine.healthPatience / 1_000_000_000
        deployments[index.value].healthRound?.timeOver(
            complaint: "Healthcheck error: no answer from the worker within \(seconds) seconds")
        finishHealthRound(index)
    }

    private mutating func finishHealthRound(_ index: DeploymentIndex) {
        guard let round = deployments[index.value].healthRound, round.isComplete else { return }
        deployments[index.value].healthRound = nil
        actions.append(.cancelTimer(.healthCheck(index)))
        let report = deployments[index.value].healthReport(complaint: round.complaint)
        for connection in round.waiting {
            connections[connection] = nil
            actions.append(.respond(connection, .health(report)))
        }
    }
}
