/// What operators see of the whole.
extension SupervisorEngine {
    /// Everything that there is to know now, in the order of the configuration.
    package func statusReport() -> StatusReport {
        StatusReport(
            state: serverState, startedWall: startedAt + wallOffset, nowWall: wall,
            deployments: deployments.indices.filter { !deployments[$0].isGone }.map { status(of: DeploymentIndex($0)) })
    }

    private var serverState: StatusReport.State {
        if drain.isLeaving { return .draining }
        if isReady { return .ready }
        return hasStarted ? .degraded : .starting
    }

    private func status(of index: DeploymentIndex) -> DeploymentStatus {
        let deployment = deployments[index.value]
        return DeploymentStatus(
            name: deployment.settings.name, state: deployment.state, detail: detail(of: index),
            ready: deployment.readyCount, wanted: deployment.wantedCount,
            minimumReady: deployment.settings.supervision.minimumReady, slots: deployment.slots.capacity,
            busy: deployment.slots.busyCount, waiting: deployment.retryLine.count, restarts: deployment.restartCount,
            generation: deployment.generation, group: deployment.settings.supervision.group,
            workers: deployment.places.indices.flatMap { workers(in: $0, of: index) },
            exits: deployment.exits.records)
    }

    private func detail(of index: DeploymentIndex) -> String? {
        let deployment = deployments[index.value]
        switch deployment.state {
        case .failed: return deployment.failure?.detail
        case .stopped:
            return deployment.order == .stop
                ? "an operator has stopped it"
                : "its workers have ended, and restart is "
                    + deployment.settings.supervision.restart.policy.rawValue
        case .draining where deployment.isRemoved: return "it is not in the configuration any more"
        case .draining:
            return deployment.slots.busyCount == 0 ? "no prediction runs any more" : "predictions finish"
        case .degraded: return deployment.lastExit.map { "a worker has ended: \($0)" }
        case .reloading: return "a new version is rolled out, worker by worker"
        case .starting, .ready: return deployment.reloadFailure.map { "keeps its old version: \($0)" }
        }
    }

    /// One row for each life in the place, or one for none.
    private func workers(in place: Int, of index: DeploymentIndex) -> [WorkerStatus] {
        let spot = deployments[index.value].places[place]
        var rows = spot.lives.map { status(of: $0, in: spot) }
        guard spot.current == nil, !spot.isRetired else { return rows }
        var next: UInt64?
        if case .backoff(let time) = spot.vacancy { next = time + wallOffset }
        rows.append(
            WorkerStatus(
                index: place, state: spot.vacancy.state, processID: nil,
                device: deployments[index.value].settings.supervision.device(of: place),
                generation: deployments[index.value].generation, sinceWall: spot.since + wallOffset, startedWall: nil,
                slots: 0, busy: 0, served: 0, residentBytes: nil, processorTime: nil, progress: nil, message: nil,
                restarts: spot.restarts, nextStartWall: next, lastExit: spot.lastExit))
        return rows
    }

    private func status(of worker: WorkerID, in spot: Place) -> WorkerStatus {
        let index = workers[worker.handle].deployment
        let place = workers[worker.handle].place
        let isLoading = workers[worker.handle].stage == .loading
        return WorkerStatus(
            index: place, state: state(of: worker), processID: workers[worker.handle].processID,
            device: deployments[index.value].settings.supervision.device(of: place),
            generation: workers[worker.handle].generation,
            sinceWall: workers[worker.handle].life.since + wallOffset,
            startedWall: workers[worker.handle].life.startedAt + wallOffset,
            slots: workers[worker.handle].runs.count, busy: workers[worker.handle].busyCount,
            served: workers[worker.handle].served, residentBytes: workers[worker.handle].residentBytes,
            processorTime: workers[worker.handle].processorTime,
            progress: isLoading ? workers[worker.handle].progress : nil,
            message: isLoading ? workers[worker.handle].progressMessage : nil, restarts: spot.restarts,
            nextStartWall: nil, lastExit: spot.lastExit)
    }
}
