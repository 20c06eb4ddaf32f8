import SSE
import TestSupport
import Testing

@Suite("Channel: replay and live delivery")
struct ChannelTests {
    @Test func eventsCarryTheEpochAndCountFromOne() {
        let driver = ChannelDriver()
        driver.subscribe(1)
        driver.append("{}", name: "start")
        driver.append("[1]")
        driver.flush()
        #expect(
            String(decoding: driver.readers[1]!.bytes, as: UTF8.self)
                == "event: start\nid: abcdef-1\ndata: {}\n\nevent: output\nid: abcdef-2\ndata: [1]\n\n")
        #expect(driver.channel.nextEventID == EventID(epoch: ChannelDriver.epoch, sequence: 3))
    }

    @Test func templatesWriteWhatTheEncoderWrites() {
        let template = EventTemplate(
            head: "event: output\nid: abcdef-", middle: "\ndata: {\"chunk\":", tail: ",\"index\":", end: "}\n\n")
        let fast = ChannelDriver()
        let slow = ChannelDriver()
        var index = DecimalCounter(0)
        for number in 0..<1_200 {
            let payload = Array(#""word \#(number)""#.utf8)
            payload.withUnsafeBytes { fast.channel.append(template, payload: $0, number: index) }
            index.increment()
            slow.append(#"{"chunk":"word \#(number)","index":\#(number)}"#)
        }
        fast.subscribe(1, at: fast.channel.history.startOffset)
        slow.subscribe(1, at: slow.channel.history.startOffset)
        fast.flush()
        slow.flush()
        #expect(fast.readers[1]!.bytes == slow.readers[1]!.bytes)
        #expect(fast.readers[1]!.sequences == Array(1...1_200))
    }

    @Test func theNumberMayBeTheSequence() {
        let template = EventTemplate(head: "id: abcdef-", middle: "\ndata: ", tail: " ", end: "\n\n")
        let driver = ChannelDriver()
        driver.append()
        Array("x".utf8).withUnsafeBytes { driver.channel.append(template, payload: $0) }
        UnsafeRawBufferPointer(start: nil, count: 0).withMemoryRebound(to: UInt8.self) {
            driver.channel.append(template, payload: UnsafeRawBufferPointer($0))
        }
        driver.subscribe(1)
        driver.flush()
        #expect(driver.readers[1]!.events.map(\.data) == ["{}", "x 2", " 3"])
    }

    @Test func aLateReaderGetsEverythingAndThenLive() {
        let driver = ChannelDriver()
        driver.subscribe(1)
        driver.append(count: 3)
        driver.flush()
        driver.subscribe(2)
        driver.append(count: 2)
        driver.flush()
        driver.append("{}", name: "completed", isTerminal: true)
        driver.subscribe(3)
        driver.flush()
        driver.subscribe(4)
        driver.flush()
        for id in 1...4 as ClosedRange<UInt64> {
            #expect(driver.readers[id]!.sequences == Array(1...6))
            #expect(driver.readers[id]!.bytes == driver.readers[1]!.bytes)
            #expect(driver.readers[id]!.notices == [.finished])
        }
        #expect(driver.channel.subscriptions.isEmpty)
    }

    /// Cut behind any event, and come back: no gap, no duplicate.
    @Test func resumingBehindEachEvent() {
        let driver = ChannelDriver()
        for number in 1...40 { driver.append("[\(number)]") }
        driver.append("{}", name: "completed", isTerminal: true)
        for seen in 0...41 as ClosedRange<UInt64> {
            driver.subscribe(seen, at: driver.channel.history.offset(of: seen + 1))
        }
        driver.flush()
        for seen in 0...41 {
            #expect(driver.readers[UInt64(seen)]!.sequences == Array((seen + 1)..<42))
            #expect(driver.readers[UInt64(seen)]!.notices == [.finished])
        }
    }

    @Test func withoutHistoryALateReaderGetsWhatComesFromNowOn() {
        let driver = ChannelDriver(HistoryLimits(events: 0, bytes: 1_000))
        driver.append(count: 2)
        driver.subscribe(1)
        driver.flush()
        #expect(driver.readers[1]!.bytes.isEmpty)
        driver.append()
        driver.append("{}", name: "completed", isTerminal: true)
        driver.flush()
        #expect(driver.readers[1]!.sequences == [3, 4])
        driver.subscribe(2)
        driver.flush()
        #expect(driver.readers[2]!.sequences == [4])
        #expect(driver.readers[2]!.notices == [.finished])
    }

    @Test(arguments: [(HistoryLimits(events: 5, bytes: 1_000_000), 16), (HistoryLimits(events: 1_000, bytes: 100), 19)])
    func theHistoryIsBoundedByEventsAndBytes(_ limits: HistoryLimits, first: Int) {
        let driver = ChannelDriver(limits)
        driver.append(count: 20)
        driver.flush()
        driver.subscribe(1)
        driver.flush()
        #expect(driver.readers[1]!.sequences == Array(first...20))
        #expect(driver.channel.history.droppedCount == UInt64(first - 1))
        #expect(driver.channel.history.firstRetained == UInt64(first))
    }

    @Test func slicesEndBetweenEvents() {
        let driver = ChannelDriver()
        let size = 1_000
        for _ in 0..<300 { driver.append(String(repeating: "x", count: size)) }
        driver.subscribe(1)
        driver.flush()
        #expect(driver.readers[1]!.sliceSizes.count > 4)
        var at = 0
        for slice in driver.readers[1]!.sliceSizes {
            #expect(slice <= Channel.sliceLimit)
            at += slice
            #expect(driver.readers[1]!.bytes[..<at].suffix(2) == [0x0A, 0x0A])
        }
        #expect(driver.readers[1]!.sequences == Array(1...300))
    }

    @Test func anEventBeyondTheSliceGoesThroughInPieces() {
        let driver = ChannelDriver()
        driver.append()
        driver.append(String(repeating: "x", count: 3 * Channel.sliceLimit))
        driver.append()
        driver.subscribe(1)
        driver.flush()
        #expect(driver.readers[1]!.sequences == [1, 2, 3])
        #expect(driver.readers[1]!.sliceSizes.allSatisfy { $0 <= Channel.sliceLimit })
    }

    @Test func nothingIsWrittenWhereNothingIsNew() {
        let driver = ChannelDriver()
        driver.append()
        driver.subscribe(1)
        driver.flush()
        driver.flush()
        driver.flush()
        #expect(driver.readers[1]!.sliceSizes.count == 1)
    }

    @Test func lastWritesAreRemembered() {
        let driver = ChannelDriver()
        driver.now = 5
        driver.subscribe(1)
        driver.subscribe(2, room: 0)
        #expect(driver.channel.subscriptions.map(\.lastWrite) == [5, 5])
        driver.now = 9
        driver.flush()
        #expect(driver.channel.subscriptions.map(\.lastWrite) == [5, 5])
        driver.append()
        driver.flush()
        #expect(driver.channel.subscriptions.map(\.lastWrite) == [9, 9])
        #expect(driver.channel.subscriptions.map(\.blockedSince) == [nil, 9])
        driver.channel.touched(SubscriberID(rawValue: 1), now: 12)
        #expect(driver.channel.subscriptions.map(\.lastWrite) == [12, 9])
        driver.channel.touched(SubscriberID(rawValue: 77), now: 12)
    }

    @Test func unsubscribing() {
        let driver = ChannelDriver()
        for id in 1...3 as ClosedRange<UInt64> { driver.subscribe(id) }
        #expect(driver.channel.unsubscribe(SubscriberID(rawValue: 1)) == true)
        #expect(driver.channel.unsubscribe(SubscriberID(rawValue: 1)) == false)
        #expect(driver.channel.hasSubscriber(SubscriberID(rawValue: 1)) == false)
        #expect(driver.channel.hasSubscriber(SubscriberID(rawValue: 2)) == true)
        driver.append()
        driver.flush()
        #expect(driver.readers[1]!.sequences == [])
        #expect(driver.readers[2]!.sequences == [1])
        #expect(driver.readers[3]!.sequences == [1])
        #expect(driver.channel.drained(SubscriberID(rawValue: 1)) == nil)
    }
}
