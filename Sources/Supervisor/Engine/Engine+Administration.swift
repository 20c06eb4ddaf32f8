/// What operators ask for.
extension SupervisorEngine {
    /// More workers of one deployment than this are a slip of the finger.
    package static let maximumWorkers = 1024

    mutating func administer(_ command: AdminCommand, for connection: ConnectionID) {
        if drain.isLeaving { return refuse("the server is stopping", connection) }
        switch (command.verb, command.deployment) {
        case (.reload, _): return reloadRequested(by: connection, waits: command.waits)
        case (.drain, nil):
            actions.append(.respond(connection, .administered(AdminAnswer(.accepted, "the server drains and ends"))))
            return stopRequested(.terminate)
        case (.scale, nil): return refuse("scale needs the name of a deployment", connection)
        case (.restart(.some), nil): return refuse("one worker needs the name of its deployment", connection)
        default: break
        }
        let indices: [DeploymentIndex]
        if let named = command.deployment {
            indices = members(ofGroupOf: named)
            for index in indices {
                // A worker is one of the deployment that was named; its whole group goes with it.
                let verb = index == named ? command.verb : command.verb.forOthersOfGroup
                if let reason = refusal(of: verb, index) { return refuse(reason, connection) }
            }
        } else {
            // "All" are those with which it can be done.
            indices = deployments.indices.filter { !deployments[$0].isRemoved }.map { DeploymentIndex($0) }
                .filter { refusal(of: command.verb, $0) == nil }
            if indices.isEmpty { return refuse("no deployment is in a state for \(command.verb.word)", connection) }
        }
        let names = indices.map { deployments[$0.value].settings.name }.joined(separator: ", ")
        actions.append(.log(LogEntry(.info, "an operator asks for \(command.verb.word): \(names)")))
        for index in indices { begin(command.verb, index) }
        guard command.waits else {
            let answer = AdminAnswer(.accepted, "\(command.verb.word) has begun: \(names)")
            return actions.append(.respond(connection, .administered(answer)))
        }
        connections[connection] = .administering
        operations.append(
            AdminOperation(
                command.verb, indices, for: connection, since: now, success: "\(command.verb.word) is done: \(names)"))
        progressOperations()
    }

    private mutating func refuse(_ text: String, _ connection: ConnectionID) {
        actions.append(.respond(connection, .administered(AdminAnswer(.refused, text))))
    }

    /// Why it cannot be done; nil: it can.
    private func refusal(of verb: AdminCommand.Verb, _ index: DeploymentIndex) -> String? {
        let deployment = deployments[index.value]
        let name = deployment.settings.name
        if deployment.isRemoved { return "\(name) is not in the configuration any more" }
        if deployment.isReloading { return "a new version of \(name) is being rolled out; wait for its end" }
        switch verb {
        case .restart(let worker):
            if deployment.order == .stop { return "\(name) is stopped; start it" }
            if deployment.rolling != nil { return "the workers of \(name) are being restarted already" }
            guard let worker else { return nil }
            let isThere = deployment.places.indices.contains(worker) && !deployment.places[worker].isRetired
            return isThere ? nil : "\(name) has no worker \(worker)"
        case .scale(let count):
            if let group = deployment.settings.supervision.group {
                return "\(name) belongs to the group \(group), whose workers are a fixed set; change `workers` in the "
                    + "configuration"
            }
            let range = 0...SupervisorEngine.maximumWorkers
            return range.contains(count) ? nil : "workers is \(count); it can be from 0 to \(range.upperBound)"
        case .stop, .start, .drain, .reset, .reload: return nil
        }
    }

    private mutating func begin(_ verb: AdminCommand.Verb, _ index: DeploymentIndex) {
        switch verb {
        case .restart(let worker): restart(index, only: worker)
        case .stop: stop(index)
        case .start: start(index)
        case .scale(let count): scale(index, to: count)
        case .drain:
            if deployments[index.value].order == .run { deployments[index.value].order = .drain }
            endWaiting(in: index)
            endHopelessWaiting()
            announceDeployment(index)
        case .reset: reset(index)
        case .reload: preconditionFailure("it is not of one deployment")
        }
    }

    // MARK: Stop, start, reset

