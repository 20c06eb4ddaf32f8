import SSE
import WireProtocol

/// Who must be there for a prediction to go on.
enum Attachment: Equatable {
    /// Nobody: it was started in the background.
    case detached
    /// The client that waits for the answer; when it goes, the prediction is cancelled.
    case client(ConnectionID)
    /// Its readers: so long (nanoseconds) after the last one left it is cancelled.
    case readers(grace: UInt64)
}

/// A prediction and what the engine keeps beside it.
struct PredictionRecord: ~Copyable {
    var prediction: Prediction
    var attachment: Attachment
    /// Connections that get the final document.
    var waiting: [ConnectionID] = []
    /// Where it runs, or ran; nil while it waits to be run again.
    var slot: Slot?
    /// Numbers all predictions in the order of their creation.
    var arrival: UInt64 = 0
    /// Runs that were given out, the one under way included.
    var attempts = 0
    /// It stands in its deployment's `RetryLine`.
    var isWaitingForRetry = false
    /// Raw JSON object that goes with its input; kept while it may have to be sent again.
    var context: [UInt8]?
    /// When (nanoseconds) its run last gave a sign of life.
    var lastSign: UInt64 = 0
    /// It gave none for too long, and its worker is being ended for that.
    var isStalled = false
    /// Something was appended to its streams since they were last flushed.
    var isDirty = false
    /// Its worker is held back for its readers since this time (nanoseconds).
    var pausedSince: UInt64?
    /// How much longer (nanoseconds) its worker may be held back for its readers.
    var patience: UInt64
    /// With how many bytes it counts among the finished ones; nil: it does not.
    var retainedBytes: Int?
    /// It has left the registry and is kept only until its last reader has been served and its webhook been told.
    var isForgotten = false
    /// Who is told what becomes of it, until everything was told. Whether there is one stands beside it, for the path of
    /// every token.
    var webhook: WebhookDelivery?
    var hasWebhook = false
}

/// All predictions by id, and how long finished ones are kept.
package struct PredictionRegistry: ~Copyable {
    package struct Retention: Equatable, Sendable {
        /// Nanoseconds.
        package var age: UInt64
        package var count: Int
        package var bytes: Int

        package init(age: UInt64, count: Int, bytes: Int) {
            self.age = age
            self.count = count
            self.bytes = bytes
        }
    }

    private struct Finished {
        let key: PredictionKey
        let deadline: UInt64
    }

    /// So many stale entries are not worth to be cleared away.
    private static let tolerableStaleCount = 1024

    private let retention: Retention
    private var records = Slab<PredictionRecord>()
    private var keys: [PredictionID: PredictionKey] = [:]
    /// In the order in which they ended; one that was replaced by a later run of its id is stale.
    private var finished: [Finished] = []
    private var firstFinished = 0
    /// Those of `finished` that are not stale, and their bytes.
    private var retainedCount = 0
    private var retainedBytes = 0
    /// Predictions that have not ended.
    package private(set) var activeCount = 0
    private var arrivals: UInt64 = 0

    init(retention: Retention) {
        self.retention = retention
    }

    package var count: Int { keys.count }

    package func key(of id: PredictionID) -> PredictionKey? { keys[id] }

    func contains(_ key: PredictionKey) -> Bool { records.contains(key.handle) }

    @inline(__always)
    subscript(_ key: PredictionKey) -> PredictionRecord {
        unsafeAddress { records.address(key.handle) }
        unsafeMutableAddress { records.mutableAddress(key.handle) }
    }

    /// Those that have not ended. A list made beforehand, since the end of one can push another out of the registry.
    var activeKeys: [PredictionKey] {
        records.handles.map { PredictionKey(handle: $0) }.filter { !self[$0].prediction.status.isTerminal }
    }

    /// Enters a new run. A finished one of the same id is forgotten for it.
    mutating func insert(_ record: consuming PredictionRecord) -> PredictionKey {
        let id = record.prediction.id
        if let old = keys[id] { forget(old) }
        let key = PredictionKey(handle: records.insert(record))
        arrivals += 1
        self[key].arrival = arrivals
        keys[id] = key
        activeCount += 1
        return key
    }

    /// The prediction has ended: from now on it is kept for its time, or until there are too many.
    mutating func ended(_ key: PredictionKey, now: UInt64) {
        activeCount -= 1
        let bytes = self[key].prediction.retainedByteCount
        finished.append(Finished(key: key, deadline: now + retention.age))
        self[key].retainedBytes = bytes
        retainedCount += 1
        retainedBytes += bytes
        while retainedCount > retention.count || retainedBytes > retention.bytes { removeOldest() }
        clearStale()
    }

    /// When the oldest finished prediction is due to go.
    var nextDeadline: UInt64? { firstFinished < finished.count ? finished[firstFinished].deadline : nil }

    mutating func expire(now: UInt64) {
        while let deadline = nextDeadline, deadline <= now { removeOldest() }
    }

    /// The last reader of a forgotten prediction has left, or its webhook has been told everything.
    mutating func removeIfForgotten(_ key: PredictionKey) {
        guard records.contains(key.handle), self[key].isForgotten, !self[key].hasWebhook,
            self[key].prediction.streams.subscriberCount == 0
        else { return }
        _ = records.remove(key.handle)
    }

    /// Takes the first entry off the list, and forgets its prediction if that has not happened yet.
    private mutating func removeOldest() {
        let oldest = finished[firstFinished].key
        firstFinished += 1
        if isRetained(oldest) { forget(oldest) }
    }

    private func isRetained(_ key: PredictionKey) -> Bool { contains(key) && self[key].retainedBytes != nil }

    /// Keeps the list within about twice of what it has to hold, however often ids are used again.
    private mutating func clearStale() {
        guard finished.count > 2 * retainedCount + PredictionRegistry.tolerableStaleCount else { return }
        finished = finished[firstFinished...].filter { isRetained($0.key) }
        firstFinished = 0
    }

    private mutating func forget(_ key: PredictionKey) {
        let id = self[key].prediction.id
        if keys[id] == key { keys[id] = nil }
        if let bytes = self[key].retainedBytes {
            self[key].retainedBytes = nil
            retainedCount -= 1
            retainedBytes -= bytes
        }
        self[key].isForgotten = true
        removeIfForgotten(key)
    }
}
