import EventLoop
import Glibc
import TestSupport
import Testing

@Suite struct WriteQueueTests {
    @Test func whatTheKernelTakesIsNotKept() throws {
        let pipe = try Pipe()
        try pipe.reading.makeNonBlocking()
        var queue = WriteQueue(highMark: 100, lowMark: 10)
        let outcome = withParts("head ", "body ", "tail") { queue.write($0, $1, $2, to: pipe.writing.raw) }
        #expect(outcome == .drained)
        #expect(queue.isEmpty == true)
        #expect(readAvailable(pipe.reading.raw).text == "head body tail")
    }

    @Test func theRestWaitsInOrderUntilThereIsRoom() throws {
        let pipe = try Pipe()
        try pipe.reading.makeNonBlocking()
        try pipe.writing.makeNonBlocking()
        var queue = WriteQueue(highMark: 100_000, lowMark: 10)
        let body = String(repeating: "0123456789", count: 30_000)
        var outcome = withParts("head ", body, " tail") { queue.write($0, $1, $2, to: pipe.writing.raw) }
        #expect(outcome == .blocked)
        #expect(queue.isBlocked == true)
        // Behind what waits nothing is written, even if there were room.
        outcome = withParts("", "next", "") { queue.write($0, $1, $2, to: pipe.writing.raw) }
        #expect(outcome == .blocked)
        var received = ""
        for _ in 0..<100 where outcome == .blocked {
            received += readAvailable(pipe.reading.raw).text
            outcome = queue.flush(to: pipe.writing.raw)
        }
        received += readAvailable(pipe.reading.raw).text
        #expect(outcome == .drained)
        #expect(queue.isBlocked == false && queue.isEmpty == true)
        #expect(received == "head " + body + " tailnext")
    }

    @Test func saysWhenNobodyReads() throws {
        Signals.ignoreBrokenPipe()
        let ends = try Pipe().split()
        let writing = FileDescriptor(adopting: ends.writing)
        close(ends.reading)
        var queue = WriteQueue(highMark: 100, lowMark: 10)
        let outcome = withParts("a", "", "") { queue.write($0, $1, $2, to: writing.raw) }
        #expect(outcome == .closed)
        let again = queue.flush(to: writing.raw)
        #expect(again == .closed)
        queue.removeAll()
        #expect(queue.byteCount == 0)
    }

    /// Against a plain array of bytes, with a kernel that takes as much as it pleases.
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func behavesAsAPlainArray(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = WriteQueue(highMark: 200_000, lowMark: 20_000)
        var model: [UInt8] = []
        var isBlocked = false
        for step in 0..<400 {
            if Bool.random(using: &random) {
                let limit = [20, 300, 9_000, 70_000].randomElement(using: &random)!
                let bytes = random.bytes(Int.random(in: 0...limit, using: &random))
                if Bool.random(using: &random) {
                    queue.append(bytes)
                } else {
                    bytes.withUnsafeBytes { queue.append($0) }
                }
                model += bytes
            } else {
                var taken: [UInt8] = []
                var calls = Int.random(in: 0..<4, using: &random)
                let outcome = queue.flush { a, b, c in
                    guard calls > 0 else { return .wouldBlock }
                    calls -= 1
                    let offered = Array(a) + Array(b) + Array(c)
                    let isShort = Int.random(in: 0..<4, using: &random) == 0
                    let count = isShort ? Int.random(in: 1...offered.count, using: &random) : offered.count
                    taken += offered[..<count]
                    return .bytes(count)
                }
                #expect(taken == Array(model.prefix(taken.count)), "seed \(seed), step \(step)")
                model.removeFirst(taken.count)
                #expect(outcome == (model.isEmpty ? .drained : .blocked), "seed \(seed), step \(step)")
            }
            isBlocked = model.count > 200_000 || (isBlocked && model.count > 20_000)
            #expect(queue.byteCount == model.count && queue.isBlocked == isBlocked, "seed \(seed), step \(step)")
        }
    }

    private func withParts<Result>(
        _ a: String, _ b: String, _ c: String,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Result
    ) -> Result {
        Array(a.utf8).withUnsafeBytes { a in
            Array(b.utf8).withUnsafeBytes { b in Array(c.utf8).withUnsafeBytes { c in body(a, b, c) } }
        }
    }
}