    private mutating func stop(_ index: DeploymentIndex) {
        deployments[index.value].order = .stop
        deployments[index.value].rolling = nil
        endWaiting(in: index)
        for place in deployments[index.value].places.indices {
            withdrawReplacement(index, place: place)
            planStart(index, place: place, at: nil)
            for worker in deployments[index.value].places[place].lives {
                for key in workers[worker.handle].activePredictions {
                    abandon(key, .failed(message: "the deployment was stopped by an operator", code: .shuttingDown))
                }
                stopWorker(worker, because: .stopped, detail: "an operator has stopped the deployment")
            }
        }
        announceDeployment(index)
    }

    private mutating func start(_ index: DeploymentIndex) {
        deployments[index.value].order = .run
        reset(index)
        announceDeployment(index)
    }

    /// Forgets failures, and fills every place now.
    private mutating func reset(_ index: DeploymentIndex) {
        clearFailure(of: [index])
        for place in deployments[index.value].places.indices {
            deployments[index.value].places[place].isResting = false
            deployments[index.value].places[place].backoff.reset()
        }
        startVacantPlaces(index)
    }

    // MARK: Scale

    mutating func scale(_ index: DeploymentIndex, to count: Int) {
        let wanted = deployments[index.value].wantedCount
        if count > wanted { grow(index, by: count - wanted) }
        if count < wanted { shrink(index, by: wanted - count) }
        deployments[index.value].settings.workers = count
        progressRolling(index)
        announceDeployment(index)
    }

    private mutating func grow(_ index: DeploymentIndex, by count: Int) {
        for _ in 0..<count {
            if let retired = deployments[index.value].places.firstIndex(where: \.isRetired) {
                deployments[index.value].places[retired].isRetired = false
                deployments[index.value].places[retired].isResting = false
            } else {
                deployments[index.value].places.append(Place(now: now))
            }
        }
        startVacantPlaces(index)
    }

    /// The idlest leave, and of those that are equally idle the youngest: what is warm stays.
    private mutating func shrink(_ index: DeploymentIndex, by count: Int) {
        let places = deployments[index.value].places
        let order = places.indices.filter { !places[$0].isRetired }
            .sorted { leavesBefore(places[$0], $0, places[$1], $1) }
        for place in order.prefix(count) {
            deployments[index.value].places[place].isRetired = true
            withdrawReplacement(index, place: place)
            planStart(index, place: place, at: nil)
            if let current = deployments[index.value].places[place].current {
                drainWorker(current, because: .stopped)
            }
        }
    }

    private func leavesBefore(_ left: Place, _ leftIndex: Int, _ right: Place, _ rightIndex: Int) -> Bool {
        let (leftLoad, leftStart) = load(of: left)
        let (rightLoad, rightStart) = load(of: right)
        if leftLoad != rightLoad { return leftLoad < rightLoad }
        if leftStart != rightStart { return leftStart > rightStart }
        return leftIndex > rightIndex
    }

    /// How much would be lost with it: nobody, one that is not ready, then by runs; and when it was started.
    private func load(of place: Place) -> (Int, UInt64) {
        guard let current = place.current else { return (-2, 0) }
        let start = workers[current.handle].life.startedAt
        return workers[current.handle].stage == .ready ? (workers[current.handle].busyCount, start) : (-1, start)
    }

    // MARK: Restart

    private mutating func restart(_ index: DeploymentIndex, only worker: Int?) {
        clearFailure(of: [index])
        let all = deployments[index.value].places.indices.filter { !deployments[index.value].places[$0].isRetired }
        for place in all { deployments[index.value].places[place].isResting = false }
        if deployments[index.value].settings.supervision.group != nil {
            // A group has no use for a part of it.
            for place in all {
                if let current = deployments[index.value].places[place].current {
                    drainWorker(current, because: .stopped)
                } else {
                    deployments[index.value].places[place].startAt = now
                }
            }
            return startVacantPlaces(index)
        }
        deployments[index.value].rolling = RollingRestart(places: worker.map { [$0] } ?? all)
        progressRolling(index)
    }

    /// To be called whenever a place may have got its new worker.
    mutating func progressRolling(_ index: DeploymentIndex) {
        guard let rolling = deployments[index.value].rolling else { return }
        if let active = rolling.active {
            if let end = failureToRestart(active, index) {
                deployments[index.value].rolling?.fail(end)
            } else {
                guard isRestarted(active, index) else { return }
                deployments[index.value].rolling?.placeDone()
            }
        }
        if let place = deployments[index.value].rolling?.next() { return restart(index, place: place) }
        let failure = deployments[index.value].rolling?.failure
        deployments[index.value].rolling = nil
        for operation in operations.indices {
            guard case .restart = operations[operation].verb else { continue }
            operations[operation].settled(
                index, failure: failure.map { "\(deployments[index.value].settings.name): \($0)" })
        }
        progressOperations()
    }

