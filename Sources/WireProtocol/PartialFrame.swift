/// Memory for one frame that arrives in pieces.
///
/// Owned memory rather than an array, because a frame's payload points into it between two calls of the decoder.
struct PartialFrame: ~Copyable {
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    /// Bytes held.
    private(set) var count = 0
    /// Whether the frame was whole and has been handed out; then the memory is due to be cleared.
    private(set) var isHandedOut = false

    init() {}

    deinit { memory.deallocate() }

    /// Bytes of memory taken.
    var capacity: Int { memory.count }

    /// Whether it holds the beginning of a frame.
    var isUnfinished: Bool { count > 0 && !isHandedOut }

    /// What it holds; valid until it changes.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    /// Takes bytes from `input` until it holds `total`, and says how many it took.
    mutating func fill(upTo total: Int, from input: UnsafeRawBufferPointer, at position: Int) -> Int {
        let taken = min(total - count, input.count - position)
        guard taken > 0 else { return 0 }
        reserve(count + taken, outOf: total)
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: input[position..<position + taken]))
        count += taken
        return taken
    }

    /// The whole frame; it stays until the memory is cleared.
    mutating func handOut() -> UnsafeRawBufferPointer {
        isHandedOut = true
        return bytes
    }

    /// Makes room for the next frame and gives back what a large one took.
    mutating func clear() {
        count = 0
        isHandedOut = false
        guard memory.count > ProtocolLimits.retainedPartialCapacity else { return }
        memory.deallocate()
        memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    /// Doubles the memory until `needed` bytes fit, but takes no more than the whole frame will need.
    private mutating func reserve(_ needed: Int, outOf total: Int) {
        guard needed > memory.count else { return }
        let doubled = max(memory.count * 2, ProtocolLimits.initialPartialCapacity, needed)
        let capacity = max(needed, min(doubled, max(total, ProtocolLimits.initialPartialCapacity)))
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: bytes)
        memory.deallocate()
        memory = larger
    }
}
