import SSE
import WireProtocol

/// Readers: how they come, what they are sent at the end of a turn, how they go.
extension SupervisorEngine {
    // MARK: Coming

    /// Makes the connection a reader of the prediction's stream.
    mutating func attach(
        _ connection: ConnectionID, to key: PredictionKey, _ request: StreamRequest, isCreator: Bool = false
    ) {
        if readerCount >= settings.readersInAll { return reject(.tooManyReaders, connection) }
        if predictions[key].prediction.streams.subscriberCount >= settings.readersPerPrediction {
            return reject(.tooManyReadersOfPrediction, connection)
        }
        openProfile(request.profile, of: key)
        let id = predictions[key].prediction.id
        let start = predictions[key].prediction.streams.with(request.profile) {
            ReplayStart.choose(request, $0.channel, isCreator: isCreator)
        }
        if start.hasSeenEverything, request.flavor == .events { return reject(.nothingFollows, connection) }
        actions.append(
            .openStream(connection, StreamOpening(id: id, replay: start.replay, replayFrom: start.replayFrom)))
        actions.append(.writeToStream(connection, EventEncoder.heartbeat + start.preamble))
        guard let cursor = start.cursor else {
            actions.append(.endStream(connection))
            return
        }
        let subscriber = SubscriberID(rawValue: connection.rawValue)
        let policy: LagPolicy = request.flavor == .events ? .gapAndContinue : .errorAndEnd
        let time = now
        predictions[key].prediction.streams.with(request.profile) {
            $0.channel.subscribe(subscriber, at: cursor, lagPolicy: policy, now: time)
        }
        connections[connection] = .reading(key, request)
        readerCount += 1
        streaming.insert(key)
        actions.append(.cancelTimer(.disconnectGrace(key)))
        markDirty(key)
        startTicking()
    }

    private mutating func openProfile(_ profile: StreamProfile, of key: PredictionKey) {
        guard profile != .native else { return }
        let deployment = predictions[key].prediction.deployment
        let publishesChunks = deployments[deployment.value].handler?.isStreaming ?? false
        predictions[key].prediction.openStream(
            profile, publishesChunks: publishesChunks, settings: settings.streams)
    }

    // MARK: Flushing

    /// Sends all that was appended since the last flush, to every reader that can take it. To be called at the end of
    /// each turn.
    ///
    /// - Parameter deliver: writes the bytes to the connection, which takes all of them, and says whether it can take
    ///   more. The bytes are valid only during the call.
    package mutating func flush(
        now: UInt64, deliver: (ConnectionID, UnsafeRawBufferPointer) -> Channel.Delivery
    ) {
        self.now = now
        noteReadiness()
        while !dirty.isEmpty {
            let batch = dirty
            dirty.removeAll(keepingCapacity: true)
            for key in batch where predictions.contains(key) {
                predictions[key].isDirty = false
                flush(key, deliver)
            }
        }
    }

    private mutating func flush(
        _ key: PredictionKey, _ deliver: (ConnectionID, UnsafeRawBufferPointer) -> Channel.Delivery
    ) {
        var notices: [(SubscriberID, Channel.Notice, StreamProfile)] = []
        var cutOff: [SubscriberID] = []
        let time = now
        predictions[key].prediction.streams.forEach { profile, stream in
            stream.channel.flush(
                now: time, deliver: { deliver(ConnectionID(rawValue: $0.rawValue), $1) },
                notice: { notices.append(($0, $1, profile)) })
            cutOff += stream.channel.settle()
        }
        for (subscriber, notice, _) in notices { tell(ConnectionID(rawValue: subscriber.rawValue), notice, of: key) }
        for subscriber in cutOff {
            let connection = ConnectionID(rawValue: subscriber.rawValue)
            actions.append(.cutConnection(connection))
            readerLeft(connection, key)
        }
        holdBackWorker(of: key)
        if predictions[key].prediction.status.isTerminal { predictions[key].prediction.shrink() }
        // The one place where a forgotten prediction goes: every reader that leaves marks its prediction for a flush.
        predictions.removeIfForgotten(key)
    }

