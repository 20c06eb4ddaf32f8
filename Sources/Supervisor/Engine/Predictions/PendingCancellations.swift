import WireProtocol

/// Cancellations of predictions that are not known yet: a client may cancel faster than its own create request arrives.
///
/// Bounded by number and age; the oldest leaves first. A cancellation that is repeated counts from its last time.
package struct PendingCancellations {
    package struct Limits: Equatable, Sendable {
        package var count: Int
        /// Nanoseconds.
        package var age: UInt64

        package init(count: Int, age: UInt64) {
            self.count = count
            self.age = age
        }
    }

    private struct Entry {
        var id: PredictionID
        var deadline: UInt64
    }

    private let limits: Limits
    private var deadlines: [PredictionID: UInt64] = [:]
    /// In the order of their deadlines; an entry that `deadlines` does not confirm is stale.
    private var order: [Entry] = []
    private var first = 0
    /// How many left because of the cap.
    package private(set) var droppedCount: UInt64 = 0

    package init(limits: Limits) {
        self.limits = limits
    }

    package var count: Int { deadlines.count }

    /// When the oldest is due to leave.
    package var nextDeadline: UInt64? { first < order.count ? order[first].deadline : nil }

    /// Remembers the id. Answers the one that had to leave for it.
    package mutating func insert(_ id: PredictionID, now: UInt64) -> PredictionID? {
        guard limits.count > 0 else { return nil }
        let deadline = now + limits.age
        if deadlines[id] == deadline { return nil }
        deadlines[id] = deadline
        order.append(Entry(id: id, deadline: deadline))
        var dropped: PredictionID?
        if deadlines.count > limits.count {
            dropped = removeOldest()
            droppedCount += 1
        }
        compact()
        return dropped
    }

    /// Whether the id is to be cancelled; it is forgotten with that.
    package mutating func take(_ id: PredictionID, now: UInt64) -> Bool {
        expire(now: now)
        return deadlines.removeValue(forKey: id) != nil
    }

    /// Forgets what is too old.
    package mutating func expire(now: UInt64) {
        while first < order.count, order[first].deadline <= now || isStale(order[first]) {
            if !isStale(order[first]) { deadlines[order[first].id] = nil }
            first += 1
        }
        compact()
    }

    private func isStale(_ entry: Entry) -> Bool { deadlines[entry.id] != entry.deadline }

    private mutating func removeOldest() -> PredictionID? {
        while first < order.count {
            let entry = order[first]
            first += 1
            if isStale(entry) { continue }
            deadlines[entry.id] = nil
            return entry.id
        }
        return nil
    }

    /// Keeps the order list within twice the cap, whatever is repeated or taken meanwhile.
    private mutating func compact() {
        guard order.count > 2 * limits.count else { return }
        order = order[first...].filter { !isStale($0) }
        first = 0
    }
}
