/// A new configuration takes effect while the server runs: `RollingReload` says what happens in the places of a deployment.
extension SupervisorEngine {
    /// A reload is under way.
    package var isReloading: Bool { reload != nil }

    // MARK: The request

    /// - Parameter connection: who is told what became of it; nil: the log alone, as with SIGHUP.
    mutating func reloadRequested(by connection: ConnectionID?, waits: Bool) {
        if drain.isLeaving {
            return refuseReload("the server is stopping", connection)
        }
        if reload != nil {
            guard connection == nil else { return refuseReload("a reload is under way already", connection) }
            // The file may have changed since it was read: nobody who sends a signal learns that it came too early.
            reload?.isWantedAgain = true
            return
        }
        actions.append(.log(LogEntry(.info, "reload: the configuration is read again")))
        reload = ReloadRun(connection: connection, waits: waits)
        if let connection { connections[connection] = .administering }
        actions.append(.loadConfiguration)
    }

    private mutating func refuseReload(_ text: String, _ connection: ConnectionID?) {
        guard let connection else { return actions.append(.log(LogEntry(.warning, "reload refused: \(text)"))) }
        actions.append(.respond(connection, .administered(AdminAnswer(.refused, text))))
    }

    /// The configuration cannot be used: nothing changes.
    mutating func configurationRefused(_ problems: [String]) {
        guard reload != nil else { return }
        for problem in problems { actions.append(.log(LogEntry(.error, "reload refused: \(problem)"))) }
        endReload(AdminAnswer(.refused, problems.joined(separator: "\n")))
    }

    // MARK: Beginning

    mutating func configurationLoaded(_ plan: ReloadPlan) {
        guard reload != nil else { return }
        if drain.isLeaving { return endReload(AdminAnswer(.refused, "the server is stopping")) }
        for warning in plan.warnings { actions.append(.log(LogEntry(.warning, "reload: \(warning)"))) }
        let summary = ([summary(of: plan)] + plan.warnings).joined(separator: "\n")
        reload?.isLoaded = true
        reload?.summary = summary
        for index in plan.removed { beginRemoval(index) }
        for settings in plan.added { add(settings) }
        for change in plan.changed { begin(change) }
        actions.append(.log(LogEntry(.info, "reload: \(self.summary(of: plan))")))
        if let reload, !reload.waits { answerReload(AdminAnswer(plan.isEmpty ? .done : .accepted, summary)) }
        progressReload()
    }

    private func summary(of plan: ReloadPlan) -> String {
        func list(_ word: String, _ names: [String]) -> String? {
            names.isEmpty ? nil : "\(word): \(names.joined(separator: ", "))"
        }
        let parts = [
            list("changed", plan.changed.map { deployments[$0.deployment.value].settings.name }),
            list("added", plan.added.map(\.name)),
            list("removed", plan.removed.map { deployments[$0.value].settings.name }),
        ].compactMap { $0 }
        return parts.isEmpty ? "nothing has changed" : parts.joined(separator: "; ")
    }

    private mutating func add(_ settings: DeploymentSettings) {
        var deployment = Deployment(settings: settings, now: now, wall: wall)
        deployment.isOfTheStart = false
        deployment.isNewcomer = true
        deployments.append(deployment)
        let index = DeploymentIndex(deployments.count - 1)
        reload?.settling.append(index)
        announceDeployment(index)
        startVacantPlaces(index)
    }

    private mutating func begin(_ change: ReloadPlan.Change) {
        let index = change.deployment
        let groups = [deployments[index.value].settings.supervision.group, change.settings.supervision.group]
        let hasNobody = deployments[index.value].order == .stop
        if groups != [nil, nil], change.needsNewWorkers {
            replaceAll(change)
        } else if change.needsNewWorkers, !hasNobody {
            reload?.waiting.append(change)
        } else {
            adopt(change)
        }
    }

    /// The deployment has another version from now on.
    private mutating func adopt(_ change: ReloadPlan.Change) {
        let index = change.deployment
        let count = change.settings.workers
        var settings = change.settings
        settings.workers = deployments[index.value].wantedCount
        deployments[index.value].settings = settings
        deployments[index.value].generation = change.generation
        deployments[index.value].isOfTheStart = false
        deployments[index.value].reloadFailure = nil
        for place in deployments[index.value].places.indices {
            deployments[index.value].places[place].generation = nil
        }
        scale(index, to: count)
    }

