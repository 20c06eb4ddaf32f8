import SSE
import WireProtocol

/// The life of a worker from its start until it is ready.
extension SupervisorEngine {
    // MARK: Starting

    /// Starts a process for the place. Who calls has asked the gate.
    mutating func startWorker(_ index: DeploymentIndex, place: Int, as role: WorkerRecord.Role) {
        let generation = deployments[index.value].places[place].generation ?? deployments[index.value].generation
        let record = WorkerRecord(
            deployment: index, place: place, generation: generation, role: role, frameLimit: settings.frameLimit,
            now: now)
        let worker = WorkerID(handle: workers.insert(record))
        switch role {
        case .current: deployments[index.value].places[place].current = worker
        case .incoming: deployments[index.value].places[place].incoming = worker
        case .outgoing: preconditionFailure("nobody is started in order to leave")
        }
        loadGate.began(
            worker, device: deployments[index.value].settings(of: generation).supervision.device(of: place),
            group: deployments[index.value].settings.supervision.group, now: now)
        announce(worker)
        actions.append(.spawn(worker, SpawnPlan(deployment: index, generation: generation, place: place)))
    }

    mutating func workerSpawned(_ worker: WorkerID, processID: Int32) {
        guard workers.contains(worker.handle) else { return }
        workers[worker.handle].processID = processID
        note(.info, "worker started", worker)
        send(.hello(hello), to: worker)
        actions.append(
            .startTimer(.loadDeadline(worker), at: now + settings(of: worker).loadTimeout))
    }

    private var hello: SupervisorHello {
        SupervisorHello(
            supervisor: ProductVersion.text,
            capabilities: [Capability.spill, Capability.heartbeat, Capability.interrupt]
                + (settings.delivery.uploadURL == nil ? [] : [Capability.upload]),
            maximumPayloadLength: settings.frameLimit,
            inlinePayloadLength: settings.inlineLimit, spoolDirectory: settings.spoolDirectory)
    }

    mutating func workerSpawnFailed(_ worker: WorkerID, reason: String) {
        guard workers.contains(worker.handle), workers[worker.handle].stage != .exited else { return }
        note(.error, "the worker could not be started: \(reason)", worker)
        let deployment = workers[worker.handle].deployment
        failSetup(deployment, "worker could not be started: \(reason)")
        let text = "the process could not be started: \(reason)"
        let record = workerEnded(worker, workers[worker.handle].cause ?? .spawn, text, nil)
        settle(worker, record)
        // There was no process, so it has left nothing behind.
        remove(worker)
        startQueued()
        endHopelessWaiting()
        progressRecycling(deployment)
        progressRolling(deployment)
        progressOperations()
        progressDrain()
    }

    // MARK: Loading

    mutating func workerSaidHello(
        _ worker: WorkerID, _ answer: WorkerHello
    ) throws(ProtocolError) {
        let agreement = try Agreement(hello, answer)
        // One that is being stopped goes on to be stopped.
        guard workers[worker.handle].stage == .starting else { return }
        workers[worker.handle].session.adopt(agreement)
        workers[worker.handle].canSpill = agreement.allowsSpill
        workers[worker.handle].canUpload = agreement.allowsUpload
        workers[worker.handle].canBeat = agreement.allowsHeartbeat
        workers[worker.handle].canInterrupt = agreement.allowsInterrupt
        workers[worker.handle].life.workerSaidHello(now: now)
        let settings = settings(of: worker)
        let beat = agreement.allowsHeartbeat ? settings.supervision.watchdog.heartbeatMilliseconds : nil
        let wanted = Initialization(
            deployment: settings.name, handler: settings.handler, heartbeatMilliseconds: beat)
        send(.initialize(wanted), to: worker)
        announce(worker)
    }

    mutating func workerIsLoading(_ worker: WorkerID, _ progress: LoadingProgress) {
        let deployment = workers[worker.handle].deployment
        if let share = progress.progress {
            deployments[deployment.value].setup.progress = share
            workers[worker.handle].progress = share
        }
        if let message = progress.message {
            deployments[deployment.value].setup.append(message + "\n")
            workers[worker.handle].progressMessage = message
        }
        guard workers[worker.handle].stage == .loading else { return }
        // Progress is a sign of life: the time begins anew.
        actions.append(
            .startTimer(.loadDeadline(worker), at: now + settings(of: worker).loadTimeout))
    }