    /// Tells a reader something about its stream. Where the stream ends with it, the subscription is gone already.
    private mutating func tell(_ connection: ConnectionID, _ notice: Channel.Notice, of key: PredictionKey) {
        let epoch = predictions[key].prediction.streams.native.channel.epoch
        switch notice {
        case .gap(let from, let through):
            let event = NativeProfile.gap(
                from: EventID(epoch: epoch, sequence: from), through: EventID(epoch: epoch, sequence: through))
            actions.append(.writeToStream(connection, event))
            return
        case .lagged(let skipped):
            let isTyped = isReadingTyped(connection)
            actions.append(
                .writeToStream(
                    connection,
                    isTyped
                        ? TypedProfile.laggedEvent(skipped: skipped)
                        : NativeProfile.lossError(replay: false, skipped: skipped)))
            actions.append(.endStream(connection))
        case .finished:
            if let delay = departures?.next(), delay > 0 {
                actions.append(.endStreamLater(connection, after: delay))
            } else {
                actions.append(.endStream(connection))
            }
        }
        readerLeft(connection, key)
    }

    /// The reader's socket was full after something that was written to it apart from the events.
    package mutating func readerBlocked(_ connection: ConnectionID, now: UInt64) {
        guard case .reading(let key, let request) = connections[connection] else { return }
        let subscriber = SubscriberID(rawValue: connection.rawValue)
        predictions[key].prediction.streams.with(request.profile) { $0.channel.blocked(subscriber, now: now) }
    }

    private func isReadingTyped(_ connection: ConnectionID) -> Bool {
        if case .reading(_, let request) = connections[connection] { return request.flavor == .typed }
        return false
    }

    mutating func connectionDrained(_ connection: ConnectionID) {
        guard case .reading(let key, let request) = connections[connection] else { return }
        let subscriber = SubscriberID(rawValue: connection.rawValue)
        let notice = predictions[key].prediction.streams.with(request.profile) { $0.channel.drained(subscriber) }
        if let notice { tell(connection, notice, of: key) }
        markDirty(key)
    }

    // MARK: Patience

    /// Leaves the worker's pipe unread for a while when a reader is about to lose events that it could still take.
    private mutating func holdBackWorker(of key: PredictionKey) {
        guard let slot = predictions[key].slot, !predictions[key].prediction.status.isTerminal,
            workers.contains(slot.worker.handle)
        else { return }
        let isPaused = predictions[key].pausedSince != nil
        var isNeeded = false
        predictions[key].prediction.streams.forEach { _, stream in
            if stream.channel.isNearlyOverrun(isPaused: isPaused) { isNeeded = true }
        }
        if isPaused {
            if !isNeeded { resumeWorker(of: key) }
        } else if isNeeded, predictions[key].patience > 0 {
            predictions[key].pausedSince = now
            actions.append(.startTimer(.patience(key), at: now + predictions[key].patience))
            if workers[slot.worker.handle].pausedFor.isEmpty { actions.append(.pauseReading(slot.worker)) }
            workers[slot.worker.handle].pausedFor.insert(key)
        }
    }

    /// Ends a pause for the readers of the prediction, and counts it against its patience.
    mutating func resumeWorker(of key: PredictionKey) {
        guard let since = predictions[key].pausedSince, let slot = predictions[key].slot else { return }
        predictions[key].pausedSince = nil
        let used = now - since
        predictions[key].patience -= min(used, predictions[key].patience)
        actions.append(.cancelTimer(.patience(key)))
        guard workers.contains(slot.worker.handle) else { return }
        workers[slot.worker.handle].pausedFor.remove(key)
        let isHeldOtherwise = workers[slot.worker.handle].spill != nil || workers[slot.worker.handle].fault != nil
        if workers[slot.worker.handle].pausedFor.isEmpty, !isHeldOtherwise {
            actions.append(.resumeReading(slot.worker))
        }
    }

