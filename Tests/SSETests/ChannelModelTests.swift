import SSE
import TestSupport
import Testing

/// Random appends, readers and sockets against the simplest possible bookkeeping: what a reader got, and was told that
/// it did not get, is every event exactly once and in order.
@Suite("Channel: random conversations")
struct ChannelModelTests {
    struct Setting: Sendable, CustomTestStringConvertible {
        let limits: HistoryLimits
        let window: LiveWindow
        let largest: Int

        var testDescription: String { "\(limits.events)/\(limits.bytes), window \(window.events)/\(window.bytes)" }
    }

    static let settings = [
        Setting(
            limits: HistoryLimits(events: 5, bytes: 10_000), window: LiveWindow(events: 8, bytes: 500), largest: 60),
        Setting(limits: HistoryLimits(events: 0, bytes: 0), window: LiveWindow(events: 3, bytes: 200), largest: 60),
        Setting(
            limits: HistoryLimits(events: 200, bytes: 9_000), window: LiveWindow(events: 2, bytes: 300), largest: 200),
        Setting(
            limits: HistoryLimits(events: 30, bytes: 300_000), window: LiveWindow(events: 9, bytes: 100_000),
            largest: 70_000),
    ]

    /// A reader of the test: where it began.
    struct Expectation {
        let first: Int
        let policy: LagPolicy
    }

    @Test(arguments: settings, [31, 32, 33, 34, 35, 36] as [UInt64])
    func everyEventOnceOrTold(_ setting: Setting, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let driver = ChannelDriver(setting.limits, window: setting.window)
        var expectations: [UInt64: Expectation] = [:]
        var nextReader: UInt64 = 1
        let steps = 300
        for step in 0..<steps {
            driver.now += 1
            switch Int.random(in: 0...11, using: &generator) {
            case 0:
                let policy = Bool.random(using: &generator) ? LagPolicy.gapAndContinue : .errorAndEnd
                let oldest = max(driver.channel.history.historyStart, driver.channel.history.firstRetained)
                let first = UInt64.random(in: oldest...driver.channel.history.nextSequence, using: &generator)
                let room = Bool.random(using: &generator) ? Int.random(in: 0...2_000, using: &generator) : nil
                driver.subscribe(nextReader, at: driver.channel.history.offset(of: first), room: room, policy: policy)
                expectations[nextReader] = Expectation(first: Int(first), policy: policy)
                nextReader += 1
            case 1, 2:
                guard let id = driver.channel.subscriptions.randomElement(using: &generator)?.id.rawValue else { break }
                let room = Bool.random(using: &generator) ? Int.random(in: 0...2_000, using: &generator) : nil
                if driver.state(id) != .live { driver.drain(id, room: room) }
            case 3:
                guard let id = driver.channel.subscriptions.randomElement(using: &generator)?.id,
                    Int.random(in: 0...9, using: &generator) == 0
                else { break }
                _ = driver.channel.unsubscribe(id)
            case 4...7: driver.flush()
            default:
                let isLarge = Int.random(in: 0...19, using: &generator) == 0
                let size = Int.random(
                    in: 0...(isLarge ? setting.largest : min(setting.largest, 200)), using: &generator)
                driver.append(String(repeating: "x", count: size))
            }
            // What is kept beyond the window is what the turn in hand has brought; memory is at most doubled twice.
            let kept = setting.window.bytes * LiveWindow.hardByteFactor + setting.limits.bytes + 20 * setting.largest
            if driver.channel.history.allocatedByteCount > 4 * (kept + 1_000) {
                Issue.record("seed \(seed), step \(step): \(driver.channel.history.allocatedByteCount) bytes of memory")
                return
            }
        }
        finish(driver, expectations, "seed \(seed)")
    }

    /// The terminal comes, and everybody takes everything.
    func finish(
        _ driver: ChannelDriver, _ expectations: [UInt64: Expectation], _ comment: String
    ) {
        driver.append("{}", name: "completed", isTerminal: true)
        let attached = Set(driver.channel.subscriptions.map(\.id.rawValue))
        for _ in 0..<2 {
            for subscription in driver.channel.subscriptions { driver.drain(subscription.id.rawValue) }
            driver.flush()
        }
        #expect(driver.channel.subscriptions.isEmpty, "\(comment)")
        let last = Int(driver.channel.history.nextSequence) - 1
        for id in attached where !driver.readers[id]!.isCut {
            let reader = driver.readers[id]!
            if case .lagged = reader.notices.last { continue }
            #expect(reader.notices.last == .finished, "\(comment), reader \(id)")
            #expect(Self.accounted(reader, expectations[id]!.first).last == last, "\(comment), reader \(id)")
        }
        if let problem = Self.problem(driver, expectations) { Issue.record("\(comment): \(problem)") }
    }

    static func problem(_ driver: ChannelDriver, _ expectations: [UInt64: Expectation]) -> String? {
        for (id, expectation) in expectations {
            let reader = driver.readers[id]!
            if reader.notices.contains(where: { if case .lagged = $0 { true } else { false } }),
                expectation.policy == .gapAndContinue
            {
                return "reader \(id) was ended"
            }
            let accounted = accounted(reader, expectation.first)
            if accounted != Array(expectation.first..<(expectation.first + accounted.count)) {
                return "reader \(id) from \(expectation.first) got or was told of \(accounted)"
            }
        }
        return nil
    }

    /// The events that the reader got and those that it was told it would not get, in the order of their numbers. What
    /// came twice is there twice.
    static func accounted(_ reader: ChannelDriver.Reader, _ first: Int) -> [Int] {
        var all = reader.sequences
        for notice in reader.notices {
            if case .gap(let from, let through) = notice { all += (Int(from)...Int(through)) }
        }
        return all.sorted()
    }
}
