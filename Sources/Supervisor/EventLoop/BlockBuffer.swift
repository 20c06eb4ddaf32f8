/// Blocks of bytes, bounded in all: when they become too many, the oldest whole ones are dropped and counted.
package struct BlockBuffer {
    /// The most bytes that wait.
    package let capacity: Int
    /// Blocks dropped so far.
    package private(set) var droppedCount: UInt64 = 0

    /// All waiting blocks from `start` on; what lies before is dropped and not yet cleared away.
    private var bytes: [UInt8] = []
    private var start = 0
    /// Where each waiting block ends in `bytes`, from `firstEnd` on.
    private var ends: [Int] = []
    private var firstEnd = 0

    /// - Parameter capacity: the most bytes that may wait.
    package init(capacity: Int) {
        self.capacity = capacity
    }

    /// Whether nothing waits.
    package var isEmpty: Bool { start == bytes.count }
    /// Bytes that wait.
    package var byteCount: Int { bytes.count - start }

    /// Adds a block. One that is larger than the capacity is itself dropped.
    package mutating func append(_ block: UnsafeRawBufferPointer) {
        guard !block.isEmpty else { return }
        guard block.count <= capacity else {
            droppedCount += 1
            return
        }
        while byteCount + block.count > capacity { dropOldest() }
        compact()
        bytes.append(contentsOf: block)
        ends.append(bytes.count)
    }

    /// Takes all waiting bytes. `spare` is an array whose memory may be used for the next ones.
    package mutating func takeAll(spare: consuming [UInt8]) -> (bytes: [UInt8], start: Int) {
        let taken = (bytes, start)
        spare.removeAll(keepingCapacity: true)
        bytes = spare
        start = 0
        ends.removeAll(keepingCapacity: true)
        firstEnd = 0
        return taken
    }

    private mutating func dropOldest() {
        start = ends[firstEnd]
        firstEnd += 1
        droppedCount += 1
    }

    /// Clears what is dropped away once it is half of all: each byte is moved once at most.
    private mutating func compact() {
        guard start > 0, start >= bytes.count / 2 else { return }
        bytes.removeSubrange(..<start)
        ends.removeSubrange(..<firstEnd)
        for index in ends.indices { ends[index] -= start }
        start = 0
        firstEnd = 0
    }
}
