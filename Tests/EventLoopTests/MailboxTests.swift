import EventLoop
import Testing

@Suite struct MailboxTests {
    @Test func lettersOfManyThreadsAllArriveEachThreadsInOrder() throws {
        let senders = 4
        let lettersPerSender = 5_000
        let loop = try Loop()
        let received = Received(senders: senders)
        let bound = LoopBound(received, on: loop)
        let mailbox = loop.mailbox
        // A background queue is a thread of its own, and its result comes by mail too.
        let threads = try (0..<senders).map { _ in try BackgroundQueue(on: loop) }
        for (sender, thread) in threads.enumerated() {
            thread.run(
                {
                    for number in 0..<lettersPerSender {
                        mailbox.post { bound.value.next[sender].append(number) }
                    }
                    return lettersPerSender
                }, deliver: { received.finished += $0 })
        }
        #expect(try loop.turns { received.finished == senders * lettersPerSender })
        // A queue that goes away delivers nothing more.
        withExtendedLifetime(threads) {}
        for sender in 0..<senders {
            #expect(received.next[sender] == Array(0..<lettersPerSender))
        }
    }

    @Test func aLetterPostedWhileMailIsDeliveredWaitsForTheNextTurn() throws {
        let loop = try Loop()
        let log = Log()
        let bound = LoopBound(log, on: loop)
        let mailbox = loop.mailbox
        mailbox.post {
            bound.value.add("first")
            mailbox.post { bound.value.add("second") }
        }
        try loop.turn(waitingAtMost: testPatience)
        #expect(log.lines == ["first"])
        try loop.turn(waitingAtMost: testPatience)
        #expect(log.lines == ["first", "second"])
    }
}

private final class Received {
    var next: [[Int]]
    var finished = 0

    init(senders: Int) {
        next = Array(repeating: [], count: senders)
    }
}
