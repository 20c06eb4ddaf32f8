import API
import Engine
import EventLoop
import HTTP
import SSE

/// What operators ask of the server, and the feeds that they follow.
extension Server {
    /// Operators are few, and must get in when clients have taken all connections that they may have; and over the control
    /// socket also when the others over the network have.
    static let operatorConnectionLimit = 64
    /// Bytes of a request: it has one number at most, and over the network it may come from somebody without a token.
    static let operatorBodyLimit = 64 * 1024
    /// Records of the server's log, and of its workers, that `GET /logs` can still show: some ten thousand lines, which
    /// is as much as anybody reads, and as much as waits at most for standard error.
    static let logHistory = HistoryLimits(events: 1_000_000, bytes: 1 << 20)
    /// A longer record (bytes) would push all others out; instead of it stands how long it was.
    private static let longestLogRecord = logHistory.bytes / 4
    /// State changes that can still be told: a crash loop of hours, since its breaker allows some in a minute.
    static let stateHistory = HistoryLimits(events: 4096, bytes: 1 << 20)
    /// How long (nanoseconds) a status waits for the look at its workers, which may stand behind the end of others; then it
    /// says what was known before.
    private static let lookPatience: UInt64 = 500_000_000
    /// Silence (nanoseconds) after which a feed says that it lives; clients may take four of it for a lost connection.
    static let feedHeartbeat: UInt64 = 15_000_000_000
    /// How often (nanoseconds) it is looked whether one is due.
    private static let feedTick: UInt64 = 5_000_000_000

    func receivedFromOperator(_ request: Request, from connection: ClientConnection) {
        let names = engine.deployments.indices.map {
            // Those that are gone keep their numbers, and are known to nobody.
            engine.deployments[$0].isGone ? "" : engine.deployments[$0].settings.name
        }
        connection.style = .administrative
        switch adminHandler.reply(to: request, realm: connection.realm, deployments: names) {
        case .respond(let response): connection.respond(response)
        case .status(let name): answerStatus(of: name, to: connection)
        case .command(let command):
            engineHandle(.command(command, connection.id))
        case .events(let wanted):
            guard request.method != .head else { return connection.respond(FeedResponse.lines([])) }
            connection.openStream(FeedResponse.stream)
            guard !connection.isClosed else { return }
            stateFeed.subscribe(connection.id, wanted, now: loop.now)
            startFeedTick()
        case .logs(let wanted):
            guard wanted.follows, request.method != .head else {
                let filter = FeedTag(deployment: wanted.deployment, worker: wanted.worker)
                return connection.respond(FeedResponse.lines(logFeed.lines(filter, count: wanted.lines)))
            }
            connection.openStream(FeedResponse.stream)
            guard !connection.isClosed else { return }
            logFeed.subscribe(connection.id, wanted, now: loop.now)
            startFeedTick()
        }
    }

    // MARK: Status

    /// Workers are looked at for it, since nobody else may have a reason to; one look serves all who ask meanwhile.
    private func answerStatus(of name: String?, to connection: ClientConnection) {
        waitingForStatus.append((connection.id, name))
        guard waitingForStatus.count == 1 else { return }
        let living = lives.map { (worker: $0.key, life: $0.value) }
        guard !living.isEmpty else { return answerStatus() }
        statusTimer = loop.schedule(after: Server.lookPatience) { [unowned self] in
            statusTimer = nil
            answerStatus()
        }
        custody.sample(living) { [weak self] samples in
            self?.engineHandle(.workersSampled(samples))
            self?.answerStatus()
        }
    }

    private func answerStatus() {
        if let statusTimer { loop.cancel(statusTimer) }
        statusTimer = nil
        let waiting = waitingForStatus
        waitingForStatus = []
        guard !waiting.isEmpty else { return }
        let document = status
        for (id, name) in waiting { connections[id]?.respond(document.response(deployment: name)) }
    }

    private var status: StatusDocument {
        StatusDocument(
            engine.statusReport(),
            StatusDocument.Process(processID: CurrentProcess.number, addresses: publicAddresses))
    }

    /// Keeps a record of the log for operators.
    func keep(_ record: [UInt8], of entry: LogEntry, _ wall: UInt64) {
        let tag = FeedTag(deployment: entry.deployment, worker: entry.worker)
        guard record.count > Server.longestLogRecord else { return logFeed.append(record, tag) }
        var notice = entry
        notice.message = "(\(record.count) bytes are too long to be kept here)"
        logFeed.append(LogRecord.json(notice, wall: wall), tag)
    }

    func announce(_ change: StateChange) {
        stateFeed.append(
            StateChangeDocument.json(change),
            FeedTag(deployment: change.deployment.isEmpty ? nil : change.deployment, worker: change.worker))
    }

    // MARK: Readers

    func flushFeeds() {
        let deliver: Feed.Deliver = { [unowned self] in connections[$0]?.deliver($1) ?? .accepted }
        stateFeed.flush(now: loop.now, deliver)
        logFeed.flush(now: loop.now, deliver)
    }

    func operatorDrained(_ id: ConnectionID) {
        stateFeed.drained(id)
        logFeed.drained(id)
    }

    func operatorLeft(_ id: ConnectionID) {
        stateFeed.unsubscribe(id)
        logFeed.unsubscribe(id)
    }

    private func startFeedTick() {
        guard feedTimer == nil else { return }
        feedTimer = loop.schedule(after: Server.feedTick) { [unowned self] in
            feedTimer = nil
            tickFeeds()
            if !stateFeed.isEmpty || !logFeed.isEmpty { startFeedTick() }
        }
    }

    private func tickFeeds() {
        let deliver: Feed.Deliver = { [unowned self] in connections[$0]?.deliver($1) ?? .accepted }
        let patience = settings.writeTimeout
        var stuck = stateFeed.tick(now: loop.now, heartbeat: Server.feedHeartbeat, patience: patience, deliver)
        stuck += logFeed.tick(now: loop.now, heartbeat: Server.feedHeartbeat, patience: patience, deliver)
        for id in stuck { connections[id]?.close() }
    }

    /// Ends the streams of all who follow, in order: the server goes.
    func endFeeds() {
        flushFeeds()
        for id in stateFeed.readerIDs + logFeed.readerIDs {
            operatorLeft(id)
            connections[id]?.endStream()
        }
    }
}
