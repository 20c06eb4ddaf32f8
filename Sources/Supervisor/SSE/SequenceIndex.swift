/// For each event that a log still holds, the offset of its first byte: a ring that is found by sequence number in one
/// step and grows by doubling.
struct SequenceIndex: ~Copyable {
    private static let initialCapacity = 16

    private var slots: UnsafeMutablePointer<UInt64>
    private var capacity: Int
    /// The sequence number of the oldest entry; entries are `first ..< end`.
    private(set) var first: UInt64 = 1
    private(set) var end: UInt64 = 1

    init() {
        capacity = SequenceIndex.initialCapacity
        slots = .allocate(capacity: capacity)
    }

    deinit {
        slots.deallocate()
    }

    var count: Int { Int(end &- first) }
    var isEmpty: Bool { first == end }

    /// The offset of the event; it must be within `first ..< end`.
    @inline(__always)
    subscript(sequence: UInt64) -> UInt64 {
        assert(sequence >= first && sequence < end, "an offset is asked for that the index does not hold")
        return slots[Int(truncatingIfNeeded: sequence) & (capacity &- 1)]
    }

    @inline(__always)
    mutating func append(_ offset: UInt64) {
        if count == capacity { grow() }
        slots[Int(truncatingIfNeeded: end) & (capacity &- 1)] = offset
        end &+= 1
    }

    mutating func removeAll(before sequence: UInt64) {
        first = min(max(first, sequence), end)
    }

    /// Gives memory back that a burst needed, for a run that has ended.
    mutating func shrink() {
        var fitting = SequenceIndex.initialCapacity
        while fitting < count { fitting *= 2 }
        if fitting < capacity { move(to: fitting) }
    }

    /// The event in which the byte at `offset` lies, or `end` when it is at or behind the last byte of `endOffset`.
    func sequence(containing offset: UInt64, endOffset: UInt64) -> UInt64 {
        guard offset < endOffset else { return end }
        var low = first
        var high = end
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if self[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    private mutating func grow() {
        move(to: capacity * 2)
    }

    private mutating func move(to newCapacity: Int) {
        let moved = UnsafeMutablePointer<UInt64>.allocate(capacity: newCapacity)
        var sequence = first
        while sequence < end {
            moved[Int(truncatingIfNeeded: sequence) & (newCapacity - 1)] = self[sequence]
            sequence += 1
        }
        slots.deallocate()
        slots = moved
        capacity = newCapacity
    }
}
