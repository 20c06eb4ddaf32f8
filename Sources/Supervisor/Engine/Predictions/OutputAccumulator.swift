/// The chunks that a run has produced, as raw JSON, for the snapshot at its end. The history of events forgets; this does
/// not, up to a cap.
struct OutputAccumulator {
    /// From this size on memory is taken in blocks that are never copied again.
    private static let blockBytes = 1024 * 1024

    /// Full blocks and the one being filled; between two chunks stands a comma, never at the end of a block.
    private var blocks: [[UInt8]] = []
    private var current: [UInt8] = []
    private(set) var chunkCount: UInt64 = 0
    /// The bytes of all chunks and the commas between them.
    private(set) var byteCount = 0

    var isEmpty: Bool { chunkCount == 0 }

    @inline(__always)
    mutating func append(_ chunk: UnsafeRawBufferPointer) {
        if current.count &+ chunk.count &+ 1 > OutputAccumulator.blockBytes { beginBlock(chunk.count + 1) }
        if chunkCount > 0 {
            current.append(0x2C)
            byteCount &+= 1
        }
        current.append(contentsOf: chunk)
        byteCount &+= chunk.count
        chunkCount &+= 1
    }

    private mutating func beginBlock(_ needed: Int) {
        if !current.isEmpty { blocks.append(current) }
        current = []
        current.reserveCapacity(max(OutputAccumulator.blockBytes, needed))
    }

    /// Appends the chunks, comma-separated.
    func write(to output: inout [UInt8]) {
        for block in blocks { output.append(contentsOf: block) }
        output.append(contentsOf: current)
    }

    mutating func removeAll() {
        blocks = []
        current = []
    }
}
