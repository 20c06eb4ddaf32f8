import EventLoop
import Testing

@Suite struct BackgroundWriterTests {
    @Test func writesAllBlocksInOrder() throws {
        let pipe = try Pipe()
        try pipe.reading.makeNonBlocking()
        let writer = try BackgroundWriter(descriptor: pipe.writing.raw)
        let blocks = (0..<1_000).map { "record \($0)\n" }
        for block in blocks { writer.append(Array(block.utf8)) }
        #expect(writer.flush(atMost: testPatience))
        #expect(readAvailable(pipe.reading.raw).text == blocks.joined())
        #expect(writer.droppedCount == 0)
    }

    /// The pipe takes 64 KiB, the writer holds 256 KiB and as much again in its thread; the rest of 1 MiB is dropped,
    /// oldest first.
    @Test func dropsTheOldestBlocksWhenNobodyReads() throws {
        let pipe = try Pipe()
        try pipe.reading.makeNonBlocking()
        let capacity = 256 * 1_024
        let pipeCapacity = 64 * 1_024
        let writer = try BackgroundWriter(descriptor: pipe.writing.raw, capacity: capacity)
        let blocks = (0..<16_384).map { number in
            let digits = String(number)
            return String(repeating: "0", count: 63 - digits.count) + digits + "\n"
        }
        for block in blocks { writer.append(Array(block.utf8)) }
        #expect(!writer.flush(atMost: TimeSpan.millisecond))
        let dropped = Int(writer.droppedCount)
        // Taken by then: by the pipe, by the thread and by the buffer.
        #expect(dropped >= blocks.count - (2 * capacity + pipeCapacity) / 64)

        var received = ""
        let deadline = MonotonicTime.now().advanced(by: testPatience)
        var isFlushed = false
        while !isFlushed, MonotonicTime.now() < deadline {
            received += readAvailable(pipe.reading.raw).text
            isFlushed = writer.flush(atMost: TimeSpan.millisecond)
        }
        received += readAvailable(pipe.reading.raw).text
        #expect(isFlushed)
        let lines = received.split(separator: "\n").map { $0 + "\n" }
        #expect(lines.count == blocks.count - dropped)
        #expect(lines.last.map(String.init) == blocks.last)
        #expect(zip(lines, lines.dropFirst()).allSatisfy { $0 < $1 } && lines.allSatisfy { $0.utf8.count == 64 })
    }

    @Test func aBrokenDescriptorHarmsNobody() throws {
        var pipe: (reading: Int32, writing: Int32) = try Pipe().split()
        _ = FileDescriptor(adopting: pipe.reading)
        let writer = try BackgroundWriter(descriptor: pipe.writing)
        writer.append(Array("lost".utf8))
        #expect(writer.flush(atMost: testPatience))
        pipe.reading = -1
        _ = FileDescriptor(adopting: pipe.writing)
    }
}
