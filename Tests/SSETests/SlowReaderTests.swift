import SSE
import TestSupport
import Testing

@Suite("Channel: slow readers")
struct SlowReaderTests {
    /// Narrow, so that few events overrun it: 4 events and 100 bytes; each event of the driver has 38 bytes or a little
    /// more.
    static let narrow = LiveWindow(events: 4, bytes: 100)
    static let short = HistoryLimits(events: 3, bytes: 1_000_000)

    @Test func aBlockedReaderGoesOnWhereItStood() {
        let driver = ChannelDriver()
        driver.subscribe(1, room: 0)
        driver.append()
        driver.now = 7
        driver.flush()
        #expect(driver.state(1) == .blocked(since: 7))
        driver.append(count: 5)
        driver.now = 8
        driver.flush()
        #expect(driver.readers[1]!.sequences == [1])
        #expect(driver.state(1) == .blocked(since: 7))
        driver.drain(1)
        #expect(driver.state(1) == .live)
        driver.flush()
        #expect(driver.readers[1]!.sequences == Array(1...6))
        #expect(driver.readers[1]!.notices == [])
    }

    @Test func aReaderWithinTheWindowLosesNothing() {
        let driver = ChannelDriver(Self.short, window: LiveWindow(events: 50, bytes: 1_000))
        driver.subscribe(1, room: 0)
        driver.append()
        driver.flush()
        driver.append(count: 49)
        driver.flush()
        #expect(driver.state(1) == .blocked(since: 0))
        #expect(driver.channel.history.firstRetained == 2)
        driver.drain(1)
        driver.flush()
        #expect(driver.readers[1]!.sequences == Array(1...50))
    }

    /// The window is as wide as the larger of its two measures, up to eight times the bytes.
    @Test(arguments: [
        (LiveWindow(events: 4, bytes: 100), 4, 1, true), (LiveWindow(events: 4, bytes: 100), 5, 1, false),
        (LiveWindow(events: 4, bytes: 1_000_000), 500, 1, true),
        (LiveWindow(events: 1_000, bytes: 100), 6, 80, true), (LiveWindow(events: 1_000, bytes: 100), 7, 80, false),
    ])
    func theLiveWindow(_ window: LiveWindow, events: Int, size: Int, isKept: Bool) {
        let driver = ChannelDriver(Self.short, window: window)
        driver.subscribe(1, room: 0)
        driver.append()
        driver.flush()
        for _ in 0..<events { driver.append(String(repeating: "x", count: size)) }
        driver.flush()
        if isKept {
            #expect(driver.state(1) == .blocked(since: 0))
        } else {
            #expect(driver.state(1) == .lagged(missedFrom: 2, since: 0))
        }
    }

    /// At the defaults of the server: more than 1,024 events *and* 8 MiB behind, or 64 MiB.
    @Test func theDefaultWindow() {
        let driver = ChannelDriver()
        driver.subscribe(1, room: 0)
        driver.append()
        driver.flush()
        driver.append(count: 20_000)
        driver.flush()
        #expect(driver.state(1) == .blocked(since: 0))
        let large = String(repeating: "x", count: 1 << 20)
        for _ in 0..<7 { driver.append(large) }
        driver.flush()
        #expect(driver.state(1) == .blocked(since: 0))
        driver.append(large)
        driver.flush()
        #expect(driver.state(1) == .lagged(missedFrom: 2, since: 0))
        #expect(driver.channel.history.firstRetained > 18_000)
    }

    @Test func aGapIsToldWithItsEnds() {
        let driver = ChannelDriver(Self.short, window: Self.narrow)
        driver.subscribe(1, room: 0)
        driver.append()
        driver.flush()
        driver.append(count: 19)
        driver.flush()
        #expect(driver.state(1) == .lagged(missedFrom: 2, since: 0))
        driver.append(count: 10)
        driver.flush()
        driver.drain(1)
        driver.flush()
        #expect(driver.readers[1]!.notices == [.gap(from: 2, through: 27)])
        #expect(driver.readers[1]!.sequences == [1, 28, 29, 30])
        driver.append()
        driver.flush()
        #expect(driver.readers[1]!.sequences == [1, 28, 29, 30, 31])
    }

    @Test func orAnErrorWithTheCount() {
        let driver = ChannelDriver(Self.short, window: Self.narrow)
        driver.subscribe(1, room: 0, policy: .errorAndEnd)
        driver.append()
        driver.flush()
        driver.append(count: 29)
        driver.flush()
        #expect(driver.channel.subscriptions.count == 1)
        driver.drain(1)
        driver.flush()
        #expect(driver.readers[1]!.notices == [.lagged(skipped: 29)])
        #expect(driver.readers[1]!.sequences == [1])
        #expect(driver.channel.subscriptions.isEmpty)
    }

    @Test func theTerminalComesBehindTheGap() {
        let driver = ChannelDriver(Self.short, window: Self.narrow)
        driver.subscribe(1, room: 0)
        driver.append()
        driver.flush()
        driver.append(count: 30)
        driver.append("{}", name: "completed", isTerminal: true)
        driver.flush()
        driver.drain(1)
        driver.flush()
        #expect(driver.readers[1]!.notices == [.gap(from: 2, through: 28), .finished])
        #expect(driver.readers[1]!.sequences == [1, 29, 30, 31, 32])
    }

