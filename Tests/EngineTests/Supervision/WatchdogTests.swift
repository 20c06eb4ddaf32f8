import Engine
import Testing

@Suite struct WatchdogTests {
    private static func watchdog(trusting: Bool = false) -> Watchdog {
        var settings = WatchdogSettings()
        settings.interval = 100
        settings.trustsProcessorTime = trusting
        guard let watchdog = Watchdog(settings, now: 1_000) else { preconditionFailure("it is on") }
        return watchdog
    }

    @Test func isOffWithoutAnInterval() {
        var settings = WatchdogSettings()
        settings.interval = 0
        #expect(Watchdog(settings, now: 0) == nil)
    }

    @Test(arguments: [
        (UInt64(0), UInt64(1_099), Watchdog.Verdict.alive),
        (0, 1_100, .unresponsive),
        (1_050, 1_149, .alive),
        (1_050, 1_150, .unresponsive),
        (1_200, 1_200, .alive),
    ])
    func silenceIsCountedFromTheLastFrameOrItsReadiness(lastFrame: UInt64, now: UInt64, verdict: Watchdog.Verdict) {
        #expect(Self.watchdog().look(lastFrame: lastFrame, now: now) == verdict)
    }

    @Test func anExcuseBeginsTheTimeAnew() {
        var watchdog = Self.watchdog()
        watchdog.excused(now: 1_090)
        #expect(watchdog.look(lastFrame: 1_000, now: 1_189) == .alive)
        #expect(watchdog.look(lastFrame: 1_000, now: 1_190) == .unresponsive)
    }

    @Test func processorTimeCountsOnlyWhereItIsTrusted() {
        var trusting = Self.watchdog(trusting: true)
        var other = Self.watchdog()
        for (time, used) in [(UInt64(1_050), UInt64(500)), (1_075, 520)] {
            trusting.sampled(processorTime: used, now: time)
            other.sampled(processorTime: used, now: time)
        }
        #expect(other.look(lastFrame: 0, now: 1_100) == .unresponsive)
        #expect(trusting.look(lastFrame: 0, now: 1_100) == .alive)
        #expect(trusting.look(lastFrame: 0, now: 1_174) == .doubtful)
        #expect(trusting.look(lastFrame: 0, now: 1_175) == .unresponsive)
    }

    @Test func itIsInDoubtFromHalfOfTheTimeOn() {
        #expect(Self.watchdog(trusting: true).look(lastFrame: 0, now: 1_049) == .alive)
        #expect(Self.watchdog(trusting: true).look(lastFrame: 0, now: 1_050) == .doubtful)
        #expect(Self.watchdog().look(lastFrame: 0, now: 1_050) == .alive)
    }

    /// First and second sample as time and processor time; whether the worker lives at 1,100.
    private static let cases: [(samples: [(UInt64, UInt64)], lives: Bool)] = [
        // One sample proves nothing.
        ([(1_075, 9_000)], false),
        // A fiftieth of one core is work; a thread that waits for its turn is not.
        ([(1_025, 1_000), (1_075, 1_001)], true),
        ([(1_000, 1_000), (1_075, 1_000)], false),
        ([(1_000, 100_000), (1_099, 100_001)], true),
        // Descendants that ended take their time with them.
        ([(1_050, 1_000), (1_075, 10)], false),
        // A sample of long ago is no witness.
        ([(900, 1_000), (1_075, 9_000)], false),
        ([(1_075, 1_000), (1_075, 9_000)], false),
    ]

    @Test(arguments: Self.cases)
    func growthWithinTheIntervalIsEvidence(samples: [(UInt64, UInt64)], lives: Bool) {
        var watchdog = Self.watchdog(trusting: true)
        for (time, used) in samples { watchdog.sampled(processorTime: used, now: time) }
        #expect((watchdog.look(lastFrame: 0, now: 1_100) != .unresponsive) == lives)
    }

