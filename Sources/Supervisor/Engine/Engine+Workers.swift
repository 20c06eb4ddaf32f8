import SSE
import WireProtocol

/// The life of a worker: from its start to its burial.
extension SupervisorEngine {
    /// How long (nanoseconds) a worker that has closed its pipe may take to exit before it is made to.
    static let exitPatience: UInt64 = 2_000_000_000

    // MARK: Starting

    mutating func startWorker(_ deployment: DeploymentIndex, place: Int) {
        guard !drain.isLeaving, deployments[deployment.value].places[place] == nil else { return }
        let record = WorkerRecord(
            deployment: deployment, place: place, frameLimit: settings.frameLimit,
            stopGrace: deployments[deployment.value].settings.stopGrace)
        let worker = WorkerID(handle: workers.insert(record))
        deployments[deployment.value].places[place] = worker
        actions.append(.spawn(worker, SpawnPlan(deployment: deployment, generation: 0, place: place)))
    }

    mutating func workerSpawned(_ worker: WorkerID, processID: Int32) {
        guard workers.contains(worker.handle) else { return }
        workers[worker.handle].processID = processID
        let deployment = workers[worker.handle].deployment
        note(.info, "worker started", worker)
        send(.hello(hello), to: worker)
        actions.append(
            .startTimer(.loadDeadline(worker), at: now + deployments[deployment.value].settings.loadTimeout))
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
        guard workers.contains(worker.handle) else { return }
        note(.error, "the worker could not be started: \(reason)", worker)
        let (deployment, place) = (workers[worker.handle].deployment, workers[worker.handle].place)
        failSetup(deployment, "worker could not be started: \(reason)")
        remove(worker)
        restartLater(deployment, place: place)
        progressDrain()
    }

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
        workers[worker.handle].stage = .loading
        let settings = deployments[workers[worker.handle].deployment.value].settings
        let beat = agreement.allowsHeartbeat ? settings.supervision.watchdog.heartbeatMilliseconds : nil
        let wanted = Initialization(
            deployment: settings.name, handler: settings.handler, heartbeatMilliseconds: beat)
        send(.initialize(wanted), to: worker)
    }

    mutating func workerIsLoading(_ worker: WorkerID, _ progress: LoadingProgress) {
        let deployment = workers[worker.handle].deployment
        if let share = progress.progress { deployments[deployment.value].setup.progress = share }
        if let message = progress.message { deployments[deployment.value].setup.append(message + "\n") }
        // Progress is a sign of life: the time begins anew.
        actions.append(
            .startTimer(.loadDeadline(worker), at: now + deployments[deployment.value].settings.loadTimeout))
    }

    mutating func workerBecameReady(_ worker: WorkerID, _ manifest: HandlerManifest) {
        guard workers[worker.handle].stage == .loading else { return }
        actions.append(.cancelTimer(.loadDeadline(worker)))
        let index = workers[worker.handle].deployment
        switch ServedHandler.resolve(manifest, deployments[index.value].settings) {
        case .failure(let conflict): failStart(worker, index, conflict.text)
        case .success(let handler):
            workers[worker.handle].stage = .ready
            workers[worker.handle].session.limitSlots(to: manifest.slotCount)
            workers[worker.handle].runs = Array(repeating: .none, count: handler.concurrency)
            deployments[index.value].handler = handler
            deployments[index.value].lastExit = nil
            deployments[index.value].isGivenUp = false
            deployments[index.value].slots.workerBecameReady(worker, slots: handler.concurrency)
            if deployments[index.value].setup.status != .succeeded {
                deployments[index.value].setup.status = .succeeded
                deployments[index.value].setup.completedWall = wall
            }
            note(.info, "worker ready: handler \"\(handler.name)\", \(handler.concurrency) slot(s)", worker)
        }
    }

    /// The configuration asks for what the worker does not offer: starting again would not help.
    private mutating func failStart(_ worker: WorkerID, _ index: DeploymentIndex, _ text: String) {
        let name = deployments[index.value].settings.name
        note(.error, "deployment \"\(name)\": \(text)", worker)
        failSetup(index, text)
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
        giveUpIfNeverReady(index)
        stopWorker(worker)
    }

    /// So many lines of a traceback go to the log: the last ones name the error, and nobody reads more.
    private static let loggedTracebackLines = 100

    private mutating func failSetup(_ index: DeploymentIndex, _ text: String) {
        guard deployments[index.value].setup.status != .succeeded else { return }
        deployments[index.value].setup.status = .failed
        deployments[index.value].setup.completedWall = wall
        deployments[index.value].setup.explain("worker setup failed: \(text)")
    }

    /// What has never worked will not work the next time either; what has, was kept from it by something that passes.
    private mutating func giveUpIfNeverReady(_ index: DeploymentIndex) {
        deployments[index.value].isGivenUp = deployments[index.value].setup.status == .failed
    }

    mutating func loadTookTooLong(_ worker: WorkerID) {
        guard workers.contains(worker.handle) else { return }
        let stage = workers[worker.handle].stage
        guard stage == .starting || stage == .loading else { return }
        let index = workers[worker.handle].deployment
        note(.error, "the worker was not ready in time (load_timeout)", worker)
        failSetup(index, "worker setup timed out")
        giveUpIfNeverReady(index)
        workers[worker.handle].fault = "setup timed out"
        stopWorker(worker)
    }

    // MARK: Sending

    mutating func send(_ message: SupervisorMessage, to worker: WorkerID) {
        if case .predict(let slot, let run, let request) = message, request.input.bytes.count > settings.inlineLimit,
            workers[worker.handle].canSpill
        {
            var payload: [UInt8] = []
            request.append(to: &payload)
            guard accept(FrameHeader(.predict, flags: .spilled, slot: slot, sequence: run), worker) else { return }
            actions.append(.spillToWorker(worker, slot: slot, run: run, payload))
            return
        }
        var frame: [UInt8] = []
        do throws(ProtocolError) {
            try message.encode(into: &frame, maximumPayloadLength: settings.frameLimit)
            guard accept(message.header, worker) else { return }
            actions.append(.sendToWorker(worker, frame))
        } catch {
            couldNotSend(message, to: worker, error)
        }
    }

    private mutating func accept(_ header: FrameHeader, _ worker: WorkerID) -> Bool {
        do throws(ProtocolError) {
            try workers[worker.handle].session.send(header)
            return true
        } catch {
            // A frame out of order is a fault of the engine; the worker it was meant for must not suffer for it.
            assertionFailure("\(error)")
            note(.error, "internal: \(error)", worker)
            return false
        }
    }

    /// Only a prediction's input can be too large for a frame; the run has not begun then.
    private mutating func couldNotSend(_ message: SupervisorMessage, to worker: WorkerID, _ error: ProtocolError) {
        guard case .predict(let slot, _, _) = message, let key = workers[worker.handle].prediction(in: slot) else {
            return note(.error, "internal: \(error)", worker)
        }
        workers[worker.handle].runs[Int(slot)] = .none
        // Numbers go to frames that were sent, without a gap.
        workers[worker.handle].nextRun -= 1
        predictions[key].slot = nil
        let deployment = workers[worker.handle].deployment
        deployments[deployment.value].slots.giveBack(Slot(worker: worker, number: slot))
        end(
            key,
            .failed(
                message: "the input is larger than the \(settings.frameLimit) bytes that the worker's protocol carries",
                code: .inputTooLarge),
            collected: false)
    }

    // MARK: Logs

    mutating func workerLogged(_ worker: WorkerID, _ source: LogSource, _ bytes: [UInt8]) {
        guard workers.contains(worker.handle) else { return }
        let lines =
            switch source {
            case .standardOutput: workers[worker.handle].standardOutput.receive(bytes)
            case .standardError: workers[worker.handle].standardError.receive(bytes)
            }
        if let lines { workerLogLines(worker, source, lines) }
    }

    /// Passes on what has no line end, since what comes next belongs to something else.
    mutating func flushLogLines(_ worker: WorkerID) {
        if let rest = workers[worker.handle].standardOutput.flush() { workerLogLines(worker, .standardOutput, rest) }
        if let rest = workers[worker.handle].standardError.flush() { workerLogLines(worker, .standardError, rest) }
    }

    /// Text that is of no run by the worker's own word: of the only prediction that runs there, if it is the only one;
    /// never of a wrong one.
    ///
    /// - Parameter isFramed: it came between the frames, so it was written before the `started` that has not come yet.
    mutating func workerLogLines(_ worker: WorkerID, _ source: LogSource, _ text: [UInt8], isFramed: Bool = false) {
        let index = workers[worker.handle].deployment
        if let key = workers[worker.handle].onlyPrediction,
            !isFramed || predictions[key].prediction.status == .processing
        {
            text.withUnsafeBytes { predictions[key].prediction.logReceived($0, source: source) }
            markDirty(key)
            noteWebhook(key, .logs)
            return
        }
        let readable = String(decoding: text, as: UTF8.self)
        let stage = workers[worker.handle].stage
        if stage == .starting || stage == .loading { deployments[index.value].setup.append(readable) }
        for line in readable.split(separator: "\n") {
            var entry = entry(.info, String(line), worker)
            entry.source = source.label
            actions.append(.log(entry))
        }
    }

    // MARK: Ending

    mutating func workerBrokeProtocol(_ worker: WorkerID, _ error: ProtocolError) {
        guard workers[worker.handle].fault == nil else { return }
        note(.error, "the worker broke the protocol and is stopped: \(error)", worker)
        workers[worker.handle].fault = "\(error)"
        // Runs whose last frame came before the fault have ended well, whether or not it came in the same read.
        completeDrains(worker)
        for key in workers[worker.handle].activePredictions {
            abandonSilently(key, worker)
            end(
                key, .failed(message: "Worker broke the protocol: \(error)", code: .workerProtocolError),
                collected: false)
        }
        let index = workers[worker.handle].deployment
        failSetup(index, "the worker broke the protocol: \(error)")
        retire(worker)
        // Nothing that it says from here on can be understood.
        workers[worker.handle].stage = .stopping
        actions.append(.pauseReading(worker))
        actions.append(.signal(worker, .kill))
    }

    private mutating func abandonSilently(_ key: PredictionKey, _ worker: WorkerID) {
        if let slot = predictions[key].slot { workers[worker.handle].runs[Int(slot.number)] = .none }
    }

    mutating func workerOutputEnded(_ worker: WorkerID) {
        guard workers.contains(worker.handle) else { return }
        retire(worker)
        actions.append(.startTimer(.exitDeadline(worker), at: now + SupervisorEngine.exitPatience))
    }

    /// It closed its pipe and lives on: nothing will come for its predictions any more, however long its end takes.
    mutating func workerStayedSilent(_ worker: WorkerID) {
        guard workers.contains(worker.handle) else { return }
        for key in workers[worker.handle].activePredictions {
            abandonSilently(key, worker)
            end(key, .failed(message: "Worker closed its pipe", code: .workerExited), collected: false)
        }
        // It has nothing to bring to an end that anybody could hear of.
        actions.append(.closeDeathPipe(worker))
        stopWorker(worker)
    }

    /// The worker gets no further predictions.
    private mutating func retire(_ worker: WorkerID) {
        let index = workers[worker.handle].deployment
        deployments[index.value].slots.workerLeft(worker)
        healthWorkerLeft(worker)
    }

    /// Begins to end the worker, or goes on to the next step of it.
    mutating func stopWorker(_ worker: WorkerID) {
        guard workers.contains(worker.handle) else { return }
        retire(worker)
        let wasInformed = workers[worker.handle].stage != .starting
        workers[worker.handle].stage = .stopping
        let (step, wait) = workers[worker.handle].ladder.next()
        switch step {
        case .ask:
            // The end of the death pipe would say that nobody is there any more: no time for anything.
            if wasInformed, workers[worker.handle].fault == nil {
                send(.shutdown(graceMilliseconds: workers[worker.handle].ladder.grace / 2_000_000), to: worker)
            } else {
                actions.append(.closeDeathPipe(worker))
            }
        case .terminate: actions.append(.signal(worker, .terminate))
        case .kill: actions.append(.signal(worker, .kill))
        }
        if let wait { actions.append(.startTimer(.stopStep(worker), at: now + wait)) }
    }

    mutating func workerExited(_ worker: WorkerID, _ reason: ProcessStatus) {
        guard workers.contains(worker.handle) else { return }
        if workers[worker.handle].spill != nil {
            workers[worker.handle].exit = reason
        } else {
            bury(worker, reason)
        }
    }

    /// The process is gone and all it wrote was taken in: every prediction that it held ends now.
    mutating func bury(_ worker: WorkerID, _ reason: ProcessStatus) {
        let (index, place) = (workers[worker.handle].deployment, workers[worker.handle].place)
        completeDrains(worker)
        let wasAsked = workers[worker.handle].stage == .stopping
        let text = "\(workers[worker.handle].fault.map { "\($0); " } ?? "")\(reason.text)"
        note(wasAsked && workers[worker.handle].fault == nil ? .info : .error, "worker exited: \(text)", worker)
        retire(worker)
        let held = workers[worker.handle].activePredictions
        workers[worker.handle].stage = .exited
        workers[worker.handle].runs = []
        for key in held { endWithWorker(key, reason) }
        if !wasAsked { failSetup(index, "worker crashed: \(text)") }
        deployments[index.value].lastExit = text
        remove(worker)
        restartLater(index, place: place)
        progressDrain()
    }

    private mutating func endWithWorker(_ key: PredictionKey, _ reason: ProcessStatus) {
        if predictions[key].prediction.isCancelRequested { return end(key, .canceled, collected: false) }
        if drain.phase >= .canceling {
            return end(key, .failed(message: "the server is shutting down", code: .shuttingDown), collected: false)
        }
        end(key, .failed(message: "Worker crashed: \(reason.text)", code: .workerExited), collected: false)
    }

    private mutating func remove(_ worker: WorkerID) {
        let (index, place) = (workers[worker.handle].deployment, workers[worker.handle].place)
        for timer in [TimerID.loadDeadline(worker), .stopStep(worker), .exitDeadline(worker)] {
            actions.append(.cancelTimer(timer))
        }
        if deployments[index.value].places[place] == worker { deployments[index.value].places[place] = nil }
        _ = workers.remove(worker.handle)
        actions.append(.release(worker))
    }

    private mutating func restartLater(_ index: DeploymentIndex, place: Int) {
        guard !drain.isLeaving, !deployments[index.value].isGivenUp else { return }
        actions.append(.startTimer(.startWorker(index, place: place), at: now + settings.restartDelay))
    }

    // MARK: The log

    private mutating func note(_ level: LogEntry.Level, _ message: String, _ worker: WorkerID) {
        actions.append(.log(entry(level, message, worker)))
    }

    private func entry(_ level: LogEntry.Level, _ message: String, _ worker: WorkerID) -> LogEntry {
        LogEntry(
            level, message, deployment: deployments[workers[worker.handle].deployment.value].settings.name,
            processID: workers[worker.handle].processID)
    }
}