    /// A group has no use for a part of it: all its members end, and start together with what they have then.
    private mutating func replaceAll(_ change: ReloadPlan.Change) {
        let index = change.deployment
        let former = members(ofGroupOf: index)
        adopt(change)
        deployments[index.value].isOpen = change.settings.supervision.group == nil
        let concerned = Set(former + members(ofGroupOf: index)).sorted()
        clearFailure(of: concerned)
        for member in concerned {
            if reload?.settling.contains(member) == false { reload?.settling.append(member) }
            for place in deployments[member.value].places.indices {
                for worker in deployments[member.value].places[place].lives { drainWorker(worker, because: .reload) }
            }
            startVacantPlaces(member)
        }
    }

    // MARK: Going on

    /// To be called whenever a worker has become ready or is gone.
    mutating func progressReload() {
        guard reload?.isLoaded == true else { return }
        while true {
            if let active = reload?.active {
                guard progressRoll(active) else { break }
                reload?.active = nil
            }
            guard let change = reload?.waiting.first else { break }
            reload?.waiting.removeFirst()
            reload?.active = change.deployment
            beginRoll(change)
        }
        for index in reload?.settling ?? [] where isSettled(index) {
            reload?.settling.removeAll { $0 == index }
            if let failure = deployments[index.value].failure, !deployments[index.value].isRemoved {
                reload?.failures.append("\(deployments[index.value].settings.name): \(failure.detail)")
            }
        }
        guard let reload, reload.isDone else { return }
        let outcome =
            reload.failures.isEmpty
            ? AdminAnswer(.done, reload.summary) : AdminAnswer(.failed, reload.failures.joined(separator: "\n"))
        endReload(outcome)
    }

    private mutating func isSettled(_ index: DeploymentIndex) -> Bool {
        let deployment = deployments[index.value]
        if deployment.isRemoved { return deployment.places.allSatisfy { $0.lives.isEmpty } }
        if deployment.failure != nil || deployment.order == .stop { return true }
        return deployment.places.allSatisfy { place in
            guard !place.isRetired, !place.isResting else { return place.lives.isEmpty }
            guard let current = place.current, place.lives.count == 1 else { return false }
            return workers[current.handle].stage == .ready
                && workers[current.handle].generation == deployment.generation
        }
    }

    private mutating func endReload(_ answer: AdminAnswer) {
        guard let ended = reload else { return }
        answerReload(answer)
        reload = nil
        if answer.outcome == .failed {
            actions.append(.log(LogEntry(.error, "reload has failed: \(answer.message)")))
        } else if answer.outcome == .done {
            actions.append(.log(LogEntry(.info, "reload is done")))
        }
        if ended.isWantedAgain { reloadRequested(by: nil, waits: false) }
    }

    private mutating func answerReload(_ answer: AdminAnswer) {
        guard let connection = reload?.connection else { return }
        reload?.connection = nil
        // It may have gone meanwhile.
        guard connections.removeValue(forKey: connection) != nil else { return }
        actions.append(.respond(connection, .administered(answer)))
    }

    /// The server stops: what was begun stays as it is.
    mutating func abandonReload() {
        guard reload != nil else { return }
        reload?.isWantedAgain = false
        for index in deployments.indices { deployments[index].rollout = nil }
        endReload(AdminAnswer(.failed, "the server is stopping; the reload was not finished"))
    }

    // MARK: One deployment

    private mutating func beginRoll(_ change: ReloadPlan.Change) {
        let index = change.deployment
        deployments[index.value].failureBeforeReload = deployments[index.value].failure
        if deployments[index.value].failure != nil { clearFailure(of: [index]) }
        deployments[index.value].rolling = nil
        // What is about to be replaced for another reason is replaced for this one.
        for place in deployments[index.value].places.indices {
            deployments[index.value].places[place].generation = deployments[index.value].generation
            withdrawReplacement(index, place: place)
        }
        deployments[index.value].rollout = RollingReload(
            generation: change.generation, settings: change.settings,
            surges: change.settings.supervision.recycle.surge > 0)
        note(.info, "reload: a new version is rolled out", index)
        announceDeployment(index)
    }

