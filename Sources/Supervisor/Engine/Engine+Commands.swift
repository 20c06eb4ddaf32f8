import SSE
import WireProtocol

/// What a request with an id meets, before its input is looked at.
package enum Admission: Equatable, Sendable {
    /// A prediction with that id runs: answer for it, whatever the new request says.
    case joinsRunning(PredictionKey)
    /// It has ended; a request that means the same can have its result.
    case mayRepeat(PredictionKey, deployment: DeploymentIndex, input: [UInt8]?)
    case isNew
}

extension SupervisorEngine {
    /// What a request to create a prediction of this id meets.
    package func admission(of id: PredictionID) -> Admission {
        guard let key = predictions.key(of: id) else { return .isNew }
        guard predictions[key].prediction.status.isTerminal else { return .joinsRunning(key) }
        return .mayRepeat(
            key, deployment: predictions[key].prediction.deployment, input: predictions[key].prediction.input)
    }

    /// The deployment of a prediction that is known.
    package func deployment(of key: PredictionKey) -> DeploymentIndex { predictions[key].prediction.deployment }

    mutating func perform(_ command: Command, for connection: ConnectionID) {
        switch command {
        case .create(let request): create(request, for: connection)
        case .join(let key, let form): join(key, form, for: connection)
        case .cancel(let id): cancel(id, for: connection)
        case .read(let id): read(id, for: connection)
        case .subscribe(let id, let request): subscribe(id, request, for: connection)
        case .health(let deployment): checkHealth(of: deployment, for: connection)
        case .administer(let command): administer(command, for: connection)
        case .shutdown:
            actions.append(.respond(connection, .shutdownBegun))
            stopRequested(.interrupt)
        }
    }

    // MARK: Creating

    private mutating func create(_ request: CreatePrediction, for connection: ConnectionID) {
        let index = request.deployment
        // An id that runs is not run twice, whoever asks.
        if let id = request.id, let key = predictions.key(of: id), !predictions[key].prediction.status.isTerminal {
            return join(key, request.form, for: connection)
        }
        if drain.refusesPredictions { return reject(.draining, connection) }
        guard deployments[index.value].isReady, let handler = deployments[index.value].handler else {
            return reject(.notReady(index), connection)
        }
        if case .stream = request.form, readerCount >= settings.readersInAll {
            return reject(.tooManyReaders, connection)
        }
        let isCanceled = request.id.map { pending.take($0, now: now) } ?? false
        var slot: Slot?
        if !isCanceled {
            // Who was here before goes first.
            if !deployments[index.value].retryLine.isBlocking(now: now) { slot = deployments[index.value].slots.take() }
            guard slot != nil else { return reject(.atCapacity, connection) }
        }
        let key = insert(request, handler: handler, for: connection)
        answerCreated(key, request.form, connection)
        if let slot {
            dispatch(key, to: slot, handler: handler)
        } else {
            predictions[key].prediction.cancelRequested()
            end(key, .canceled, collected: false)
        }
    }

    private mutating func insert(
        _ request: CreatePrediction, handler: ServedHandler, for connection: ConnectionID
    ) -> PredictionKey {
        let attachment: Attachment =
            switch request.form {
            case .wait: .client(connection)
            case .background: .detached
            case .stream: .readers(grace: request.isIdempotent ? settings.idempotentGrace : settings.attachedGrace)
            }
        let prediction = Prediction(
            id: request.id ?? PredictionID(using: &generator), deployment: request.deployment, input: request.input,
            isStreaming: handler.isStreaming, limits: deployments[request.deployment.value].settings.limits,
            streams: PredictionStreams(epoch: Epoch(using: &generator), settings: settings.streams), now: now,
            wall: wall)
        let key = predictions.insert(
            PredictionRecord(prediction: prediction, attachment: attachment, patience: settings.patience))
        predictions[key].context = request.context
        if let webhook = request.webhook { openWebhook(webhook, of: key) }
        return key
    }

    private mutating func answerCreated(_ key: PredictionKey, _ form: AnswerForm, _ connection: ConnectionID) {
        switch form {
        case .wait: wait(for: key, connection)
        case .background: actions.append(.respond(connection, .accepted(predictions[key].prediction.id)))
        case .stream(let request): attach(connection, to: key, request, isCreator: true)
        }
    }

    private mutating func wait(for key: PredictionKey, _ connection: ConnectionID) {
        predictions[key].waiting.append(connection)
        connections[connection] = .waiting(key)
    }

