/// The predictions of one deployment that wait to be run again, in the order in which they first came.
///
/// Each first waits out its back-off; from then on it stands in the line proper, and no newcomer gets a slot before it.
/// It holds no more than slots were lost: only a prediction that had one can come here.
package struct RetryLine: Sendable {
    package struct Entry: Equatable, Sendable {
        package let key: PredictionKey
        /// Numbers all predictions in the order of their creation; the line is sorted by it.
        package let arrival: UInt64
        /// When (nanoseconds) its back-off is over.
        package let due: UInt64
        /// When (nanoseconds) it gives up.
        package let patienceEnd: UInt64
        /// The place of the worker with which its last run was lost: another one is preferred.
        package let lostPlace: Int?
        /// How it ends if it is not run again.
        package let outcome: Outcome

        package init(
            key: PredictionKey, arrival: UInt64, due: UInt64, patienceEnd: UInt64, lostPlace: Int?, outcome: Outcome
        ) {
            self.key = key
            self.arrival = arrival
            self.due = due
            self.patienceEnd = patienceEnd
            self.lostPlace = lostPlace
            self.outcome = outcome
        }
    }

    private var entries: [Entry] = []

    package init() {}

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    /// Somebody stands in it whose back-off is over: newcomers have to wait.
    package func isBlocking(now: UInt64) -> Bool { entries.contains { $0.due <= now } }

    package mutating func join(_ entry: Entry) {
        let place = position(of: entry.arrival)
        precondition(
            place == entries.count || entries[place].arrival != entry.arrival, "a prediction waits in one place")
        entries.insert(entry, at: place)
    }

    /// Takes the prediction of this number out; nil: it is not there.
    @discardableResult
    package mutating func leave(_ arrival: UInt64) -> Entry? {
        let place = position(of: arrival)
        guard place < entries.count, entries[place].arrival == arrival else { return nil }
        return entries.remove(at: place)
    }

    /// Whose turn it is: of those whose back-off is over, the one that came first.
    package func first(now: UInt64) -> Entry? { entries.first { $0.due <= now } }

    /// Takes out all that have waited for too long, in their order.
    package mutating func takeImpatient(now: UInt64) -> [Entry] {
        let impatient = entries.filter { $0.patienceEnd <= now }
        if !impatient.isEmpty { entries.removeAll { $0.patienceEnd <= now } }
        return impatient
    }

    /// Takes out everybody, in their order.
    package mutating func takeAll() -> [Entry] {
        defer { entries = [] }
        return entries
    }

    /// When something happens here by itself: a back-off or somebody's patience ends; nil: never.
    package func nextTime(now: UInt64) -> UInt64? {
        entries.map { $0.due > now ? min($0.due, $0.patienceEnd) : $0.patienceEnd }.min()
    }

    /// The first place whose number is not smaller.
    private func position(of arrival: UInt64) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].arrival < arrival { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
