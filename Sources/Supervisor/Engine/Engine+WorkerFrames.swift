import SSE
import WireProtocol

/// What workers say: the way of a token from the pipe into the streams.
extension SupervisorEngine {
    /// Takes bytes that the worker has written, cut at any place. They are only looked at during the call.
    ///
    /// Frames of runs go straight into their predictions, without a value in between: nearly everything that this
    /// program does passes here.
    package mutating func receive(_ bytes: UnsafeRawBufferPointer, from worker: WorkerID, now: UInt64) {
        self.now = now
        // What a worker says after a fault cannot be trusted any more.
        guard workers.contains(worker.handle), workers[worker.handle].fault == nil,
            workers[worker.handle].stage != .exited
        else { return }
        workers[worker.handle].lastFrame = now
        if workers[worker.handle].spill != nil {
            workers[worker.handle].held.append(contentsOf: bytes)
            return
        }
        decode(bytes, from: worker)
    }

    private mutating func decode(_ bytes: UnsafeRawBufferPointer, from worker: WorkerID) {
        var position = 0
        do throws(ProtocolError) {
            while let frame = try workers[worker.handle].decoder.next(from: bytes, at: &position) {
                try workers[worker.handle].session.receive(frame.header, at: frame.offset)
                if frame.header.type == .output, !frame.header.flags.contains(.spilled) {
                    try receiveOutput(frame.payload, slot: frame.header.slot, from: worker, at: frame.offset)
                } else {
                    try receive(WorkerMessage.decode(frame), from: worker, at: frame.offset)
                }
                if workers[worker.handle].spill != nil {
                    workers[worker.handle].held = Array(bytes[position...])
                    return
                }
            }
        } catch {
            workerBrokeProtocol(worker, error)
        }
    }

    @inline(__always)
    private mutating func receiveOutput(
        _ payload: UnsafeRawBufferPointer, slot: UInt16, from worker: WorkerID, at offset: UInt64
    ) throws(ProtocolError) {
        guard let key = workers[worker.handle].prediction(in: slot) else { return }
        let scan = PayloadScan.of(payload)
        if scan != .clean || payload.isEmpty { try check(scan, payload, at: offset) }
        markDirty(key)
        predictions[key].lastSign = now
        guard predictions[key].prediction.outputReceived(payload, isClean: scan == .clean) else {
            return outputGrewTooLarge(key)
        }
        noteWebhook(key, .output)
    }

    private func check(
        _ scan: PayloadScan, _ payload: UnsafeRawBufferPointer, at offset: UInt64
    ) throws(ProtocolError) {
        if payload.isEmpty {
            throw ProtocolError(
                .remote, .badPayload, at: offset, "The payload of `output` is empty; it must be one JSON value.")
        }
        if case .invalidUTF8(let place) = scan {
            throw ProtocolError(
                .remote, .badPayload, at: offset,
                "The payload of `output` is not UTF-8 from its byte \(place) on; it must be one JSON value.")
        }
    }

    private mutating func receive(
        _ message: WorkerMessage, from worker: WorkerID, at offset: UInt64
    ) throws(ProtocolError) {
        switch message {
        case .hello(let hello): try workerSaidHello(worker, hello)
        case .loading(let progress): workerIsLoading(worker, progress)
        case .ready(let manifest): drainLogs(of: worker, then: .ready(manifest))
        case .setupFailed(let failure): drainLogs(of: worker, then: .setupFailed(failure))
        case .started(let slot): runStarted(slot, worker)
        case .output: preconditionFailure("outputs within the frame never become messages here")
        case .spilledOutput(let slot, _, let file):
            beginSpill(PendingSpill(slot: slot, mime: nil), path: file.path, size: file.size, worker)
        case .fileOutput(let slot, _, let file):
            noteInlinedFile(worker)
            beginSpill(PendingSpill(slot: slot, mime: file.mime), path: file.path, size: nil, worker)
        case .upload(let slot, _, let request): uploadRequested(slot, request, worker)
        case .log(let slot, _, let text): logged(text, slot: slot, worker)
        case .metric(let slot, _, let metric): metricRecorded(metric, slot: slot, worker)
        case .done(let slot, _, let outcome, let isCollected): runDone(slot, outcome, collected: isCollected, worker)
        case .healthResult(let result): healthAnswered(worker, result)
        case .heartbeat, .pong: break
        }
    }