    /// Gives the prediction to the worker of a slot that was taken for it.
    mutating func dispatch(_ key: PredictionKey, to slot: Slot, handler: ServedHandler) {
        // What was printed before this run is read before the run can print anything.
        workers[slot.worker.handle].drains.append(.beforeRun(slot: slot.number))
        actions.append(.drainLogs(slot.worker))
        predictions[key].slot = slot
        predictions[key].attempts += 1
        predictions[key].lastSign = now
        let run = workers[slot.worker.handle].nextRun
        workers[slot.worker.handle].nextRun += 1
        workers[slot.worker.handle].runs[Int(slot.number)] = .active(key, run: run)
        let request = PredictRequest(
            id: predictions[key].prediction.id.text, handler: handler.name,
            input: predictions[key].prediction.input.map { RawJSON(unchecked: $0) } ?? .emptyObject,
            context: predictions[key].context.map { RawJSON(unchecked: $0) } ?? .emptyObject)
        send(.predict(slot: slot.number, run: run, request), to: slot.worker)
    }

    // MARK: Joining and reading

    private mutating func join(_ key: PredictionKey, _ form: AnswerForm, for connection: ConnectionID) {
        guard predictions.contains(key) else { return reject(.unknownPrediction, connection) }
        let id = predictions[key].prediction.id
        if case .stream(let request) = form {
            attach(connection, to: key, request)
        } else if predictions[key].prediction.status.isTerminal {
            actions.append(.respond(connection, .finished(id, predictions[key].prediction.snapshot)))
        } else {
            actions.append(.respond(connection, .running(id, predictions[key].prediction.detailedSnapshot)))
        }
    }

    private mutating func read(_ id: PredictionID, for connection: ConnectionID) {
        guard let key = predictions.key(of: id) else { return reject(.unknownPrediction, connection) }
        actions.append(.respond(connection, .document(id, predictions[key].prediction.detailedSnapshot)))
    }

    private mutating func subscribe(_ id: PredictionID, _ request: StreamRequest, for connection: ConnectionID) {
        guard let key = predictions.key(of: id) else { return reject(.unknownPrediction, connection) }
        attach(connection, to: key, request)
    }

    // MARK: Cancelling

    private mutating func cancel(_ id: PredictionID, for connection: ConnectionID) {
        if let key = predictions.key(of: id) {
            if predictions[key].prediction.status.isTerminal { return reject(.nothingToCancel, connection) }
            requestCancel(key)
            actions.append(.respond(connection, .cancelRequested))
            return
        }
        if let dropped = pending.insert(id, now: now) {
            actions.append(
                .log(
                    LogEntry(
                        .warning,
                        "more than \(settings.pendingCancellations.count) cancellations of unknown predictions are "
                            + "pending; the oldest was dropped (\(pending.droppedCount) so far)",
                        predictionID: dropped.text)))
        }
        scheduleForgettingCancellations()
        reject(.nothingToCancel, connection)
    }

    mutating func scheduleForgettingCancellations() {
        guard !isForgettingCancellations, let deadline = pending.nextDeadline else { return }
        isForgettingCancellations = true
        actions.append(.startTimer(.pendingCancellations, at: deadline))
    }

    // MARK: Ending

    /// The one end of every prediction: its terminal event, the answers to those who wait, its place among the finished.
    mutating func end(_ key: PredictionKey, _ outcome: Outcome, collected: Bool) {
        if predictions[key].isWaitingForRetry { leaveRetryLine(key) }
        predictions[key].context = nil
        let notice = noticeBeforeEnd(of: key)
        predictions[key].prediction.finish(outcome, collected: collected, now: now)
        let id = predictions[key].prediction.id
        if case .failed(let failure) = outcome {
            logFailure(id, failure, predictions[key].prediction.deployment)
        }
        let waiting = predictions[key].waiting
        predictions[key].waiting = []
        for connection in waiting {
            connections[connection] = nil
            actions.append(.respond(connection, .finished(id, predictions[key].prediction.snapshot)))
        }
        actions.append(.cancelTimer(.disconnectGrace(key)))
        resumeWorker(of: key)
        markDirty(key)
        webhookEnded(key, noticeBefore: notice)
        predictions.ended(key, now: now)
        scheduleExpiry()
        progressDrain()
    }

    /// Characters of a failure's kind in the log: a worker chooses it, and the log is not its to fill.
    private static let loggedKindLength = 128

    /// Once for each failure, whoever is told of it; the text is the model author's and stays out of the log.
    private mutating func logFailure(_ id: PredictionID, _ failure: Failure, _ deployment: DeploymentIndex) {
        // The kind is a class of the model's language, and says more than that it failed.
        let reason = failure.kind.map { String($0.prefix(Self.loggedKindLength)) } ?? failure.code.rawValue
        actions.append(
            .log(
                LogEntry(
                    .warning, "prediction failed: \(reason)",
                    deployment: deployments[deployment.value].settings.name, predictionID: id.text)))
    }

    mutating func scheduleExpiry() {
        guard !isExpiring, let deadline = predictions.nextDeadline else { return }
        isExpiring = true
        actions.append(.startTimer(.retention, at: deadline))
    }

    mutating func reject(_ rejection: Rejection, _ connection: ConnectionID) {
        actions.append(.respond(connection, .rejected(rejection)))
    }
}
