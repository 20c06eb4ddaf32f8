import EventLoop
import TestSupport
import Testing

@Suite struct BlockBufferTests {
    /// Against a list of blocks.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func behavesAsAListOfBlocks(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var buffer = BlockBuffer(capacity: 100)
        var model: [[UInt8]] = []
        var dropped: UInt64 = 0
        for step in 0..<1_000 {
            if Int.random(in: 0..<20, using: &random) == 0 {
                let (bytes, start) = buffer.takeAll(spare: [1, 2, 3])
                #expect(Array(bytes[start...]) == model.flatMap { $0 }, "seed \(seed), step \(step)")
                model = []
            } else {
                let block = random.bytes(Int.random(in: 0...110, using: &random))
                block.withUnsafeBytes { buffer.append($0) }
                if block.count > 100 {
                    dropped += 1
                } else if !block.isEmpty {
                    model.append(block)
                    while model.reduce(0, { $0 + $1.count }) > 100 {
                        model.removeFirst()
                        dropped += 1
                    }
                }
            }
            #expect(buffer.byteCount == model.reduce(0) { $0 + $1.count }, "seed \(seed), step \(step)")
            #expect(buffer.isEmpty == model.isEmpty && buffer.droppedCount == dropped, "seed \(seed), step \(step)")
        }
    }
}
