/// What operators who follow what happens are told.
extension SupervisorEngine {
    /// In one word, how it is with a worker.
    func state(of worker: WorkerID) -> WorkerStatus.State {
        if workers[worker.handle].isUnresponsive, workers[worker.handle].stage != .exited { return .unresponsive }
        switch workers[worker.handle].stage {
        case .starting: return .starting
        case .loading: return .loading
        case .ready:
            if workers[worker.handle].hasClosedPipe { return .stopping }
            return workers[worker.handle].busyCount > 0 ? .busy : .idle
        case .draining: return .draining
        case .stopping: return .stopping
        case .exited: return .exited
        }
    }

    /// Tells the feed how it is with a worker, if that is new. Busy or idle is no news.
    mutating func announce(_ worker: WorkerID, reason: ExitReason? = nil, detail: String? = nil) {
        var word = state(of: worker)
        if word == .busy { word = .idle }
        let (index, place) = (workers[worker.handle].deployment, workers[worker.handle].place)
        guard workers[worker.handle].announced != word else { return }
        let isFirst = workers[worker.handle].announced == nil && workers[worker.handle].role == .current
        let from = isFirst ? deployments[index.value].places[place].announced : workers[worker.handle].announced
        workers[worker.handle].announced = word
        if workers[worker.handle].role == .current { deployments[index.value].places[place].announced = word }
        actions.append(
            .announce(
                StateChange(
                    wall: wall, deployment: deployments[index.value].settings.name, worker: place,
                    processID: workers[worker.handle].processID, from: from.map(SupervisorEngine.feedWord),
                    to: SupervisorEngine.feedWord(word), reason: reason, detail: detail)))
    }

    /// The same for a place that nobody fills.
    mutating func announceVacancy(_ index: DeploymentIndex, place: Int) {
        let word = deployments[index.value].places[place].vacancy.state
        guard deployments[index.value].places[place].announced != word else { return }
        let from = deployments[index.value].places[place].announced
        deployments[index.value].places[place].announced = word
        actions.append(
            .announce(
                StateChange(
                    wall: wall, deployment: deployments[index.value].settings.name, worker: place, processID: nil,
                    from: from.map(SupervisorEngine.feedWord), to: SupervisorEngine.feedWord(word))))
    }

    /// The same for a deployment.
    mutating func announceDeployment(_ index: DeploymentIndex, detail: String? = nil) {
        let state = deployments[index.value].state
        guard deployments[index.value].announced != state else { return }
        let from = deployments[index.value].announced
        deployments[index.value].announced = state
        actions.append(
            .announce(
                StateChange(
                    wall: wall, deployment: deployments[index.value].settings.name, worker: nil, processID: nil,
                    from: from?.rawValue, to: state.rawValue, detail: detail)))
    }

    private static func feedWord(_ state: WorkerStatus.State) -> String {
        state == .idle || state == .busy ? "ready" : state.rawValue
    }
}

extension Place.Vacancy {
    var state: WorkerStatus.State {
        switch self {
        case .backoff: .backoff
        case .queued: .queued
        case .failed: .failed
        case .stopped: .stopped
        }
    }
}