    @Test func withoutHistoryALaggedReaderGoesOnWithWhatComes() {
        let driver = ChannelDriver(HistoryLimits(events: 0, bytes: 0), window: Self.narrow)
        driver.subscribe(1, room: 0)
        driver.append()
        driver.flush()
        driver.append(count: 20)
        driver.flush()
        driver.drain(1)
        driver.append()
        driver.flush()
        #expect(driver.readers[1]!.notices == [.gap(from: 2, through: 21)])
        #expect(driver.readers[1]!.sequences == [1, 22])
    }

    /// A history that reaches further back than the live window still has what a reader missed: nothing is lost, and
    /// nothing may come twice.
    @Test(arguments: [LagPolicy.gapAndContinue, .errorAndEnd])
    func aHistoryLongerThanTheWindow(_ policy: LagPolicy) {
        let driver = ChannelDriver(HistoryLimits(events: 1_000, bytes: 1_000_000), window: Self.narrow)
        driver.subscribe(1, room: 0, policy: policy)
        driver.append()
        driver.flush()
        driver.append(count: 30)
        driver.flush()
        driver.drain(1)
        driver.flush()
        #expect(driver.readers[1]!.notices == [])
        #expect(driver.readers[1]!.sequences == Array(1...31))
    }

    /// What cannot be made whole for a reader any more cannot be continued either.
    @Test func aReaderInTheMiddleOfAnEventIsCutOff() {
        let driver = ChannelDriver(Self.short, window: Self.narrow)
        driver.append(String(repeating: "x", count: 2 * Channel.sliceLimit))
        driver.subscribe(1, room: 0)
        driver.subscribe(2)
        driver.flush()
        #expect(driver.readers[1]!.bytes.count == Channel.sliceLimit)
        driver.append(count: 10)
        driver.flush()
        #expect(driver.readers[1]!.isCut)
        #expect(!driver.readers[2]!.isCut)
        #expect(driver.channel.subscriptions.map(\.id.rawValue) == [2])
        #expect(driver.readers[2]!.sequences == Array(1...11))
    }

    @Test func oneSlowReaderCostsTheOthersNothing() {
        let driver = ChannelDriver(Self.short, window: Self.narrow)
        for id in 1...5 as ClosedRange<UInt64> { driver.subscribe(id, room: id == 3 ? 0 : nil) }
        for _ in 0..<50 {
            driver.append()
            driver.flush()
        }
        for id in [1, 2, 4, 5] as [UInt64] { #expect(driver.readers[id]!.sequences == Array(1...50)) }
        #expect(driver.channel.history.firstRetained == 48)
    }

    @Test func patience() {
        let driver = ChannelDriver(Self.short, window: LiveWindow(events: 4, bytes: 800))
        driver.subscribe(1, room: 0)
        driver.append("")
        driver.flush()
        let event = driver.readers[1]!.bytes.count
        driver.append(String(repeating: "x", count: 400 - event))
        #expect(driver.channel.isNearlyOverrun(isPaused: false) == false, "exactly half of the window")
        driver.append("")
        #expect(driver.channel.isNearlyOverrun(isPaused: false) == true)
        #expect(driver.channel.isNearlyOverrun(isPaused: true) == true)
        driver.drain(1, room: 0)
        driver.flush()
        #expect(driver.channel.isNearlyOverrun(isPaused: true) == false, "all was handed to it")
        driver.append(String(repeating: "x", count: 101 - event))
        #expect(driver.channel.isNearlyOverrun(isPaused: true) == true, "more than an eighth")
        #expect(driver.channel.isNearlyOverrun(isPaused: false) == false)
        driver.append(count: 60)
        driver.flush()
        #expect(driver.state(1)?.isLagged == true)
        #expect(driver.channel.isNearlyOverrun(isPaused: false) == false, "nobody waits for a reader that was given up")
    }

    @Test func aReaderMayBeBlockedByWhatIsNoEvent() {
        let driver = ChannelDriver()
        driver.subscribe(1)
        driver.channel.blocked(SubscriberID(rawValue: 1), now: 3)
        driver.channel.blocked(SubscriberID(rawValue: 1), now: 9)
        #expect(driver.state(1) == .blocked(since: 3))
        driver.append()
        driver.flush()
        #expect(driver.readers[1]!.bytes.isEmpty)
        driver.drain(1)
        driver.flush()
        #expect(driver.readers[1]!.sequences == [1])
    }

    /// A million events past a reader that takes nothing: memory stays within a small multiple of the window.
    @Test func memoryIsBounded() {
        let window = LiveWindow(events: 1_024, bytes: 256 << 10)
        let driver = ChannelDriver(HistoryLimits(events: 1_024, bytes: 128 << 10), window: window)
        driver.subscribe(1, room: 0)
        let template = EventTemplate(head: "id: abcdef-", middle: "\ndata: ", tail: " ", end: "\n\n")
        let payload = Array(repeating: UInt8(0x78), count: 40)
        var peak = 0
        for _ in 0..<10_000 {
            payload.withUnsafeBytes {
                for _ in 0..<100 { driver.channel.append(template, payload: $0) }
            }
            driver.flush()
            peak = max(peak, driver.channel.history.allocatedByteCount)
        }
        #expect(driver.channel.history.nextSequence == 1_000_001)
        #expect(driver.state(1)?.isLagged == true)
        #expect(peak <= 4 * window.bytes)
        driver.append("{}", name: "completed", isTerminal: true)
        driver.drain(1)
        driver.flush()
        driver.channel.shrink()
        #expect(driver.channel.history.allocatedByteCount <= (128 << 10) + 1_024)
    }
}

extension Subscription.State {
    fileprivate var isLagged: Bool {
        if case .lagged = self { true } else { false }
    }
}
