import Engine
import TestSupport
import Testing

@Suite struct RetryPolicyTests {
    private static func settings(_ window: RetrySettings.Window, attempts: Int = 2) -> RetrySettings {
        var settings = RetrySettings()
        settings.window = window
        settings.attempts = attempts
        return settings
    }

    private static let crash = LostRun.Cause.workerLost(.signal)

    @Test(arguments: [
        (RetrySettings.Window.never, RunProgress.dispatched, false),
        (.never, .started, false),
        (.beforeStart, .dispatched, true),
        (.beforeStart, .started, false),
        (.beforeStart, .hasOutput, false),
        (.beforeFirstOutput, .dispatched, true),
        (.beforeFirstOutput, .started, true),
        (.beforeFirstOutput, .hasOutput, false),
    ])
    func theWindowDecidesHowFarARunMayHaveCome(
        window: RetrySettings.Window, progress: RunProgress, isAllowed: Bool
    ) {
        let policy = RetryPolicy(Self.settings(window))
        #expect(policy.allowsAnotherRun(after: LostRun(Self.crash, progress: progress)) == isAllowed)
        #expect(policy.allowsAnotherRun(after: LostRun(.flaggedByWorker, progress: progress)) == isAllowed)
    }

    @Test(arguments: ExitReason.allCases)
    func neverWhereTheInputMayBeTheCauseOrSomebodyWantedTheWorkerGone(reason: ExitReason) {
        let policy = RetryPolicy(Self.settings(.beforeStart))
        let isAllowed = policy.allowsAnotherRun(after: LostRun(.workerLost(reason), progress: .dispatched))
        let never: Set<ExitReason> = [.oom, .memory, .watchdog, .stopped]
        #expect(isAllowed == !never.contains(reason))
    }

    @Test(arguments: [(1, 2, true), (2, 2, false), (1, 1, false), (2, 3, true), (3, 3, false), (1, 0, false)])
    func attemptsAreCountedInAll(attempts: Int, allowed: Int, isAllowed: Bool) {
        let policy = RetryPolicy(Self.settings(.beforeStart, attempts: allowed))
        let lost = LostRun(Self.crash, progress: .dispatched, attempts: attempts)
        #expect(policy.allowsAnotherRun(after: lost) == isAllowed)
    }

    @Test func neverAfterACancelOrOnTheWayOut() {
        let policy = RetryPolicy(Self.settings(.beforeFirstOutput))
        var lost = LostRun(Self.crash, progress: .dispatched)
        #expect(policy.allowsAnotherRun(after: lost))
        lost.isCancelRequested = true
        #expect(!policy.allowsAnotherRun(after: lost))
        lost.isCancelRequested = false
        lost.isDraining = true
        #expect(!policy.allowsAnotherRun(after: lost))
    }

    @Test func waitsAreDrawnUpToABoundThatDoubles() {
        var settings = RetrySettings()
        settings.backoff = 250
        settings.maximumBackoff = 2_000
        let policy = RetryPolicy(settings)
        for (attempts, bound) in [(1, 250), (2, 500), (3, 1_000), (4, 2_000), (5, 2_000), (60, 2_000)] {
            var generator = SeededGenerator(seed: UInt64(attempts))
            let waits = (0..<2_000).map { _ in policy.wait(after: attempts, using: &generator) }
            #expect(waits.allSatisfy { $0 <= bound })
            // Full jitter: small and large ones are there.
            #expect((waits.min() ?? 0) < bound / 20)
            #expect((waits.max() ?? 0) > UInt64(bound - bound / 20))
        }
    }
}