    /// Answers whether it is done with.
    private mutating func progressRoll(_ index: DeploymentIndex) -> Bool {
        guard let rollout = deployments[index.value].rollout else { return true }
        switch rollout.next(occupancy(of: index)) {
        case .wait: return false
        case .replace(let place):
            prefer(rollout, index, place)
            beginReplacement(index, place: place, because: .reload)
        case .drain(let place):
            prefer(rollout, index, place)
            if let current = deployments[index.value].places[place].current {
                drainWorker(current, because: .reload)
            }
        case .start(let place):
            prefer(rollout, index, place)
            deployments[index.value].places[place].isResting = false
            planStart(index, place: place, at: now)
        case .finish:
            finish(rollout, index)
            return true
        }
        return false
    }

    /// Whoever is started in the place from now on is of the version that is wanted.
    private mutating func prefer(_ rollout: RollingReload, _ index: DeploymentIndex, _ place: Int) {
        deployments[index.value].places[place].generation =
            rollout.failure == nil ? rollout.generation : deployments[index.value].generation
    }

    private func occupancy(of index: DeploymentIndex) -> [RollingReload.Occupancy] {
        deployments[index.value].places.map { place in
            var seen = RollingReload.Occupancy(
                .none, generation: place.generation ?? deployments[index.value].generation)
            seen.isChanging = place.incoming != nil || place.replacement != nil || !place.outgoing.isEmpty
            seen.isIdle = place.isRetired && place.lives.isEmpty
            guard let current = place.current else {
                // It rests by the restart policy's word, or the deployment was given up: nobody comes by himself.
                let isTried = deployments[index.value].rollout?.isWanted(seen.generation) ?? true
                seen.isIdle = seen.isIdle || (isTried && (place.isResting || deployments[index.value].failure != nil))
                return seen
            }
            seen.generation = workers[current.handle].generation
            switch workers[current.handle].stage {
            case .starting, .loading: seen.worker = .starting
            case .ready: seen.worker = .ready
            case .draining, .stopping, .exited: seen.worker = .leaving
            }
            return seen
        }
    }

    private mutating func finish(_ rollout: RollingReload, _ index: DeploymentIndex) {
        deployments[index.value].rollout = nil
        deployments[index.value].failureBeforeReload = nil
        if let failure = rollout.failure {
            for place in deployments[index.value].places.indices {
                deployments[index.value].places[place].generation = nil
            }
            deployments[index.value].reloadFailure = failure
            note(.error, "reload: the old version is back, since the new one failed: \(failure)", index)
            reload?.failures.append("\(deployments[index.value].settings.name) keeps its old version: \(failure)")
        } else {
            adopt(
                ReloadPlan.Change(
                    index, rollout.settings, generation: rollout.generation, needsNewWorkers: true))
            note(.info, "reload: the new version is in place", index)
        }
        announceDeployment(index)
    }

    // MARK: Failing

    /// To be asked when a worker has ended. True: the new version it had was on trial and is taken back; no restart policy
    /// has a say in that.
    mutating func endsTrial(_ worker: WorkerID, _ record: ExitRecord) -> Bool {
        let index = workers[worker.handle].deployment
        guard record.readyTime == nil, !drain.isLeaving,
            deployments[index.value].rollout?.isOnTrial(workers[worker.handle].generation) == true
        else { return false }
        takeBack(index, record.detail)
        return true
    }

    /// The deployment would be given up. True: instead the version on trial is taken back.
    mutating func takesBackInstead(_ index: DeploymentIndex, _ detail: String) -> Bool {
        guard let rollout = deployments[index.value].rollout, rollout.failure == nil, !drain.isLeaving else {
            return false
        }
        takeBack(index, detail)
        return true
    }

