import Engine
import TestSupport
import Testing

@Suite struct RecycleRuleTests {
    private static func rule(
        runs: Int = 0, jitter: Int = 0, age: UInt64 = 0, seed: UInt64 = 1
    ) -> RecycleRule {
        var settings = RecycleSettings()
        settings.maximumRuns = runs
        settings.runJitter = jitter
        settings.maximumAge = age
        var generator = SeededGenerator(seed: seed)
        return RecycleRule(settings, now: 1_000, using: &generator)
    }

    @Test(arguments: [
        (10, UInt64(0), UInt64(9), UInt64(9_999), RecycleRule.Cause?.none),
        (10, 0, 10, 1_000, .runs),
        (10, 0, 11, 1_000, .runs),
        (0, 100, 1_000_000, 1_099, nil),
        (0, 100, 0, 1_100, .age),
        (0, 0, .max, .max, nil),
    ])
    func aWorkerHasServedLongEnough(
        runs: Int, age: UInt64, served: UInt64, now: UInt64, cause: RecycleRule.Cause?
    ) {
        #expect(Self.rule(runs: runs, age: age).cause(served: served, now: now) == cause)
    }

    @Test func jitterSpreadsEitherWayAndNeverToNothing() {
        let numbers = (0..<500).compactMap { Self.rule(runs: 100, jitter: 10, seed: $0).maximumRuns }
        #expect(numbers.count == 500)
        #expect(Set(numbers) == Set(90...110))
        let small = (0..<100).compactMap { Self.rule(runs: 2, jitter: 5, seed: $0).maximumRuns }
        #expect(small.min() == 1)
    }
}

@Suite struct RecycleLeaseTests {
    private static func lease(_ places: Int, unavailable: Int = 1, surge: Int = 1) -> RecycleLease {
        var settings = RecycleSettings()
        settings.maximumUnavailable = unavailable
        settings.surge = surge
        var lease = RecycleLease(settings)
        for place in 0..<places { lease.ask(place) }
        return lease
    }

    private static func grant(_ place: Int, _ order: RecycleLease.Order) -> RecycleLease.Grant {
        RecycleLease.Grant(place: place, order: order)
    }

    @Test func oneAfterTheOtherInTheOrderOfTheirTurns() {
        var lease = Self.lease(3)
        for place in 0..<3 {
            let granted = lease.next(othersAway: 0)
            #expect(granted == Self.grant(place, .loadFirst))
            let another = lease.next(othersAway: 0)
            #expect(another == nil)
            lease.release(place)
        }
        let last = lease.next(othersAway: 0)
        #expect(last == nil)
    }

    @Test(arguments: [
        (1, 0, [RecycleLease.Order.leaveFirst]),
        (2, 0, [.leaveFirst, .leaveFirst]),
        (2, 1, [.loadFirst, .leaveFirst]),
        (2, 5, [.loadFirst, .loadFirst]),
        (0, 1, [.loadFirst]),
    ])
    func soManyAtATimeAndSoManyBeyondTheirNumber(unavailable: Int, surge: Int, orders: [RecycleLease.Order]) {
        var lease = Self.lease(8, unavailable: unavailable, surge: surge)
        var granted: [RecycleLease.Order] = []
        while let grant = lease.next(othersAway: 0) { granted.append(grant.order) }
        #expect(granted == orders)
        #expect(lease.heldCount == orders.count)
    }

    @Test func nobodyLeavesFirstWhileOthersAreAway() {
        var leaving = Self.lease(8, surge: 0)
        let granted = leaving.next(othersAway: 1)
        #expect(granted == nil)
        let later = leaving.next(othersAway: 0)
        #expect(later == Self.grant(0, .leaveFirst))
        // A replacement that loads first takes nobody away.
        var loading = Self.lease(8)
        let anyway = loading.next(othersAway: 3)
        #expect(anyway == Self.grant(0, .loadFirst))
    }

    @Test func askingAgainAndGoingChangeNothingForOthers() {
        var lease = Self.lease(2)
        lease.ask(0)
        lease.withdraw(0)
        let granted = lease.next(othersAway: 0)
        #expect(granted == Self.grant(1, .loadFirst))
        lease.ask(1)
        #expect(lease.isHeld(by: 1))
        lease.release(1)
        let last = lease.next(othersAway: 0)
        #expect(last == nil)
    }
}

@Suite struct MemoryLimitTests {
    @Test(arguments: [
        (UInt64(0), UInt64(0), UInt64.max, MemoryLimit.Verdict.within),
        (100, 0, 100, .within),
        (100, 0, 101, .overSoft),
        (0, 200, 200, .within),
        (0, 200, 201, .overHard),
        (100, 200, 150, .overSoft),
        (100, 200, 201, .overHard),
    ])
    func whatIsHeldDecides(soft: UInt64, hard: UInt64, resident: UInt64, verdict: MemoryLimit.Verdict) {
        var settings = RecycleSettings()
        settings.softMemory = soft
        settings.hardMemory = hard
        #expect(MemoryLimit(settings).verdict(residentBytes: resident) == verdict)
    }
}
