import API
import Engine
import SSE
import Service
import TestSupport
import Testing

/// Records, and the cursors of those who follow them.
@Suite struct FeedTests {
    /// What readers got, and which of them take nothing.
    private final class Sockets {
        var received: [ConnectionID: [UInt8]] = [:]
        var full: Set<ConnectionID> = []
        var writes = 0

        func deliver(_ id: ConnectionID, _ bytes: UnsafeRawBufferPointer) -> Channel.Delivery {
            received[id, default: []] += bytes
            writes += 1
            return full.contains(id) ? .blocked : .accepted
        }

        func events(_ id: ConnectionID) -> [ReceivedEvent] { EventStreamReader(received[id] ?? []).events }
        func data(_ id: ConnectionID) -> [String] { events(id).map(\.data) }
    }

    private let sockets = Sockets()
    private let reader = ConnectionID(rawValue: 1)
    private let other = ConnectionID(rawValue: 2)

    private func feed(events: Int = 100, bytes: Int = 1 << 20) -> Feed {
        var generator = SeededGenerator(seed: 7)
        return Feed(eventName: "log", limits: HistoryLimits(events: events, bytes: bytes), generator: &generator)
    }

    private func append(_ range: ClosedRange<Int>, to feed: inout Feed, _ tag: FeedTag = FeedTag()) {
        for number in range { feed.append(Array("{\"n\":\(number)}".utf8), tag) }
    }

    private func records(_ range: ClosedRange<Int>) -> [String] { range.map { "{\"n\":\($0)}" } }

    @Test func followersGetWhatWasAndWhatComes() {
        var feed = feed()
        append(1...3, to: &feed)
        feed.subscribe(reader, FeedRequest(), now: 0)
        feed.subscribe(other, FeedRequest(resume: .now), now: 0)
        feed.flush(now: 0, sockets.deliver)
        append(4...5, to: &feed)
        feed.flush(now: 0, sockets.deliver)
        #expect(sockets.data(reader) == records(1...5))
        #expect(sockets.data(other) == records(4...5))
        #expect(sockets.events(reader).allSatisfy { $0.name == "log" })
        // Nothing new, nothing written.
        let writes = sockets.writes
        feed.flush(now: 0, sockets.deliver)
        #expect(sockets.writes == writes)
    }

    @Test func aTurnIsOneWrite() {
        var feed = feed()
        feed.subscribe(reader, FeedRequest(), now: 0)
        append(1...50, to: &feed)
        feed.flush(now: 0, sockets.deliver)
        #expect(sockets.writes == 1)
        #expect(sockets.data(reader) == records(1...50))
    }