    private mutating func takeBack(_ index: DeploymentIndex, _ detail: String) {
        deployments[index.value].rollout?.failed(detail)
        deployments[index.value].intensity.reset()
        if let before = deployments[index.value].failureBeforeReload {
            deployments[index.value].failure = before
            deployments[index.value].intensity.gaveUp()
            scheduleProbe(index)
        }
        note(
            .error, "reload: a worker of the new version is not ready, and the old version comes back: \(detail)", index
        )
        for place in deployments[index.value].places.indices {
            // Where nobody has been replaced yet, somebody of the old version starts.
            guard deployments[index.value].places[place].current.map({ workers[$0.handle].stage == .exited }) ?? true
            else { continue }
            deployments[index.value].places[place].generation = deployments[index.value].generation
            deployments[index.value].places[place].startAt = now
        }
        alignHandlers(index)
    }

    // MARK: Two versions at a time

    /// Decides who gets new runs while workers of two versions are ready: those of the wanted version, and others whose
    /// handler is the same to clients. To be called whenever one of them has become ready or left.
    mutating func alignHandlers(_ index: DeploymentIndex) {
        guard let rollout = deployments[index.value].rollout else { return }
        let ready = deployments[index.value].places.flatMap(\.lives).filter {
            workers[$0.handle].stage == .ready && !workers[$0.handle].hasClosedPipe
        }
        let best = ready.first { rollout.isWanted(workers[$0.handle].generation) } ?? ready.first
        guard let best, let handler = workers[best.handle].handler else { return }
        deployments[index.value].handler = handler
        for worker in ready {
            let serves = workers[worker.handle].handler?.isInterchangeable(with: handler) ?? false
            let isListed = deployments[index.value].slots.workers.contains(worker)
            if serves, !isListed {
                var busy: Set<UInt16> = []
                for (slot, run) in workers[worker.handle].runs.enumerated() {
                    if case .none = run { continue }
                    busy.insert(UInt16(slot))
                }
                let count = workers[worker.handle].runs.count
                deployments[index.value].slots.workerReturned(worker, slots: count, busy: busy)
            } else if !serves, isListed {
                deployments[index.value].slots.workerLeft(worker)
                healthWorkerLeft(worker)
            }
        }
    }

    // MARK: Leaving

    private mutating func beginRemoval(_ index: DeploymentIndex) {
        deployments[index.value].isRemoved = true
        deployments[index.value].rolling = nil
        reload?.settling.append(index)
        clearFailure(of: [index])
        endWaiting(in: index)
        for place in deployments[index.value].places.indices {
            deployments[index.value].places[place].isRetired = true
            withdrawReplacement(index, place: place)
            planStart(index, place: place, at: nil)
            for worker in deployments[index.value].places[place].lives { drainWorker(worker, because: .reload) }
        }
        // Nobody waits for it any more.
        if let group = deployments[index.value].settings.supervision.group { openGroupIfComplete(group) }
        note(.info, "reload: the deployment is not in the configuration any more", index)
        announceDeployment(index)
    }

    /// A worker that was replaced, or whose deployment goes, has runs that do not end: they are cancelled; those that do
    /// not react to that either are ended with it.
    mutating func drainTookTooLong(_ worker: WorkerID) {
        guard workers.contains(worker.handle), workers[worker.handle].stage == .draining else { return }
        if !workers[worker.handle].isDrainOver {
            workers[worker.handle].isDrainOver = true
            note(.warning, "the worker is to leave, and its runs are cancelled since they did not end in time", worker)
            for key in workers[worker.handle].activePredictions { requestCancel(key) }
            let settings = deployments[workers[worker.handle].deployment.value].settings
            let patience = settings.supervision.cancel.grace + settings.supervision.cancel.signalGrace
            actions.append(.startTimer(.drainTimeout(worker), at: now + patience + settings.stopGrace))
            return
        }
        for key in workers[worker.handle].activePredictions {
            abandon(
                key, .failed(message: "the worker was replaced, and the run did not end in time", code: .shuttingDown))
        }
        stopWorker(worker, because: .reload, detail: "its runs did not end in time")
    }
}

extension ServedHandler {
    /// Clients cannot tell them apart: a prediction for one can run in the other.
    func isInterchangeable(with other: ServedHandler) -> Bool {
        name == other.name && isStreaming == other.isStreaming && input == other.input && output == other.output
            && trainingInput == other.trainingInput && inputRules == other.inputRules && openAPI == other.openAPI
    }
}
