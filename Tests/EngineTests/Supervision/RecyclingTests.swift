import Engine
import TestSupport
import Testing
import WireProtocol

@Suite("Engine: workers that are replaced in turn")
struct RecyclingTests {
    private static func start(
        workers: Int, _ change: (inout RecycleSettings) -> Void
    ) -> RecordingRunner {
        let settings = EngineSettings.testing {
            $0.deployments = [.testing(workers: workers) { change(&$0.supervision.recycle) }]
            $0.loads.host = workers
        }
        return RecordingRunner.ready(settings)
    }

    private static func serve(_ runner: RecordingRunner, _ id: String) {
        runner.create(id, .background)
        guard let worker = runner.workers.last(where: { $0.slots[id] != nil && !$0.isReleased }) else { return }
        runner.say(worker, worker.started(id), worker.done(id))
    }

    /// Eight workers whose turn comes with the same number of runs, under load: who is there, at every moment?
    @Test(arguments: [(1, 1), (0, 1), (0, 2), (2, 3)])
    func equalNumbersOfRunsNeverTakeTwoAwayTogether(surge: Int, unavailable: Int) {
        let runner = Self.start(workers: 8) {
            $0.maximumRuns = 5
            $0.surge = surge
            $0.maximumUnavailable = unavailable
        }
        let first = Set(runner.workers.map(\.id))
        var generator = SeededGenerator(seed: 7)
        var (leastReady, mostAlive) = (8, 8)
        var running: [(String, ScriptedWorker)] = []
        for number in 0..<1_000 {
            let id = "p\(number)"
            if runner.create(id, .background).rejection == nil,
                let worker = runner.workers.last(where: { $0.slots[id] != nil })
            {
                runner.say(worker, worker.started(id))
                running.append((id, worker))
            }
            if running.count > 4 || number % 3 == 0, !running.isEmpty {
                let (id, worker) = running.remove(at: Int.random(in: 0..<running.count, using: &generator))
                runner.say(worker, worker.done(id))
            }
            for worker in runner.workers where worker.isShuttingDown && !worker.isReleased {
                runner.exit(worker, .exited(0))
            }
            leastReady = min(leastReady, runner.deployment.readyCount)
            mostAlive = max(mostAlive, runner.workers.count { !$0.isReleased })
            if number % 4 == 0, let loading = runner.workers.first(where: { !$0.isReleased && $0.received.count == 1 })
            {
                runner.becomeReady(loading)
            }
        }
        for (id, worker) in running { runner.say(worker, worker.done(id)) }
        let hasSurge = surge >= unavailable
        #expect(leastReady >= 8 - (hasSurge ? 0 : unavailable - surge))
        #expect(mostAlive <= 8 + surge)
        #expect(runner.workers.count > 16, "and yet they were replaced")
        #expect(first.allSatisfy { runner.find($0)?.isReleased == true }, "all of them")
        #expect(runner.workers.allSatisfy { $0.signals.isEmpty }, "by words alone")
    }

    @Test func theOldOneServesUntilTheNewOneIsReady() {
        let runner = Self.start(workers: 1) { $0.maximumRuns = 2 }
        let old = runner.worker
        Self.serve(runner, "a")
        #expect(runner.workers.count == 1)
        Self.serve(runner, "b")
        #expect(runner.workers.count == 2)
        #expect(runner.deployment.readyCount == 1)
        Self.serve(runner, "c")
        #expect(old.requests.map(\.id) == ["a", "b", "c"])
        runner.becomeReady(runner.worker)
        #expect(old.isShuttingDown)
        Self.serve(runner, "d")
        #expect(runner.worker.requests.map(\.id) == ["d"])
        runner.exit(old, .exited(0))
        #expect(runner.engine.statusReport().deployments[0].exits.last?.reason == .recycle)
        #expect(runner.deployment.recycling.heldCount == 0)
    }

    @Test func withoutSurgeItLeavesFirst() {
        let runner = Self.start(workers: 2) {
            $0.maximumRuns = 1
            $0.surge = 0
        }
        let both = runner.workers
        runner.create("a", .background)
        runner.create("b", .background)
        for (id, worker) in [("a", both[0]), ("b", both[1])] {
            runner.say(worker, worker.started(id), worker.done(id))
        }
        #expect(both.count { $0.isShuttingDown } == 1)
        #expect(runner.workers.count == 2)
        let leaving = both[0].isShuttingDown ? both[0] : both[1]
        runner.exit(leaving, .exited(0))
        #expect(runner.workers.count == 3)
        #expect(both.count { $0.isShuttingDown } == 1, "the other one waits until the place is filled")
        runner.becomeReady(runner.worker)
        #expect(both.allSatisfy { $0.isShuttingDown })
    }

    @Test func ageCounts() {
        let runner = Self.start(workers: 1) { $0.maximumAge = 100 * second }
        runner.advance(99 * second)
        #expect(runner.workers.count == 1)
        runner.advance(10 * second)
        #expect(runner.workers.count == 2)
    }

    @Test func aReplacementThatFailsLeavesTheOldOneAtWorkForAWhile() {
        let runner = Self.start(workers: 1) { $0.maximumRuns = 1 }
        let old = runner.worker
        Self.serve(runner, "a")
        #expect(runner.workers.count == 2)
        runner.exit(runner.worker, .exited(1))
        #expect(runner.deployment.readyCount == 1)
        Self.serve(runner, "b")
        #expect(old.requests.map(\.id) == ["a", "b"])
        #expect(runner.workers.count == 2, "not again at once")
        runner.advance(60 * second)
        Self.serve(runner, "c")
        #expect(runner.workers.count == 3)
        runner.becomeReady(runner.worker)
        runner.exit(old, .exited(0))
        #expect(runner.deployment.recycling.heldCount == 0)
    }

    @Test func oneThatDiesBeforeItsReplacementIsReadyHoldsNothingUp() {
        let runner = Self.start(workers: 2) { $0.maximumRuns = 1 }
        let both = runner.workers
        runner.create("a", .background)
        runner.create("b", .background)
        for (id, worker) in [("a", both[0]), ("b", both[1])] {
            runner.say(worker, worker.started(id), worker.done(id))
        }
        #expect(runner.workers.count == 3)
        runner.exit(both[runner.worker.plan.place])
        runner.becomeReady(runner.workers[2])
        #expect(runner.deployment.readyCount == 2)
        #expect(runner.workers.count == 4, "the other one has its turn")
    }
}
