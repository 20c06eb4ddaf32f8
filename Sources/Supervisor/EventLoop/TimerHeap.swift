/// Deadlines in order: a binary heap that knows where each timer stands, so that one can be cancelled or moved.
///
/// Pure: time is a number that the caller passes in. Timers of one deadline expire in the order in which they were
/// scheduled. Schedule, cancel, move and pop are O(log n); memory is reused and never given back.
package struct TimerHeap {
    private struct Entry {
        var deadline: UInt64
        /// Counts up with each scheduling; decides between equal deadlines.
        var order: UInt64
        var slot: UInt32

        func isBefore(_ other: Entry) -> Bool {
            deadline != other.deadline ? deadline < other.deadline : order < other.order
        }
    }

    private struct Slot {
        /// Counts the timers that have used this slot; a token with another number is stale.
        var generation: UInt32
        /// Where the slot's entry stands in `entries`; `Self.free` while no timer uses it.
        var position: Int32

        static let free: Int32 = -1
    }

    private var entries: [Entry] = []
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    private var nextOrder: UInt64 = 0

    package init() {}

    /// The number of timers that wait.
    package var count: Int { entries.count }

    /// The earliest deadline; `nil` when no timer waits.
    package var nextDeadline: UInt64? { entries.first?.deadline }

    /// Adds a timer that expires when the time reaches `deadline`.
    package mutating func schedule(at deadline: UInt64) -> TimerToken {
        let slot = takeSlot()
        let position = entries.count
        entries.append(Entry(deadline: deadline, order: takeOrder(), slot: slot))
        slots[Int(slot)].position = Int32(position)
        siftUp(position)
        return TimerToken(slot: slot, generation: slots[Int(slot)].generation)
    }

    /// Removes the timer; false when it has expired or was cancelled already.
    @discardableResult
    package mutating func cancel(_ token: TimerToken) -> Bool {
        guard let position = position(of: token) else { return false }
        remove(at: position)
        return true
    }

    /// Gives the timer another deadline, as if it had been scheduled now; false when it has expired or was cancelled.
    @discardableResult
    package mutating func move(_ token: TimerToken, to deadline: UInt64) -> Bool {
        guard let position = position(of: token) else { return false }
        entries[position].deadline = deadline
        entries[position].order = takeOrder()
        restoreOrder(at: position)
        return true
    }

    /// Removes and answers the earliest timer whose deadline is not after `now`.
    package mutating func popExpired(now: UInt64) -> TimerToken? {
        guard let first = entries.first, first.deadline <= now else { return nil }
        let token = TimerToken(slot: first.slot, generation: slots[Int(first.slot)].generation)
        remove(at: 0)
        return token
    }

    // MARK: - Slots

    private mutating func takeSlot() -> UInt32 {
        if let slot = freeSlots.popLast() { return slot }
        slots.append(Slot(generation: 0, position: Slot.free))
        return UInt32(slots.count - 1)
    }

    private mutating func takeOrder() -> UInt64 {
        defer { nextOrder += 1 }
        return nextOrder
    }

    private func position(of token: TimerToken) -> Int? {
        let index = Int(token.slot)
        guard index < slots.count, slots[index].generation == token.generation else { return nil }
        return slots[index].position == Slot.free ? nil : Int(slots[index].position)
    }

    // MARK: - Heap

    private mutating func remove(at position: Int) {
        let slot = entries[position].slot
        slots[Int(slot)].position = Slot.free
        slots[Int(slot)].generation &+= 1
        freeSlots.append(slot)
        let last = entries.removeLast()
        guard position < entries.count else { return }
        place(last, at: position)
        restoreOrder(at: position)
    }

    private mutating func restoreOrder(at position: Int) {
        siftDown(siftUp(position))
    }

    /// Answers where the entry came to stand.
    @discardableResult
    private mutating func siftUp(_ start: Int) -> Int {
        let entry = entries[start]
        var position = start
        while position > 0 {
            let parent = (position - 1) / 2
            guard entry.isBefore(entries[parent]) else { break }
            place(entries[parent], at: position)
            position = parent
        }
        place(entry, at: position)
        return position
    }

    private mutating func siftDown(_ start: Int) {
        let entry = entries[start]
        var position = start
        while true {
            var child = 2 * position + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1].isBefore(entries[child]) { child += 1 }
            guard entries[child].isBefore(entry) else { break }
            place(entries[child], at: position)
            position = child
        }
        place(entry, at: position)
    }

    private mutating func place(_ entry: Entry, at position: Int) {
        entries[position] = entry
        slots[Int(entry.slot)].position = Int32(position)
    }
}