    @Test func aWaitingThreadDoesNotSpeakForItsProcess() {
        var settings = WatchdogSettings()
        settings.interval = 30 * second
        settings.trustsProcessorTime = true
        guard var watchdog = Watchdog(settings, now: 0) else { return }
        // A thousandth of a core, as of a thread that asks for the interpreter's lock every five milliseconds.
        for look in 0...4 {
            watchdog.sampled(processorTime: UInt64(look) * 7_500_000, now: UInt64(look) * 7_500_000_000)
        }
        #expect(watchdog.look(lastFrame: 0, now: 30 * second) == .unresponsive)
    }
}

@Suite struct StallClockTests {
    private static func clock(_ timeout: UInt64) -> StallClock {
        var settings = WatchdogSettings()
        settings.stallTimeout = timeout
        return StallClock(settings)
    }

    @Test(arguments: [
        (UInt64(0), UInt64(10), UInt64.max, false),
        (100, 10, 109, false),
        (100, 10, 110, true),
        (100, 10, 5, false),
    ])
    func aRunIsStalledWhenItWasSilentForTheTime(timeout: UInt64, lastSign: UInt64, now: UInt64, isStalled: Bool) {
        #expect(Self.clock(timeout).isStalled(lastSign: lastSign, now: now) == isStalled)
        #expect(Self.clock(timeout).isOn == (timeout > 0))
    }
}

@Suite struct WatchScheduleTests {
    private static func schedule(
        watchdog: UInt64 = 0, stall: UInt64 = 0, age: UInt64 = 0, soft: UInt64 = 0, hard: UInt64 = 0
    ) -> WatchSchedule {
        var settings = SupervisionSettings()
        settings.watchdog.interval = watchdog
        settings.watchdog.stallTimeout = stall
        settings.recycle.maximumAge = age
        settings.recycle.softMemory = soft
        settings.recycle.hardMemory = hard
        return WatchSchedule(settings)
    }

    private static func period(_ schedule: WatchSchedule, areBeating: Bool = true) -> UInt64? {
        var schedule = schedule
        return schedule.next(areBeating: areBeating)
    }

    @Test func theShortestTimeSetsThePeriod() {
        #expect(Self.period(Self.schedule()) == nil)
        #expect(Self.period(Self.schedule(watchdog: 30 * second)) == 7_500_000_000)
        #expect(Self.period(Self.schedule(watchdog: 30 * second), areBeating: false) == nil)
        #expect(Self.period(Self.schedule(watchdog: 30 * second, stall: 4 * second)) == second)
        #expect(Self.period(Self.schedule(watchdog: second, stall: 40 * second), areBeating: false) == 10 * second)
        #expect(Self.period(Self.schedule(age: 8 * second)) == 2 * second)
        #expect(Self.period(Self.schedule(watchdog: 30 * second, soft: 1)) == 5 * second)
        #expect(Self.period(Self.schedule(hard: 1)) == 5 * second)
        #expect(Self.period(Self.schedule(watchdog: 1)) == 10_000_000)
    }

    @Test func aLookThatComesMuchTooLateIsNoticed() {
        var schedule = Self.schedule(watchdog: 4 * second)
        _ = schedule.next(areBeating: true)
        for (time, wasHeldUp) in [(UInt64(10), false), (11, false), (13, false), (16, true), (17, false)] {
            #expect(schedule.looked(now: time * second) == wasHeldUp, "at \(time) s")
        }
        schedule.paused()
        let isHeldUp = schedule.looked(now: 100 * second)
        #expect(!isHeldUp)
    }

    @Test func memoryIsLookedAtEveryFiveSecondsWhereALimitNeedsIt() {
        var without = Self.schedule(watchdog: 4 * second)
        let isDueWithout = without.takeMemoryLook(now: 0)
        #expect(!isDueWithout)
        var schedule = Self.schedule(watchdog: 4 * second, soft: 1)
        for (time, isDue) in [(UInt64(1), true), (2, false), (5, false), (6, true), (10, false), (11, true)] {
            #expect(schedule.takeMemoryLook(now: time * second) == isDue, "at \(time) s")
        }
    }
}
