/// Who follows a worker that has ended, and when.
extension SupervisorEngine {
    // MARK: After an end

    /// Decides what follows from the end of a worker for its place, its deployment and its group.
    mutating func settle(_ worker: WorkerID, _ record: ExitRecord) {
        let (index, place) = (workers[worker.handle].deployment, workers[worker.handle].place)
        if endsTrial(worker, record) { return }
        switch workers[worker.handle].role {
        case .outgoing, .incoming: return
        case .current:
            if let incoming = deployments[index.value].places[place].incoming {
                if workers[incoming.handle].stage.mayServe { return takeOver(worker, incoming) }
                // It ends as well: nobody is left who could take over.
                sendAway(incoming)
            }
            // One that waits for its turn to load would only follow the one that follows anyway.
            withdrawReplacement(index, place: place)
        }
        let restart = deployments[index.value].settings.supervision.restart
        let verdict = RestartPolicy.verdict(
            record.reason, restart, wasEverReady: deployments[index.value].wasEverReady)
        let isProbe = deployments[index.value].intensity.state == .probing
        deployments[index.value].places[place].startAt = nil
        switch verdict {
        case .restartAtOnce: deployments[index.value].places[place].startAt = now
        case .restart(let isFailure):
            let wait = deployments[index.value].places[place].backoff.workerEnded(
                readyTime: record.readyTime, served: workers[worker.handle].served, restart, using: &generator)
            deployments[index.value].places[place].startAt = now + wait
            if isFailure, deployments[index.value].intensity.workerFailed(restart, now: now) {
                let count = restart.maximumFailures + 1
                let window = restart.window / 1_000_000_000
                let text = isProbe ? "tried again in vain" : "\(count) failures within \(window) s; the last"
                giveUp(index, "\(text): \(record.detail)", isFinal: false)
            }
        case .rest: deployments[index.value].places[place].isResting = true
        case .giveUp(let isFinal):
            deployments[index.value].intensity.gaveUp()
            giveUp(index, record.detail, isFinal: isFinal)
        }
        // A probe that ends in a way that is no failure has not shown that all is well.
        if deployments[index.value].intensity.state == .probing, record.reason != .stopped {
            deployments[index.value].intensity.gaveUp()
            giveUp(index, record.detail, isFinal: false)
        }
        if !record.reason.leavesGroupAlone, !deployments[index.value].isRemoved { endGroup(of: index, after: worker) }
    }

    /// The one that is on its way in does not wait for the end of the one that it was to follow.
    private mutating func takeOver(_ worker: WorkerID, _ incoming: WorkerID) {
        let (index, place) = (workers[worker.handle].deployment, workers[worker.handle].place)
        workers[worker.handle].role = .outgoing
        workers[incoming.handle].role = .current
        deployments[index.value].places[place].outgoing.append(worker)
        deployments[index.value].places[place].current = incoming
        deployments[index.value].places[place].incoming = nil
        deployments[index.value].places[place].replacement = nil
    }

    /// The one that was on its way in is on its way out.
    private mutating func sendAway(_ incoming: WorkerID) {
        let (index, place) = (workers[incoming.handle].deployment, workers[incoming.handle].place)
        workers[incoming.handle].role = .outgoing
        deployments[index.value].places[place].outgoing.append(incoming)
        deployments[index.value].places[place].incoming = nil
    }

    /// The loss of a worker ends the server where the configuration says so.
    mutating func endServerIfLost(_ index: DeploymentIndex, _ record: ExitRecord) {
        let supervision = deployments[index.value].settings.supervision
        // One that never was ready is no loss: what it was to follow, or to become, is as it was.
        guard supervision.endsServerOnLoss, !drain.isLeaving, record.reason != .ok, record.readyTime != nil else {
            return
        }
        switch RestartPolicy.verdict(record.reason, supervision.restart, wasEverReady: true) {
        case .restart(isFailure: true), .giveUp, .rest: break
        case .restart, .restartAtOnce: return
        }
        note(.error, "the server ends, since a worker was lost (on_worker_loss)", index)
        exitCode = SupervisionSettings.lossExitCode
        stopRequested(.interrupt)
    }

    // MARK: Filling places

    /// The last worker of the place was swept.
    mutating func placeBecameVacant(_ index: DeploymentIndex, place: Int) {
        if let group = deployments[index.value].settings.supervision.group {
            return startGroup(group, after: index, place: place)
        }
        planStart(index, place: place, at: deployments[index.value].places[place].startAt)
    }