    /// Why the place has not got its new worker: that one has ended before it was ready. Whether and when another follows is
    /// the restart policy's affair.
    private func failureToRestart(_ active: RollingRestart.Active, _ index: DeploymentIndex) -> String? {
        let place = deployments[index.value].places[active.place]
        guard place.current == nil, !place.isRetired else { return nil }
        if case .backoff = place.vacancy {} else if !place.isResting { return nil }
        return place.lastExit?.detail ?? "its worker has ended"
    }

    private func isRestarted(_ active: RollingRestart.Active, _ index: DeploymentIndex) -> Bool {
        let place = deployments[index.value].places[active.place]
        guard !place.isRetired else { return true }
        return place.current != active.old && place.current.map { workers[$0.handle].stage == .ready } ?? false
    }

    private mutating func restart(_ index: DeploymentIndex, place: Int) {
        let old = deployments[index.value].places[place].current
        deployments[index.value].rolling?.began(place, old: old)
        guard let old else { return planStart(index, place: place, at: now) }
        let isReady = workers[old.handle].stage == .ready
        let surge = deployments[index.value].settings.supervision.recycle.surge
        if isReady, surge > 0, beginReplacement(index, place: place, because: .stopped) { return }
        drainWorker(old, because: .stopped)
    }

    // MARK: Waiting

    /// To be called whenever something may have come about that an operator waits for.
    mutating func progressOperations() {
        guard !operations.isEmpty else { return }
        for operation in operations.indices {
            for index in operations[operation].pending {
                if let obstacle = obstacle(to: operations[operation], index) {
                    let name = deployments[index.value].settings.name
                    operations[operation].settled(index, failure: "\(name): \(obstacle)")
                } else if isDone(operations[operation], index) {
                    operations[operation].settled(index, failure: nil)
                }
            }
            guard let answer = operations[operation].answer else { continue }
            connections[operations[operation].connection] = nil
            actions.append(.respond(operations[operation].connection, .administered(answer)))
        }
        operations.removeAll { $0.answer != nil }
    }

    /// Why the deployment will not get there; nil: it may.
    private func obstacle(to operation: AdminOperation, _ index: DeploymentIndex) -> String? {
        guard operation.verb.needsWorkers else { return nil }
        if !drain.startsWorkers { return "the server is stopping" }
        if deployments[index.value].order == .stop {
            if case .scale = operation.verb { return nil }
            return "it was stopped meanwhile"
        }
        return deployments[index.value].failure?.detail
    }

    private func isDone(_ operation: AdminOperation, _ index: DeploymentIndex) -> Bool {
        let deployment = deployments[index.value]
        let lives = deployment.places.flatMap(\.lives)
        let wanted = deployment.places.filter { !$0.isRetired }
        let isFull = wanted.allSatisfy { place in
            place.current.map { workers[$0.handle].stage == .ready } ?? place.isResting
        }
        switch operation.verb {
        case .restart:
            guard deployment.settings.supervision.group != nil else { return deployment.rolling == nil }
            return isFull && lives.allSatisfy { workers[$0.handle].life.startedAt >= operation.since }
        case .stop: return lives.isEmpty
        case .start, .reset: return isFull
        case .scale:
            return (isFull || deployment.order == .stop)
                && deployment.places.allSatisfy { !$0.isRetired || $0.lives.isEmpty }
        case .drain: return lives.allSatisfy { workers[$0.handle].busyCount == 0 }
        case .reload: return true
        }
    }
}

extension AdminCommand.Verb {
    var forOthersOfGroup: AdminCommand.Verb { if case .restart = self { .restart(worker: nil) } else { self } }

    /// For logs and answers.
    var word: String {
        switch self {
        case .restart: "restart"
        case .stop: "stop"
        case .start: "start"
        case .scale(let count): "scale to \(count)"
        case .drain: "drain"
        case .reset: "reset"
        case .reload: "reload"
        }
    }

    /// A deployment that was given up will not get there.
    var needsWorkers: Bool {
        switch self {
        case .restart, .start, .scale, .reset: true
        case .stop, .drain, .reload: false
        }
    }
}