    // MARK: Going

    mutating func connectionClosed(_ connection: ConnectionID) {
        switch connections[connection] {
        case nil: return
        case .waiting(let key):
            connections[connection] = nil
            predictions[key].waiting.removeAll { $0 == connection }
            if predictions[key].attachment == .client(connection) { requestCancel(key) }
        case .asking(let deployment):
            connections[connection] = nil
            deployments[deployment.value].healthRound?.left(connection)
        case .administering:
            connections[connection] = nil
            operations.removeAll { $0.connection == connection }
        case .reading(let key, let request):
            let subscriber = SubscriberID(rawValue: connection.rawValue)
            _ = predictions[key].prediction.streams.with(request.profile) { $0.channel.unsubscribe(subscriber) }
            readerLeft(connection, key)
            markDirty(key)
        }
    }

    /// Takes the connection out of the books; its subscription is gone already.
    private mutating func readerLeft(_ connection: ConnectionID, _ key: PredictionKey) {
        guard connections.removeValue(forKey: connection) != nil else { return }
        readerCount -= 1
        if predictions[key].prediction.streams.subscriberCount > 0 { return }
        streaming.remove(key)
        if !predictions[key].prediction.status.isTerminal, case .readers(let grace) = predictions[key].attachment {
            // One that waits ends with its cancel, which must not happen in the middle of what its callers do.
            if grace == 0, !predictions[key].isWaitingForRetry {
                requestCancel(key)
            } else {
                actions.append(.startTimer(.disconnectGrace(key), at: now + grace))
            }
        }
    }

    // MARK: Ticking

    /// Heartbeats and write time-outs need no precision: one timer serves all streams, and runs only while there are any.
    private static let longestTick: UInt64 = 1_000_000_000

    private mutating func startTicking() {
        guard !isTicking else { return }
        isTicking = true
        let heartbeat = settings.heartbeat == 0 ? UInt64.max : settings.heartbeat / 4
        let interval = min(SupervisorEngine.longestTick, heartbeat, max(settings.writeTimeout / 4, 1))
        actions.append(.startTimer(.streamTick, at: now + interval))
    }

    mutating func tick() {
        isTicking = false
        for key in streaming { tick(key) }
        if !streaming.isEmpty { startTicking() }
    }

    private mutating func tick(_ key: PredictionKey) {
        var silent: [ConnectionID] = []
        var stuck: [ConnectionID] = []
        let (time, heartbeat, timeout) = (now, settings.heartbeat, settings.writeTimeout)
        predictions[key].prediction.streams.forEach { _, stream in
            for subscription in stream.channel.subscriptions {
                let connection = ConnectionID(rawValue: subscription.id.rawValue)
                if let since = subscription.blockedSince {
                    if time - since >= timeout { stuck.append(connection) }
                } else if heartbeat > 0, time - subscription.lastWrite >= heartbeat,
                    subscription.cursor == stream.channel.history.endOffset
                {
                    // Where something is still to be written, the heartbeat could come into the middle of an event.
                    silent.append(connection)
                }
            }
            for connection in silent {
                stream.channel.touched(SubscriberID(rawValue: connection.rawValue), now: time)
            }
            for connection in stuck { _ = stream.channel.unsubscribe(SubscriberID(rawValue: connection.rawValue)) }
        }
        for connection in silent { actions.append(.writeToStream(connection, EventEncoder.heartbeat)) }
        for connection in stuck {
            actions.append(.cutConnection(connection))
            actions.append(
                .log(
                    LogEntry(
                        .warning, "a reader took nothing for too long and was cut off (write_timeout)",
                        predictionID: predictions[key].prediction.id.text)))
            readerLeft(connection, key)
        }
        if !stuck.isEmpty { markDirty(key) }
    }
}