    /// A worker may be started there.
    func canStart(_ index: DeploymentIndex, place: Int) -> Bool {
        let spot = deployments[index.value].places[place]
        return drain.startsWorkers && deployments[index.value].order != .stop && !spot.isRetired && spot.current == nil
            && deployments[index.value].intensity.state != .open
    }

    /// Fills the vacant place at a time; nil: not at all.
    mutating func planStart(_ index: DeploymentIndex, place: Int, at time: UInt64?) {
        guard deployments[index.value].places[place].current == nil else { return }
        actions.append(.cancelTimer(.startWorker(index, place: place)))
        deployments[index.value].places[place].startAt = nil
        guard let time, canStart(index, place: place) else {
            loadGate.withdraw(StartTicket(deployment: index, place: place, isReplacement: false))
            return vacate(index, place: place, restingVacancy(index))
        }
        if time > now {
            vacate(index, place: place, .backoff(until: time))
            actions.append(.startTimer(.startWorker(index, place: place), at: time))
        } else {
            vacate(index, place: place, .queued)
            loadGate.enter(
                StartTicket(deployment: index, place: place, isReplacement: false),
                device: deployments[index.value].settings.supervision.device(of: place),
                group: deployments[index.value].settings.supervision.group)
            startQueued()
        }
    }

    private func restingVacancy(_ index: DeploymentIndex) -> Place.Vacancy {
        deployments[index.value].failure != nil && deployments[index.value].order != .stop ? .failed : .stopped
    }

    private mutating func vacate(_ index: DeploymentIndex, place: Int, _ vacancy: Place.Vacancy) {
        deployments[index.value].places[place].vacancy = vacancy
        deployments[index.value].places[place].since = now
        announceVacancy(index, place: place)
        announceDeployment(index)
    }

    mutating func backoffOver(_ index: DeploymentIndex, place: Int) {
        guard case .backoff = deployments[index.value].places[place].vacancy else { return }
        planStart(index, place: place, at: now)
    }

    /// Fills all places of the deployment that nobody fills, without a wait.
    mutating func startVacantPlaces(_ index: DeploymentIndex) {
        let waitsForGroup = isGroupEnding(index)
        for place in deployments[index.value].places.indices where !deployments[index.value].places[place].isResting {
            if !waitsForGroup {
                planStart(index, place: place, at: now)
            } else if deployments[index.value].places[place].current == nil {
                // All start together, once the last of those who were before is gone.
                deployments[index.value].places[place].startAt = now
            }
        }
    }

    /// Members of its group are on their way out. False without a group.
    private func isGroupEnding(_ index: DeploymentIndex) -> Bool {
        guard let group = deployments[index.value].settings.supervision.group else { return false }
        return members(of: group).contains { member in
            deployments[member.value].places.contains { place in
                place.current.map { !workers[$0.handle].stage.mayServe } ?? false
            }
        }
    }

    /// Starts as many of those that wait for their turn as may load now.
    mutating func startQueued() {
        while drain.startsWorkers, let ticket = loadGate.next(now: now) {
            if ticket.isReplacement { startReplacement(ticket) } else { startQueued(ticket) }
        }
        if let time = loadGate.nextTurn(now: now), drain.startsWorkers {
            isTakingTurns = true
            actions.append(.startTimer(.loadTurn, at: time))
        } else if isTakingTurns {
            isTakingTurns = false
            actions.append(.cancelTimer(.loadTurn))
        }
    }

    mutating func loadTurnOver() {
        isTakingTurns = false
        startQueued()
    }

    private mutating func startQueued(_ ticket: StartTicket) {
        let (index, place) = (ticket.deployment, ticket.place)
        guard canStart(index, place: place), deployments[index.value].places[place].vacancy == .queued else { return }
        if deployments[index.value].places[place].wasFilled {
            deployments[index.value].places[place].restarts += 1
            deployments[index.value].restartCount += 1
            restartSetup(index)
        }
        deployments[index.value].places[place].wasFilled = true
        deployments[index.value].places[place].isResting = false
        startWorker(index, place: place, as: .current)
    }

    /// A deployment whose setup has never succeeded begins a new one with the next start.
    private mutating func restartSetup(_ index: DeploymentIndex) {
        guard deployments[index.value].setup.status == .failed else { return }
        deployments[index.value].setup = SetupReport(startedWall: wall)
    }

    // MARK: Giving up

