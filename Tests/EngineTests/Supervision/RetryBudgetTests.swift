import Engine
import Testing

@Suite struct RetryBudgetTests {
    private static func budget(rate: Double, burst: Int) -> RetryBudget {
        var settings = RetrySettings()
        settings.budgetRate = rate
        settings.budgetBurst = burst
        return RetryBudget(settings, now: 100 * second)
    }

    private static let cases: [(rate: Double, burst: Int, steps: [(Double, Int)])] = [
        (1, 5, [(0, 5), (0.5, 0), (1, 1), (3, 2)]),
        (2, 3, [(0, 3), (1, 2), (100, 3)]),
        (0, 2, [(0, 2), (1_000, 0)]),
        (0.25, 1, [(0, 1), (3.5, 0), (4, 1)]),
        (1, 0, [(0, 10), (0, 10)]),
    ]

    /// At a moment (seconds from the start), so many of ten requests for a token are granted.
    @Test(arguments: Self.cases)
    func fillsAtItsRateUpToItsSize(rate: Double, burst: Int, steps: [(Double, Int)]) {
        var budget = Self.budget(rate: rate, burst: burst)
        for (time, expected) in steps {
            let now = 100 * second + UInt64(time * 1e9)
            var granted = 0
            for _ in 0..<10 where budget.take(now: now) { granted += 1 }
            #expect(granted == expected, "at \(time) s")
        }
    }

    @Test func whatWasAskedForInVainCostsNothing() {
        var budget = Self.budget(rate: 1, burst: 1)
        let first = budget.take(now: 100 * second)
        #expect(first)
        for tenth in 1..<10 {
            let isGranted = budget.take(now: 100 * second + UInt64(tenth) * second / 10)
            #expect(!isGranted)
        }
        let second = budget.take(now: 101 * second)
        #expect(second)
    }
}
