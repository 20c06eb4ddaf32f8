import Engine
import Testing
import WireProtocol

/// Ranks of one model: none is of use without the others.
@Suite("Engine: groups")
struct GroupTests {
    private static let settings = EngineSettings.testing {
        let join: (inout DeploymentSettings) -> Void = { $0.supervision.group = "ranks" }
        $0.deployments = [
            .testing("head", join), .testing("ranks", workers: 3, join), .testing("other"),
        ]
        $0.loads.host = 1
    }

    /// All but the last of the group are ready.
    private static func almostReady() -> RecordingRunner {
        let runner = RecordingRunner(settings)
        for worker in runner.workers.dropLast() { runner.becomeReady(worker) }
        return runner
    }

    private static func ready() -> RecordingRunner {
        let runner = almostReady()
        runner.becomeReady(runner.workers[3])
        runner.becomeReady(runner.workers[4])
        return runner
    }

    @Test func allLoadTogether() {
        let runner = RecordingRunner(Self.settings)
        #expect(runner.workers.count == 4, "they wait for each other while they load")
    }

    @Test func noneServesBeforeAllDo() {
        let runner = Self.almostReady()
        #expect(runner.create("p", .background).rejection == .notReady(DeploymentIndex(0)))
        #expect(runner.engine.statusReport().deployments[0].ready == 0)
        #expect(runner.deployment.health != .ready)
        runner.becomeReady(runner.workers[3])
        #expect(runner.create("p", .background).rejection == nil)
        #expect(runner.engine.statusReport().deployments[0].ready == 1)
    }

    /// An operator's word while members are still ending tears the group not apart.
    @Test(arguments: [AdminCommand.Verb.reset, .start, .restart(worker: nil)])
    func startsTogetherThoughAnOperatorIsQuick(_ verb: AdminCommand.Verb) {
        let runner = Self.ready()
        runner.exit(runner.workers[0])
        runner.perform(.administer(AdminCommand(verb, deployment: DeploymentIndex(0), waits: false)))
        #expect(runner.workers.count == 5, "members are still on their way out")
        for worker in runner.workers[1...3] { runner.exit(worker, .exited(0)) }
        runner.advance(100 * second)
        #expect(runner.workers.count == 9)
        for worker in runner.workers[5...] { runner.becomeReady(worker) }
        #expect(runner.create("p", .background).rejection == nil)
    }

    /// What has failed as a whole starts as a whole when an operator wants it to.
    @Test func restartOfAFailedGroupStartsAllOfIt() {
        let runner = Self.ready()
        for worker in runner.workers[0...3] { runner.exit(worker, .exited(78)) }
        runner.advance(1_000 * second)
        #expect(runner.workers.count == 5, "it is given up for good")
        runner.perform(.administer(AdminCommand(.restart(worker: nil), deployment: DeploymentIndex(0), waits: false)))
        #expect(runner.workers.count == 9)
    }

    @Test func oneTakesAllWithIt() {
        let runner = Self.ready()
        runner.advance(20 * second)
        let client = runner.create("p")
        runner.holdsSweeps = true
        runner.exit(runner.workers[2])
        #expect(runner.create("q", .background, deployment: 1).rejection == .notReady(DeploymentIndex(1)))
        let others = [0, 1, 3].map { runner.workers[$0] }
        #expect(others.allSatisfy { $0.isShuttingDown })
        #expect(!runner.workers[4].isShuttingDown, "it is no member")
        for worker in others { runner.exit(worker, .exited(0)) }
        #expect(client.hasEnded)
        runner.advance(100 * second)
        #expect(runner.workers.count == 5, "something may be left of them")
        runner.releaseSweeps()
        #expect(runner.workers.count == 9, "they start together")
        let report = runner.engine.statusReport()
        #expect(report.deployments[0].exits.map(\.reason) == [.group])
        #expect(
            report.deployments[1].exits.map(\.reason).sorted { $0.rawValue < $1.rawValue } == [.group, .group, .signal])
        for worker in runner.workers[5...].dropLast() { runner.becomeReady(worker) }
        #expect(runner.create("p", .background).rejection == .notReady(DeploymentIndex(0)))
        runner.becomeReady(runner.workers[8])
        #expect(runner.create("p", .background).rejection == nil)
    }

    /// Ends that follow from one end are one failure.
    @Test func oneFailureCountsOnce() {
        let runner = Self.ready()
        for round in 0..<5 {
            let lives = (0..<3).compactMap { runner.worker(at: $0, of: 1) } + [runner.worker(at: 0)].compactMap { $0 }
            #expect(lives.count == 4)
            for (number, worker) in lives.enumerated() { runner.exit(worker, number == 0 ? .signaled(11) : .exited(0)) }
            #expect(runner.engine.statusReport().deployments[1].state != .failed, "round \(round)")
            runner.advance(10 * second)
        }
    }

    @Test func oneThatIsGivenUpIsTheEndOfAll() {
        let runner = Self.almostReady()
        runner.exit(runner.workers[3], .exited(78))
        for worker in runner.workers[0..<3] { runner.exit(worker, .exited(0)) }
        let report = runner.engine.statusReport()
        #expect(report.deployments.map(\.state) == [.failed, .failed, .starting])
        #expect(runner.workers.count == 5)
        runner.becomeReady(runner.workers[4])
        runner.perform(.administer(AdminCommand(.reset, deployment: DeploymentIndex(1), waits: false)))
        #expect(runner.workers.count == 9)
    }

    @Test func anOperatorMeansAll() {
        let runner = Self.ready()
        let client = runner.perform(
            .administer(AdminCommand(.restart(worker: 1), deployment: DeploymentIndex(1), waits: true)))
        #expect(runner.workers[0..<4].allSatisfy { $0.isShuttingDown })
        for worker in runner.workers[0..<4] { runner.exit(worker, .exited(0)) }
        #expect(runner.workers.count == 9)
        for worker in runner.workers[5...] {
            #expect(client.answer == nil)
            runner.becomeReady(worker)
        }
        #expect(client.administered?.outcome == .done)
        let scaling = runner.perform(
            .administer(AdminCommand(.scale(workers: 5), deployment: DeploymentIndex(1), waits: false)))
        #expect(scaling.administered?.outcome == .refused)
    }
}