    /// No further worker is started in the deployment and its group; those that live go on.
    private mutating func giveUp(_ index: DeploymentIndex, _ detail: String, isFinal: Bool) {
        if takesBackInstead(index, detail) { return }
        note(.error, "the deployment has failed: \(detail)", index)
        for member in members(ofGroupOf: index) {
            deployments[member.value].intensity.gaveUp()
            deployments[member.value].failure = Deployment.Failure(detail: detail, isFinal: isFinal)
            deployments[member.value].rolling?.fail(detail)
            endWaiting(in: member)
            for place in deployments[member.value].places.indices { planStart(member, place: place, at: nil) }
            announceDeployment(member, detail: detail)
        }
        scheduleProbe(index)
    }

    /// A deployment that was given up is tried again later, unless that would not help.
    mutating func scheduleProbe(_ index: DeploymentIndex) {
        let interval = deployments[index.value].settings.supervision.restart.probeInterval
        guard let failure = deployments[index.value].failure, !failure.isFinal, interval > 0, drain.startsWorkers else {
            return
        }
        actions.append(.startTimer(.probe(index), at: now + interval))
    }

    /// Tries one worker of a deployment that was given up; of a group, all.
    mutating func probe(_ index: DeploymentIndex) {
        guard let failure = deployments[index.value].failure, !failure.isFinal, drain.startsWorkers,
            deployments[index.value].order != .stop, deployments[index.value].intensity.state == .open
        else { return }
        let members = members(ofGroupOf: index)
        for member in members where deployments[member.value].intensity.state == .open {
            deployments[member.value].intensity.probeBegan()
        }
        note(.info, "the failed deployment is tried again", index)
        if deployments[index.value].settings.supervision.group != nil {
            for member in members { startVacantPlaces(member) }
            return
        }
        let vacant = deployments[index.value].places.firstIndex { $0.current == nil && !$0.isRetired && !$0.isResting }
        if let vacant {
            planStart(index, place: vacant, at: now)
        } else {
            clearFailure(of: members)
        }
    }

    mutating func clearFailure(of members: [DeploymentIndex]) {
        for member in members {
            deployments[member.value].failure = nil
            deployments[member.value].intensity.reset()
            actions.append(.cancelTimer(.probe(member)))
            announceDeployment(member)
        }
    }

    // MARK: Groups

    /// The deployments that live and die with this one, itself included.
    func members(ofGroupOf index: DeploymentIndex) -> [DeploymentIndex] {
        guard let group = deployments[index.value].settings.supervision.group else { return [index] }
        return members(of: group)
    }

    private func members(of group: String) -> [DeploymentIndex] {
        deployments.indices.filter { deployments[$0].settings.supervision.group == group }.map { DeploymentIndex($0) }
    }

    /// One member has ended: the others end, too.
    private mutating func endGroup(of index: DeploymentIndex, after worker: WorkerID) {
        guard let group = deployments[index.value].settings.supervision.group, drain.startsWorkers else { return }
        let name = deployments[index.value].settings.name
        let detail = "worker \(workers[worker.handle].place) of \(name), a member of its group \(group), has ended"
        for member in members(of: group) {
            for place in deployments[member.value].places.indices {
                planStart(member, place: place, at: nil)
                for other in deployments[member.value].places[place].lives where other != worker {
                    stopWorker(other, because: .group, detail: detail)
                }
            }
        }
    }

    /// Starts the members together, once nothing is left of all who were before them.
    private mutating func startGroup(_ group: String, after index: DeploymentIndex, place: Int) {
        let members = members(of: group)
        guard members.allSatisfy({ deployments[$0.value].places.allSatisfy { $0.current == nil } }) else {
            return vacate(index, place: place, .queued)
        }
        let times = members.flatMap { deployments[$0.value].places.compactMap(\.startAt) }
        // Each waits for the one that has to wait longest.
        let isResting = members.contains { deployments[$0.value].places.contains { $0.isResting && !$0.isRetired } }
        let time = isResting ? nil : times.max()
        for member in members {
            for place in deployments[member.value].places.indices { planStart(member, place: place, at: time) }
        }
    }

    /// None of a group takes predictions before all of it are ready.
    mutating func openGroupIfComplete(_ group: String) {
        let members = members(of: group)
        let lives = members.flatMap { deployments[$0.value].places.filter { !$0.isRetired }.map(\.current) }
        let isComplete = lives.allSatisfy { life in
            life.map { workers[$0.handle].stage == .ready } ?? false
        }
        guard isComplete else { return }
        for member in members { deployments[member.value].isOpen = true }
        for member in members {
            announceDeployment(member)
            serveRetries(member)
        }
    }

    /// A member is gone: the others take nothing new. What they run ends with them.
    mutating func closeGroup(_ group: String) {
        for member in members(of: group) {
            deployments[member.value].isOpen = false
            announceDeployment(member)
        }
    }
}