    // MARK: Runs

    private mutating func runStarted(_ slot: UInt16, _ worker: WorkerID) {
        guard let key = workers[worker.handle].prediction(in: slot) else { return }
        predictions[key].prediction.workerStarted(now: now)
        predictions[key].lastSign = now
        let index = predictions[key].prediction.deployment
        if deployments[index.value].settings.supervision.retry.window != .beforeFirstOutput {
            // It is not run again after this.
            predictions[key].context = nil
        }
        noteWebhook(key, .start)
    }

    private mutating func logged(_ text: LogText, slot: UInt16?, _ worker: WorkerID) {
        workers[worker.handle].tail.append(text.bytes)
        guard let slot else { return workerLogLines(worker, text.stream, text.bytes, isFramed: true) }
        guard let key = workers[worker.handle].prediction(in: slot) else { return }
        predictions[key].lastSign = now
        text.bytes.withUnsafeBytes { predictions[key].prediction.logReceived($0, source: text.stream) }
        showOperators(text.bytes, text.stream, of: key, worker)
        markDirty(key)
        noteWebhook(key, .logs)
    }

    private mutating func metricRecorded(_ metric: Metric, slot: UInt16, _ worker: WorkerID) {
        guard let key = workers[worker.handle].prediction(in: slot) else { return }
        predictions[key].lastSign = now
        predictions[key].prediction.metricReceived(metric)
        markDirty(key)
    }

    /// The run's last frame. What the worker printed before it may still be in its log pipes: the end waits for that,
    /// within the same turn.
    private mutating func runDone(_ slot: UInt16, _ result: RunOutcome, collected: Bool, _ worker: WorkerID) {
        let outcome: Outcome =
            switch result {
            case .succeeded: .succeeded
            case .failed(let failure):
                .failed(
                    message: failure.error, code: .predictionFailed, kind: failure.kind,
                    isRetryable: failure.isRetryable)
            case .canceled: .canceled
            }
        let ended = FinishingRun(slot: slot, outcome: outcome, collected: collected)
        // One reading serves all runs that end in this turn, unless another run began between them.
        let last = workers[worker.handle].drains.count - 1
        if last >= 0, case .afterRuns(let others) = workers[worker.handle].drains[last] {
            workers[worker.handle].drains[last] = .afterRuns(others + [ended])
        } else {
            drainLogs(of: worker, then: .afterRuns([ended]))
        }
    }

    // MARK: Logs before and after

    private mutating func drainLogs(of worker: WorkerID, then drain: LogDrain) {
        workers[worker.handle].drains.append(drain)
        actions.append(.drainLogs(worker))
    }

    mutating func logsDrained(_ worker: WorkerID) {
        guard workers.contains(worker.handle) else { return }
        flushLogLines(worker)
        guard !workers[worker.handle].drains.isEmpty else { return }
        complete(workers[worker.handle].drains.removeFirst(), worker)
    }

    /// Nothing more will be read of the worker's logs, or not in time: what waited for that goes on.
    mutating func completeDrains(_ worker: WorkerID) {
        flushLogLines(worker)
        let drains = workers[worker.handle].drains
        workers[worker.handle].drains = []
        for drain in drains { complete(drain, worker) }
    }

    private mutating func complete(_ drain: LogDrain, _ worker: WorkerID) {
        switch drain {
        case .ready(let manifest): workerBecameReady(worker, manifest)
        case .setupFailed(let failure): workerSetupFailed(worker, failure)
        case .beforeRun: break
        case .afterRuns(let runs): for run in runs { runEnded(run, worker) }
        }
    }