    mutating func workerBecameReady(_ worker: WorkerID, _ manifest: HandlerManifest) {
        guard workers[worker.handle].stage == .loading else { return }
        actions.append(.cancelTimer(.loadDeadline(worker)))
        let index = workers[worker.handle].deployment
        switch ServedHandler.resolve(manifest, settings(of: worker)) {
        case .failure(let conflict): failStart(worker, index, conflict.text)
        case .success(let handler):
            workers[worker.handle].life.workerBecameReady(now: now)
            workers[worker.handle].handler = handler
            workers[worker.handle].session.limitSlots(to: manifest.slotCount)
            workers[worker.handle].runs = Array(repeating: .none, count: handler.concurrency)
            workerIsWatched(worker)
            note(.info, "worker ready: handler \"\(handler.name)\", \(handler.concurrency) slot(s)", worker)
            loadGate.left(worker)
            announce(worker)
            if workers[worker.handle].role == .incoming {
                replacementBecameReady(worker, handler)
            } else {
                serve(worker, handler)
            }
            provedWell(index)
            startQueued()
            progressRecycling(index)
            progressRolling(index)
            progressReload()
            progressOperations()
        }
    }

    /// The configuration asks for what the worker does not offer: starting again would not help.
    private mutating func failStart(_ worker: WorkerID, _ index: DeploymentIndex, _ text: String) {
        let name = deployments[index.value].settings.name
        note(.error, "deployment \"\(name)\": \(text)", worker)
        let isIncoming = workers[worker.handle].role == .incoming
        if !isIncoming { failSetup(index, text) }
        stopWorker(worker, because: .config, detail: text)
        // While another one serves, only the change that was asked for has failed; and what has served once must not end
        // its neighbours because its program was changed meanwhile.
        guard !isIncoming, deployments[index.value].isOfTheStart, !deployments[index.value].wasEverReady,
            deployments[index.value].rollout == nil
        else { return }
        exitCode = SupervisorEngine.configurationExitCode
        // A second conflict is no second request to stop, which would cut short what still runs.
        if !drain.isLeaving { stopRequested(.interrupt) }
    }

    mutating func workerSetupFailed(_ worker: WorkerID, _ failure: SetupFailure) {
        let index = workers[worker.handle].deployment
        // Many a message names its kind itself.
        let kind = failure.kind.flatMap { failure.message.contains($0) ? nil : "\($0): " } ?? ""
        let isNamed = failure.message.lowercased().hasPrefix("setup failed")
        note(.error, "\(isNamed ? "" : "setup failed: ")\(kind)\(failure.message)", worker)
        for line in (failure.traceback ?? "").split(separator: "\n").suffix(SupervisorEngine.loggedTracebackLines) {
            note(.error, String(line), worker)
        }
        if let traceback = failure.traceback, deployments[index.value].setup.status != .succeeded {
            deployments[index.value].setup.explain(traceback)
        }
        failSetup(index, "Setup failed: \(kind)\(failure.message)")
        stopWorker(worker, because: .setup, detail: "set-up failed: \(kind)\(failure.message)")
    }

    /// So many lines of a traceback go to the log: the last ones name the error, and nobody reads more.
    private static let loggedTracebackLines = 100

    mutating func failSetup(_ index: DeploymentIndex, _ text: String) {
        guard deployments[index.value].setup.status != .succeeded else { return }
        deployments[index.value].setup.status = .failed
        deployments[index.value].setup.completedWall = wall
        deployments[index.value].setup.explain("worker setup failed: \(text)")
    }

    mutating func loadTookTooLong(_ worker: WorkerID) {
        guard workers.contains(worker.handle) else { return }
        let stage = workers[worker.handle].stage
        guard stage == .starting || stage == .loading else { return }
        note(.error, "the worker was not ready in time (load_timeout)", worker)
        failSetup(workers[worker.handle].deployment, "worker setup timed out")
        workers[worker.handle].fault = "setup timed out"
        stopWorker(worker, because: .loadTimeout, detail: "setup timed out")
    }

    // MARK: Serving

    /// The worker takes predictions from now on; one of a group, as soon as all of the group are ready.
    mutating func serve(_ worker: WorkerID, _ handler: ServedHandler) {
        let index = workers[worker.handle].deployment
        deployments[index.value].handler = handler
        deployments[index.value].lastExit = nil
        deployments[index.value].isNewcomer = false
        if deployments[index.value].setup.status != .succeeded {
            deployments[index.value].setup.status = .succeeded
            deployments[index.value].setup.completedWall = wall
        }
        deployments[index.value].slots.workerBecameReady(worker, slots: handler.concurrency)
        alignHandlers(index)
        if let group = deployments[index.value].settings.supervision.group { openGroupIfComplete(group) }
        announceDeployment(index)
        serveRetries(index)
    }

    /// A worker is ready: whatever kept its deployment from it has passed.
    private mutating func provedWell(_ index: DeploymentIndex) {
        guard let failure = deployments[index.value].failure, !failure.isFinal else { return }
        // Of a group, all must be.
        guard deployments[index.value].settings.supervision.group == nil || deployments[index.value].isReady else {
            return
        }
        clearFailure(of: members(ofGroupOf: index))
        startVacantPlaces(index)
    }
}
