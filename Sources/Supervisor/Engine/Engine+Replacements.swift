/// Workers that load beside the one that they are to follow, so that no slot is missing meanwhile.
extension SupervisorEngine {
    /// Starts a worker beside the one in the place, in its turn. Once it is ready it takes over, and the other one
    /// finishes its runs and ends with the given cause. Answers false where that is not possible now: nobody fills the
    /// place, or somebody is to follow already.
    @discardableResult
    mutating func beginReplacement(_ index: DeploymentIndex, place: Int, because cause: ExitReason) -> Bool {
        guard drain.startsWorkers, deployments[index.value].order != .stop,
            deployments[index.value].places[place].replacement == nil,
            !deployments[index.value].places[place].isRetired,
            deployments[index.value].places[place].current != nil
        else { return false }
        deployments[index.value].places[place].replacement = Place.Replacement(cause: cause)
        loadGate.enter(
            StartTicket(deployment: index, place: place, isReplacement: true),
            device: deployments[index.value].settings.supervision.device(of: place),
            group: deployments[index.value].settings.supervision.group)
        startQueued()
        return true
    }

    /// The replacement is not wanted any more.
    mutating func withdrawReplacement(_ index: DeploymentIndex, place: Int) {
        loadGate.withdraw(StartTicket(deployment: index, place: place, isReplacement: true))
        deployments[index.value].places[place].replacement = nil
        if let incoming = deployments[index.value].places[place].incoming {
            stopWorker(incoming, because: .stopped, detail: "it was not needed any more")
        }
    }

    mutating func startReplacement(_ ticket: StartTicket) {
        let (index, place) = (ticket.deployment, ticket.place)
        guard deployments[index.value].places[place].replacement != nil,
            deployments[index.value].places[place].incoming == nil
        else { return }
        if deployments[index.value].places[place].current == nil {
            // Nobody is left to be followed.
            deployments[index.value].places[place].replacement = nil
            planStart(index, place: place, at: now)
        } else {
            startWorker(index, place: place, as: .incoming)
        }
    }

    /// It is ready: it takes over.
    mutating func replacementBecameReady(_ worker: WorkerID, _ handler: ServedHandler) {
        let (index, place) = (workers[worker.handle].deployment, workers[worker.handle].place)
        let cause = deployments[index.value].places[place].replacement?.cause ?? .stopped
        let old = deployments[index.value].places[place].current
        deployments[index.value].places[place].replacement = nil
        deployments[index.value].places[place].incoming = nil
        deployments[index.value].places[place].current = worker
        workers[worker.handle].role = .current
        // It serves before the other one ceases to, so that no request finds nobody.
        serve(worker, handler)
        guard let old else { return }
        workers[old.handle].role = .outgoing
        deployments[index.value].places[place].outgoing.append(old)
        drainWorker(old, because: cause)
    }

    /// It ended before it could take over, and nothing is left of it. The one that it was to follow goes on.
    mutating func replacementFailed(_ index: DeploymentIndex, place: Int, _ record: ExitRecord) {
        guard let replacement = deployments[index.value].places[place].replacement else { return }
        deployments[index.value].places[place].replacement = nil
        note(.error, "a worker that was to take over has ended before it was ready: \(record.detail)", index)
        switch replacement.cause {
        case .stopped: deployments[index.value].rolling?.fail(record.detail)
        default: break
        }
    }
}