    private mutating func runEnded(_ ended: FinishingRun, _ worker: WorkerID) {
        let run = workers[worker.handle].runs[Int(ended.slot)]
        workers[worker.handle].runs[Int(ended.slot)] = .none
        // The slot is free before any byte of the end is written to a client.
        let deployment = workers[worker.handle].deployment
        let slot = Slot(worker: worker, number: ended.slot)
        deployments[deployment.value].slots.giveBack(slot)
        cancelEnded(slot)
        workers[worker.handle].served += 1
        if case .active(let key, _) = run {
            if case .failed(let failure) = ended.outcome, failure.isRetryable {
                runLost(key, .flaggedByWorker, detail: "the worker says to try again", outcome: ended.outcome)
            } else {
                end(key, ended.outcome, collected: ended.collected)
            }
        }
        askForRecycling(worker)
        progressRecycling(deployment)
        serveRetries(deployment)
        endIfDrained(worker)
        progressOperations()
    }

    /// Ends the prediction without waiting for its worker, whose slot stays busy until it says done.
    mutating func abandon(_ key: PredictionKey, _ outcome: Outcome) {
        if let slot = predictions[key].slot, workers.contains(slot.worker.handle),
            case .active(let active, let run) = workers[slot.worker.handle].runs[Int(slot.number)], active == key
        {
            beginCancel(slot)
            workers[slot.worker.handle].runs[Int(slot.number)] = .abandoned(run: run)
        }
        end(key, outcome, collected: false)
    }

    private mutating func outputGrewTooLarge(_ key: PredictionKey) {
        let limit = deployments[predictions[key].prediction.deployment.value].settings.limits.output
        abandon(
            key,
            .failed(
                message: "the output is larger than \(limit) bytes; raise limits.output, or produce less",
                code: .outputTooLarge))
    }

    // MARK: Payloads in files

    private mutating func beginSpill(_ spill: PendingSpill, path: String, size: Int?, _ worker: WorkerID) {
        workers[worker.handle].spill = spill
        actions.append(.pauseReading(worker))
        let deployment = workers[worker.handle].deployment
        actions.append(
            .loadSpill(worker, path: path, size: size, limit: deployments[deployment.value].settings.limits.output))
    }

    mutating func spillLoaded(_ worker: WorkerID, _ bytes: [UInt8]) {
        guard workers.contains(worker.handle), let spill = workers[worker.handle].spill else { return }
        var payload = bytes
        if let mime = spill.mime { payload = DataURL.json(mime: mime, bytes) }
        let offset = workers[worker.handle].decoder.offset
        do throws(ProtocolError) {
            if spill.mime == nil { try validate(payload, at: offset) }
            try payload.withUnsafeBufferPointer { bytes throws(ProtocolError) in
                try receiveOutput(UnsafeRawBufferPointer(bytes), slot: spill.slot, from: worker, at: offset)
            }
        } catch {
            workerBrokeProtocol(worker, error)
        }
        resumeAfterSpill(worker)
    }

    /// A payload from a file was not written by the frame encoder of a library, as likely as not: look at it once.
    private func validate(_ bytes: [UInt8], at offset: UInt64) throws(ProtocolError) {
        do {
            try JSONScanner.validate(bytes)
        } catch {
            throw ProtocolError(.remote, .badPayload, at: offset, "The file of an `output` is not JSON: \(error).")
        }
    }

    mutating func spillTooLarge(_ worker: WorkerID) {
        guard workers.contains(worker.handle), let spill = workers[worker.handle].spill else { return }
        if let key = workers[worker.handle].prediction(in: spill.slot) { outputGrewTooLarge(key) }
        resumeAfterSpill(worker)
    }

    mutating func spillFailed(_ worker: WorkerID, reason: String) {
        guard workers.contains(worker.handle), let spill = workers[worker.handle].spill else { return }
        if let key = workers[worker.handle].prediction(in: spill.slot) {
            abandon(key, .failed(message: "an output file could not be read: \(reason)", code: .predictionFailed))
        }
        resumeAfterSpill(worker)
    }

    private mutating func resumeAfterSpill(_ worker: WorkerID) {
        workers[worker.handle].spill = nil
        let held = workers[worker.handle].held
        workers[worker.handle].held = []
        if workers[worker.handle].fault == nil { held.withUnsafeBytes { decode($0, from: worker) } }
        guard workers[worker.handle].spill == nil else { return }
        if let exit = workers[worker.handle].exit { return bury(worker, exit) }
        if workers[worker.handle].pausedFor.isEmpty, workers[worker.handle].fault == nil {
            actions.append(.resumeReading(worker))
        }
    }
}
