/// How much of a stream a reader that comes late may still have.
package struct HistoryLimits: Equatable, Sendable {
    /// The number of events (all kinds but the terminal one count). 0: nothing is replayed, late readers get what comes
    /// from then on.
    package var events: Int
    /// The sum of their encoded bytes; the terminal event does not count.
    package var bytes: Int

    package init(events: Int, bytes: Int) {
        self.events = events
        self.bytes = bytes
    }
}

/// The encoded events of one stream in one contiguous stretch of memory: the history for late readers and the send buffer
/// of every attached one at once.
///
/// Bytes have absolute offsets that never change, events have sequence numbers from 1. Two marks move forward
/// independently: `historyStart`, what a late reader may begin with (`HistoryLimits`), and the physical start, which
/// `trim` lets go of, so that a reader that is still being written to keeps its bytes somewhat longer.
///
/// Not thread-safe; lives on the loop of its engine. A pointer handed out is valid until the next change.
package struct ReplayHistory: ~Copyable {
    private static let initialCapacity = 512
    private static let movableBytes = 1024 * 1024

    private let limits: HistoryLimits
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    /// Position in `base` of the oldest byte kept, and behind the newest.
    private var head = 0
    private var tail = 0
    /// The absolute offset of the byte at `head`.
    private var headOffset: UInt64 = 0
    private var index = SequenceIndex()
    /// The first event that a late reader gets, if nothing was dropped: 1.
    package private(set) var historyStart: UInt64 = 1
    /// A copy of the first event, for readers that want it although the history has let it go.
    package private(set) var firstEvent: [UInt8] = []
    package private(set) var hasTerminal = false

    package init(limits: HistoryLimits) {
        self.limits = limits
        capacity = ReplayHistory.initialCapacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        base.deallocate()
    }

    /// The absolute offset behind the newest byte.
    @inline(__always)
    package var endOffset: UInt64 { headOffset &+ UInt64(tail &- head) }
    /// The offset of the oldest byte that is still in memory.
    package var startOffset: UInt64 { headOffset }
    /// The sequence number that the next event will have.
    @inline(__always)
    package var nextSequence: UInt64 { index.end }
    /// The oldest event that is still in memory.
    package var firstRetained: UInt64 { index.first }
    /// Bytes in memory.
    package var byteCount: Int { tail - head }
    /// Bytes of memory in use, those that were let go but not given back included.
    package var allocatedByteCount: Int { min(capacity, max(tail, ReplayHistory.initialCapacity)) }
    package var keepsNothing: Bool { limits.events == 0 }

    /// The number of events that a late reader cannot have any more. With a capacity of 0 nothing counts as dropped.
    package var droppedCount: UInt64 { keepsNothing ? 0 : historyStart - 1 }

    /// The offset where the event begins; `endOffset` for the one that comes next. It must be in memory.
    package func offset(of sequence: UInt64) -> UInt64 {
        sequence < index.end ? index[sequence] : endOffset
    }

    /// The event in which the byte at the offset lies, or the next one for the end.
    package func sequence(at offset: UInt64) -> UInt64 {
        index.sequence(containing: offset, endOffset: endOffset)
    }

    /// Where a late reader begins that asks for everything.
    package var replayOffset: UInt64 { offset(of: max(historyStart, index.first)) }

    // MARK: Writing

    /// Room for one event of at most `byteCount` bytes. The caller writes it and calls `commit`.
    @inline(__always)
    package mutating func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer {
        if capacity &- tail < byteCount { makeRoom(byteCount) }
        return base + tail
    }

    /// Ends the event that was written into the room of `reserve`.
    @inline(__always)
    package mutating func commit(_ byteCount: Int, isTerminal: Bool = false) {
        assert(!hasTerminal, "an event follows the terminal one")
        index.append(endOffset)
        if index.end == 2 { keepFirst(byteCount) }
        tail &+= byteCount
        if isTerminal {
            hasTerminal = true
            // Without a history, the terminal event is all that a reader who comes later can have.
            if keepsNothing { historyStart = index.end &- 1 }
        } else {
            advanceHistory()
        }
    }

    /// Appends an event whose bytes are ready.
    package mutating func append(_ event: [UInt8], isTerminal: Bool = false) {
        let room = reserve(event.count)
        event.withUnsafeBytes { room.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        commit(event.count, isTerminal: isTerminal)
    }

    /// Appends an event of which only the blank line behind its data is missing.
    mutating func append(_ head: [UInt8], _ data: [UInt8], isTerminal: Bool) {
        let count = head.count + data.count + 2
        let room = reserve(count)
        head.withUnsafeBytes { room.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        data.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { (room + head.count).copyMemory(from: start, byteCount: bytes.count) }
        }
        (room + count - 2).storeBytes(of: 0x0A, as: UInt8.self)
        (room + count - 1).storeBytes(of: 0x0A, as: UInt8.self)
        commit(count, isTerminal: isTerminal)
    }

    private mutating func keepFirst(_ byteCount: Int) {
        firstEvent = Array(UnsafeRawBufferPointer(start: base + tail, count: byteCount))
    }

    @inline(__always)
    private mutating func advanceHistory() {
        if keepsNothing {
            historyStart = index.end
            return
        }
        while index.end &- historyStart > UInt64(limits.events) { historyStart &+= 1 }
        while historyStart < index.end, endOffset &- index[max(historyStart, index.first)] > UInt64(limits.bytes) {
            historyStart &+= 1
        }
    }

    /// Moves what is kept to the front, or into a larger block when that would not give enough room.
    private mutating func makeRoom(_ byteCount: Int) {
        let kept = tail - head
        if kept + byteCount <= capacity, head >= kept {
            base.copyMemory(from: base + head, byteCount: kept)
        } else {
            var grown = capacity
            while grown < kept + byteCount { grown *= 2 }
            if grown == capacity { grown *= 2 }
            move(to: grown)
        }
        head = 0
        tail = kept
    }

    private mutating func move(to newCapacity: Int) {
        let moved = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 16)
        moved.copyMemory(from: base + head, byteCount: tail - head)
        base.deallocate()
        base = moved
        capacity = newCapacity
    }

    // MARK: Letting go

    /// Lets go of all that neither a late reader may have nor an attached one still needs, which is what lies before
    /// `cursor` (nil: nobody is attached).
    package mutating func trim(keepingFrom cursor: UInt64?) {
        var keep = historyStart
        if let cursor, cursor < endOffset { keep = min(keep, index.sequence(containing: cursor, endOffset: endOffset)) }
        guard keep > index.first else { return }
        let offset = offset(of: keep)
        head += Int(offset - headOffset)
        headOffset = offset
        index.removeAll(before: keep)
        if head == tail {
            head = 0
            tail = 0
        }
    }

    /// Gives back memory that only the running stream needed. What is large stays where it is: moving it would cost
    /// more than the unused end of its block, whose pages were never touched.
    package mutating func shrink() {
        index.shrink()
        let kept = tail - head
        guard kept <= ReplayHistory.movableBytes, kept < capacity / 2 || head > 0 else { return }
        move(to: max(kept, 1))
        head = 0
        tail = kept
    }

    // MARK: Reading

    /// The bytes from `offset` on, at most `limit` of them and, where the limit allows it, cut behind a whole event.
    /// The offset must be in memory.
    @inline(__always)
    package func slice(from offset: UInt64, limit: Int) -> UnsafeRawBufferPointer {
        let start = head &+ Int(offset &- headOffset)
        let available = tail &- start
        if available <= limit { return UnsafeRawBufferPointer(start: base + start, count: available) }
        return UnsafeRawBufferPointer(start: base + start, count: wholeEvents(from: offset, limit: limit))
    }

    private func wholeEvents(from offset: UInt64, limit: Int) -> Int {
        let cut = index[index.sequence(containing: offset + UInt64(limit), endOffset: endOffset)]
        return cut > offset ? Int(cut - offset) : limit
    }

    /// The encoded bytes of one event that is in memory, without so many at its beginning and its end.
    package func event(_ sequence: UInt64, droppingFirst prefix: Int = 0, last suffix: Int = 0) -> [UInt8] {
        let start = head + Int(index[sequence] - headOffset)
        let length = Int(offset(of: sequence + 1) - index[sequence])
        return Array(UnsafeRawBufferPointer(start: base + start + prefix, count: length - prefix - suffix))
    }
}