    @Test(arguments: [(0, []), (2, [4, 5]), (99, [1, 2, 3, 4, 5])] as [(Int, [Int])])
    func theNewestFirst(lines: Int, expected: [Int]) {
        var feed = feed()
        append(1...5, to: &feed)
        feed.subscribe(reader, FeedRequest(lines: lines), now: 0)
        feed.flush(now: 0, sockets.deliver)
        #expect(sockets.data(reader) == expected.map { "{\"n\":\($0)}" })
        #expect(
            String(decoding: feed.lines(FeedTag(), count: lines), as: UTF8.self)
                == expected.map { "{\"n\":\($0)}\n" }.joined())
    }

    @Test func onlyWhatIsAskedFor() {
        var feed = feed()
        append(1...1, to: &feed, FeedTag(deployment: "a", worker: 0))
        append(2...2, to: &feed, FeedTag(deployment: "b", worker: 0))
        append(3...4, to: &feed, FeedTag(deployment: "a", worker: 1))
        append(5...5, to: &feed)
        append(6...6, to: &feed, FeedTag(deployment: "a", worker: 1))
        for (filter, count, expected) in [
            (FeedTag(), nil, [1, 2, 3, 4, 5, 6]), (FeedTag(deployment: "a"), nil, [1, 3, 4, 6]),
            (FeedTag(deployment: "a", worker: 1), nil, [3, 4, 6]), (FeedTag(worker: 0), nil, [1, 2]),
            (FeedTag(deployment: "a"), 2, [4, 6]), (FeedTag(deployment: "c"), nil, []),
        ] as [(FeedTag, Int?, [Int])] {
            let text = String(decoding: feed.lines(filter, count: count), as: UTF8.self)
            #expect(text == expected.map { "{\"n\":\($0)}\n" }.joined())
        }
        feed.subscribe(reader, FeedRequest(deployment: "a", worker: 1), now: 0)
        feed.flush(now: 0, sockets.deliver)
        append(7...7, to: &feed, FeedTag(deployment: "b"))
        append(8...8, to: &feed, FeedTag(deployment: "a", worker: 1))
        feed.flush(now: 0, sockets.deliver)
        #expect(sockets.data(reader) == records(3...4) + records(6...6) + records(8...8))
    }

    @Test func whoComesBackGoesOn() throws {
        var feed = feed(events: 4)
        feed.subscribe(reader, FeedRequest(), now: 0)
        append(1...3, to: &feed)
        feed.flush(now: 0, sockets.deliver)
        feed.unsubscribe(reader)
        let last = try #require(sockets.events(reader).last?.id)
        append(4...5, to: &feed)
        feed.subscribe(other, FeedRequest(lines: 1, resume: ResumePoint(lastEventID: last)), now: 0)
        feed.flush(now: 0, sockets.deliver)
        #expect(sockets.data(other) == records(4...5))
        // Too late: it is told how much it missed.
        append(6...20, to: &feed)
        let late = ConnectionID(rawValue: 3)
        feed.subscribe(late, FeedRequest(resume: ResumePoint(lastEventID: last)), now: 0)
        feed.flush(now: 0, sockets.deliver)
        #expect(sockets.events(late).first?.name == "gap")
        #expect(sockets.data(late) == [#"{"missed":13}"#] + records(17...20))
        // An id of another life of the server says nothing about this one.
        let foreign = ConnectionID(rawValue: 4)
        feed.subscribe(foreign, FeedRequest(resume: ResumePoint(lastEventID: "zzzzzz-3")), now: 0)
        feed.flush(now: 0, sockets.deliver)
        #expect(sockets.data(foreign) == records(17...20))
    }

    /// One that does not read holds nothing but its place, and loses what leaves the history.
    @Test func aSlowReaderHoldsNobodyUp() {
        var feed = feed(events: 10)
        feed.subscribe(reader, FeedRequest(), now: 0)
        feed.subscribe(other, FeedRequest(), now: 0)
        sockets.full = [reader]
        for number in 1...100 {
            append(number...number, to: &feed)
            feed.flush(now: 0, sockets.deliver)
        }
        #expect(sockets.data(other) == records(1...100))
        #expect(sockets.data(reader) == records(1...1))
        sockets.full = []
        feed.drained(reader)
        feed.flush(now: 0, sockets.deliver)
        #expect(sockets.data(reader) == records(1...1) + [#"{"missed":89}"#] + records(91...100))
    }

    @Test func silenceIsFilledAndTheDeadAreGivenUp() {
        var feed = feed()
        feed.subscribe(reader, FeedRequest(), now: 0)
        feed.subscribe(other, FeedRequest(), now: 0)
        sockets.full = [other]
        append(1...1, to: &feed)
        feed.flush(now: 5, sockets.deliver)
        let before = sockets.received[reader]?.count ?? 0
        #expect(feed.tick(now: 14, heartbeat: 10, patience: 30, sockets.deliver).isEmpty)
        #expect(sockets.received[reader]?.count == before)
        #expect(feed.tick(now: 15, heartbeat: 10, patience: 30, sockets.deliver).isEmpty)
        #expect(sockets.received[reader]?.count == before + EventEncoder.heartbeat.count)
        #expect(feed.tick(now: 34, heartbeat: 100, patience: 30, sockets.deliver).isEmpty)
        #expect(feed.tick(now: 35, heartbeat: 100, patience: 30, sockets.deliver) == [other])
    }

    /// Against the plainest model there is: a list, and a filter.
    @Test(arguments: 0..<20)
    func saysTheSameAsAList(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var feed = feed(events: 1_000_000, bytes: 2_000)
        var all: [(number: Int, tag: FeedTag)] = []
        let filter = FeedTag(deployment: "a", worker: nil)
        feed.subscribe(reader, FeedRequest(deployment: "a"), now: 0)
        for number in 1...400 {
            let tag = FeedTag(
                deployment: ["a", "b", nil][Int.random(in: 0...2, using: &generator)],
                worker: Int.random(in: 0...2, using: &generator))
            append(number...number, to: &feed, tag)
            all.append((number, tag))
            if Int.random(in: 0...3, using: &generator) == 0 { feed.flush(now: 0, sockets.deliver) }
            if number % 50 == 0 {
                let text = String(decoding: feed.lines(filter, count: 5), as: UTF8.self)
                let expected = all.filter { $0.tag.deployment == "a" }.suffix(5).map { "{\"n\":\($0.number)}\n" }
                #expect(text == expected.joined(), "seed \(seed)")
            }
        }
        feed.flush(now: 0, sockets.deliver)
        let expected = all.filter { $0.tag.deployment == "a" }.map { "{\"n\":\($0.number)}" }
        let received = sockets.events(reader)
        let isWhole = !received.contains { $0.name == "gap" }
        if isWhole { #expect(received.map(\.data) == expected, "seed \(seed)") }
        #expect(received.last?.data == expected.last, "seed \(seed)")
    }
}
