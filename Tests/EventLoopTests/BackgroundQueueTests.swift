import EventLoop
import Testing

@Suite struct BackgroundQueueTests {
    @Test func resultsComeBackInOrderOnTheLoop() throws {
        let loop = try Loop()
        let queue = try BackgroundQueue(on: loop)
        let mailbox = loop.mailbox
        var results: [String] = []
        for number in 0..<100 {
            queue.run(
                { mailbox.isOnLoopThread ? "on the loop" : "work \(number)" },
                deliver: { results.append(mailbox.isOnLoopThread ? $0 : "off the loop") })
        }
        #expect(queue.waitingCount == 100)
        #expect(try loop.turns { queue.waitingCount == 0 })
        #expect(results == (0..<100).map { "work \($0)" })
    }

    @Test func resultsOfAQueueThatHasGoneAreDropped() throws {
        let loop = try Loop()
        let gate = try Pipe()
        let raw = gate.reading.raw
        var queue: BackgroundQueue? = try BackgroundQueue(on: loop)
        queue?.run(
            { () -> Int in
                // Held back until the queue is gone.
                withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { _ = Transfer.read(raw, into: $0) }
                return 1
            }, deliver: { _ in Issue.record("delivered by a queue that has gone") })
        queue = nil
        var isOver = false
        let bound = LoopBound(Log(), on: loop)
        let mailbox = loop.mailbox
        let second = try BackgroundQueue(on: loop)
        #expect(writeAll("x", to: gate.writing.raw))
        second.run({ mailbox.post { bound.value.add("after") } }, deliver: { isOver = true })
        #expect(try loop.turns { isOver })
        withExtendedLifetime(second) {}
    }
}
