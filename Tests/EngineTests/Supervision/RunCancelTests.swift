import Engine
import Testing
import WireProtocol

@Suite("Engine: runs that do not end when they are cancelled")
struct RunCancelTests {
    private static let interrupting = [Capability.spill, Capability.interrupt]

    private static func start(
        concurrency: Int = 1, capabilities: [String] = [Capability.spill],
        _ change: (inout DeploymentSettings) -> Void = { _ in }
    ) -> RecordingRunner {
        RecordingRunner.ready(
            .testing { $0.deployments = [.testing(workers: 1, change)] }, concurrency: concurrency,
            capabilities: capabilities)
    }

    @Test func forceFollowsWords() {
        let runner = Self.start()
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"))
        _ = runner.cancel("p")
        #expect(worker.canceled == ["p"])
        runner.advance(5 * second - 1)
        #expect(worker.signals.isEmpty)
        #expect(runner.deployment.slots.freeCount == 0, "the run goes on, so its slot is taken")
        runner.advance(1)
        #expect(worker.signals == [.terminate])
        #expect(runner.deployment.slots.capacity == 0)
        #expect(!client.hasEnded, "it may still run")
        runner.advance(10 * second)
        #expect(worker.signals == [.terminate, .kill])
        #expect(!client.hasEnded)
        runner.exit(worker)
        #expect(client.data("completed")?["status"] == .string("canceled"))
        #expect(runner.engine.statusReport().deployments[0].exits.last?.reason == .cancel)
        #expect(runner.workers.count == 2, "the replacement does not wait")
    }

    @Test func theHandlerIsInterruptedWhereTheWorkerTakesThat() {
        let runner = Self.start(capabilities: Self.interrupting)
        let worker = runner.worker
        runner.create("p", .background)
        runner.say(worker, worker.started("p"))
        _ = runner.cancel("p")
        runner.advance(5 * second)
        #expect(worker.signals == [.interruptRun])
        runner.advance(5 * second)
        #expect(worker.signals == [.interruptRun, .terminate])
    }

    @Test(arguments: [0, 5, 9])
    func aRunThatEndsInTimeKeepsItsWorker(seconds: UInt64) {
        let runner = Self.start(capabilities: Self.interrupting)
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"))
        _ = runner.cancel("p")
        runner.advance(seconds * second)
        runner.say(worker, worker.done("p", .canceled))
        #expect(client.data("completed")?["status"] == .string("canceled"))
        #expect(runner.deployment.slots.freeCount == 1)
        #expect(!runner.timers.keys.contains { if case .cancelStep = $0 { true } else { false } })
        runner.advance(60 * second)
        #expect(!worker.signals.contains(.terminate))
        #expect(runner.create("q").rejection == nil)
    }

    @Test func otherRunsOfTheWorkerFollowTheRulesOfRetries() {
        let runner = Self.start(concurrency: 3) { $0.supervision.retry.window = .beforeStart }
        let worker = runner.worker
        let stubborn = runner.create("stubborn")
        let started = runner.create("started")
        let fresh = runner.create("fresh")
        runner.say(worker, worker.started("stubborn"), worker.started("started"))
        _ = runner.cancel("stubborn")
        runner.advance(15 * second)
        runner.exit(worker)
        #expect(stubborn.data("completed")?["status"] == .string("canceled"))
        #expect(
            started.data("completed")?["error"]
                == .string("Worker was ended: a run did not end after it was cancelled; signal 9 (SIGKILL)"))
        #expect(!fresh.hasEnded)
        runner.becomeReady(runner.worker, concurrency: 3)
        runner.advance(RetryTests.backoff)
        #expect(runner.worker.requests.map(\.id) == ["fresh"])
    }

    /// Its prediction has ended already; what goes on is the run, and the slot is not free for ever.
    @Test func aRunThatWasGivenUp() {
        let runner = Self.start { $0.limits.output = 10 }
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"), worker.output("p", #""0123456789""#))
        #expect(client.hasEnded)
        #expect(worker.canceled == ["p"])
        runner.advance(5 * second)
        #expect(worker.signals == [.terminate])
    }

    @Test func withoutAGraceItMayTakeForEver() {
        let runner = Self.start { $0.supervision.cancel.grace = 0 }
        let worker = runner.worker
        runner.create("p", .background)
        runner.say(worker, worker.started("p"))
        _ = runner.cancel("p")
        runner.advance(1_000 * second)
        #expect(worker.canceled == ["p"])
        #expect(worker.signals.isEmpty)
    }

    @Test func aWorkerThatDiesMeanwhileLeavesNoTimer() {
        let runner = Self.start()
        let worker = runner.worker
        runner.create("p", .background)
        runner.say(worker, worker.started("p"))
        _ = runner.cancel("p")
        runner.exit(worker)
        #expect(!runner.timers.keys.contains { if case .cancelStep = $0 { true } else { false } })
    }
}
