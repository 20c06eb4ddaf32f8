import Engine
import Testing
import WireProtocol

extension ScriptedClient {
    var administered: AdminAnswer? { if case .administered(let answer) = answer { answer } else { nil } }
}

@Suite("Engine: what operators ask for")
struct AdministrationTests {
    private static func ready(_ workers: Int, surge: Int = 1) -> RecordingRunner {
        .ready(.testing { $0.deployments = [.testing(workers: workers) { $0.supervision.recycle.surge = surge }] })
    }

    private static func ask(
        _ runner: RecordingRunner, _ verb: AdminCommand.Verb, waits: Bool = true, deployment: Int? = 0
    ) -> ScriptedClient {
        runner.perform(
            .administer(AdminCommand(verb, deployment: deployment.map { DeploymentIndex($0) }, waits: waits)))
    }

    private static func status(_ runner: RecordingRunner) -> DeploymentStatus {
        runner.engine.statusReport().deployments[0]
    }

    // MARK: Restart

    /// The replacement loads first: no slot is ever missing.
    @Test func oneAfterTheOther() {
        let runner = Self.ready(2)
        let client = Self.ask(runner, .restart(worker: nil))
        for place in 0..<2 {
            #expect(runner.workers.count == 3 + place)
            #expect(runner.worker.plan.place == place)
            #expect(!runner.workers[place].isShuttingDown)
            #expect(runner.deployment.slots.capacity == 2)
            #expect(client.answer == nil)
            runner.becomeReady(runner.worker)
            #expect(runner.workers[place].isShuttingDown)
            #expect(runner.deployment.slots.capacity == 2)
        }
        #expect(client.administered?.outcome == .done)
        for worker in runner.workers[0..<2] { runner.exit(worker, .exited(0)) }
        runner.advance(100 * second)
        #expect(runner.workers.count == 4)
        #expect(Self.status(runner).exits.map(\.reason) == [.stopped, .stopped])
        #expect(Self.status(runner).workers.map(\.state) == [.idle, .idle])
    }

    /// Where there is no room for two, the old one goes first.
    @Test func withoutSurge() {
        let runner = Self.ready(2, surge: 0)
        let client = Self.ask(runner, .restart(worker: nil))
        for place in 0..<2 {
            #expect(runner.workers.count == 2 + place)
            #expect(runner.workers[place].isShuttingDown)
            #expect(runner.deployment.slots.capacity == 1)
            runner.exit(runner.workers[place], .exited(0))
            #expect(runner.workers.count == 3 + place)
            runner.becomeReady(runner.worker)
        }
        #expect(client.administered?.outcome == .done)
        #expect(!runner.workers[2].isShuttingDown)
    }

    @Test func onlyOne() {
        let runner = Self.ready(3)
        let client = Self.ask(runner, .restart(worker: 1))
        #expect(runner.worker.plan.place == 1)
        runner.becomeReady(runner.worker)
        #expect(client.administered?.outcome == .done)
        #expect(runner.workers.filter(\.isShuttingDown).map(\.plan.place) == [1])
    }

    /// Runs are not cut short.
    @Test func runsFinish() {
        let runner = Self.ready(1)
        let old = runner.worker
        let client = runner.create("p")
        runner.say(old, old.started("p"))
        let asking = Self.ask(runner, .restart(worker: nil))
        runner.becomeReady(runner.worker)
        #expect(asking.administered?.outcome == .done, "it has taken over")
        #expect(Self.status(runner).workers.map(\.state) == [.draining, .idle])
        #expect(!old.isShuttingDown)
        let next = runner.create("q", .background)
        #expect(next.rejection == nil)
        #expect(runner.worker.requests.map(\.id) == ["q"])
        runner.say(old, old.output("p", "1"), old.done("p"))
        #expect(client.data("completed")?["status"] == .string("succeeded"))
        #expect(old.isShuttingDown)
    }

    @Test func aReplacementThatFails() {
        let runner = Self.ready(2)
        let client = Self.ask(runner, .restart(worker: nil))
        runner.exit(runner.worker, .exited(1))
        #expect(client.administered?.outcome == .failed)
        #expect(client.administered?.message.contains("exit status 1") == true)
        runner.advance(100 * second)
        #expect(runner.workers.count == 3, "the others stay as they are")
        #expect(Self.status(runner).state == .ready)
        #expect(Self.ask(runner, .restart(worker: nil), waits: false).administered?.outcome == .accepted)
    }

    /// The old one dies while its replacement loads: that one is its replacement now.
    @Test func theOldOneDiesMeanwhile() {
        let runner = Self.ready(1)
        let client = Self.ask(runner, .restart(worker: nil))
        runner.exit(runner.workers[0])
        runner.advance(100 * second)
        #expect(runner.workers.count == 2)
        runner.becomeReady(runner.worker)
        #expect(client.administered?.outcome == .done)
        #expect(Self.status(runner).workers.map(\.state) == [.idle])
    }

    @Test func aFailedDeploymentIsStarted() {
        let runner = Self.ready(1)
        runner.exit(runner.worker, .exited(78))
        let client = Self.ask(runner, .restart(worker: nil))
        runner.becomeReady(runner.worker)
        #expect(client.administered?.outcome == .done)
    }

    // MARK: Stop and start

    @Test func stopAndStart() {
        let runner = Self.ready(2)
        let client = runner.create("p")
        let stopping = Self.ask(runner, .stop)
        #expect(client.data("completed")?["error"] == .string("the deployment was stopped by an operator"))
        #expect(runner.workers.allSatisfy { $0.isShuttingDown })
        #expect(runner.create("q", .background).rejection == .notReady(DeploymentIndex(0)))
        #expect(stopping.answer == nil)
        for worker in runner.workers { runner.exit(worker, .exited(0)) }
        #expect(stopping.administered?.outcome == .done)
        runner.advance(1_000 * second)
        #expect(runner.workers.count == 2)
        #expect(Self.status(runner).state == .stopped)
        #expect(Self.status(runner).workers.map(\.state) == [.stopped, .stopped])
        #expect(Self.ask(runner, .restart(worker: nil)).administered?.outcome == .refused)
        let starting = Self.ask(runner, .start)
        for worker in runner.workers[2...] { runner.becomeReady(worker) }
        #expect(starting.administered?.outcome == .done)
        #expect(Self.status(runner).state == .ready)
    }

    /// A start that follows at once waits for what is left of the old workers.
    @Test func startBeforeTheEnd() {
        let runner = Self.ready(1)
        _ = Self.ask(runner, .stop, waits: false)
        let client = Self.ask(runner, .start)
        #expect(runner.workers.count == 1)
        runner.exit(runner.worker, .exited(0))
        #expect(runner.workers.count == 2)
        runner.becomeReady(runner.worker)
        #expect(client.administered?.outcome == .done)
    }

    // MARK: Drain

    @Test func drainAndStart() {
        let runner = Self.ready(1)
        let worker = runner.worker
        let client = runner.create("p")
        let draining = Self.ask(runner, .drain)
        #expect(runner.create("q", .background).rejection == .notReady(DeploymentIndex(0)))
        #expect(Self.status(runner).state == .draining)
        #expect(draining.answer == nil)
        runner.say(worker, worker.started("p"), worker.done("p"))
        #expect(client.data("completed")?["status"] == .string("succeeded"))
        #expect(draining.administered?.outcome == .done)
        #expect(!worker.isShuttingDown, "it stays warm")
        #expect(Self.ask(runner, .start).administered?.outcome == .done)
        #expect(runner.create("q", .background).rejection == nil)
    }

    @Test func theWholeServer() {
        let runner = Self.ready(1)
        #expect(Self.ask(runner, .drain, deployment: nil).administered?.outcome == .accepted)
        #expect(runner.engine.isLeaving == true)
        #expect(Self.ask(runner, .start).administered?.outcome == .refused)
    }

    // MARK: Scale

    @Test func grow() {
        let runner = Self.ready(1)
        let client = Self.ask(runner, .scale(workers: 3))
        #expect(runner.workers.map(\.plan.place) == [0, 1, 2])
        runner.becomeReady(runner.workers[1])
        #expect(client.answer == nil)
        runner.becomeReady(runner.workers[2])
        #expect(client.administered?.outcome == .done)
        #expect(Self.status(runner).wanted == 3)
    }

    /// The idlest leave first, then the youngest; nobody's run is cut short.
    @Test func shrink() {
        let runner = Self.ready(4)
        for id in ["a", "b"] { runner.create(id, .background) }
        #expect(runner.workers.prefix(2).allSatisfy { $0.requests.count == 1 })
        let client = Self.ask(runner, .scale(workers: 1))
        #expect(runner.workers.filter(\.isShuttingDown).map(\.plan.place) == [2, 3])
        for worker in runner.workers[2...] { runner.exit(worker, .exited(0)) }
        #expect(Self.status(runner).workers.map(\.index) == [0, 1])
        #expect(Self.status(runner).workers.map(\.state) == [.busy, .draining])
        #expect(client.answer == nil)
        let leaving = runner.workers[1]
        runner.say(leaving, leaving.started("b"), leaving.done("b"))
        runner.exit(leaving, .exited(0))
        #expect(client.administered?.outcome == .done)
        #expect(runner.workers.count == 4)
        #expect(Self.status(runner).workers.map(\.index) == [0])
        _ = Self.ask(runner, .scale(workers: 2))
        #expect(runner.worker.plan.place == 1, "the place is used again, and with it its device")
    }

    @Test func toNothingAndBack() {
        let runner = Self.ready(1)
        let client = Self.ask(runner, .scale(workers: 0))
        runner.exit(runner.worker, .exited(0))
        #expect(client.administered?.outcome == .done)
        #expect(runner.deployment.health != .ready)
        #expect(Self.status(runner).state != .ready, "no worker is never ready")
        #expect(runner.engine.statusReport().state == .degraded)
        _ = Self.ask(runner, .scale(workers: 1))
        runner.becomeReady(runner.worker)
        #expect(Self.status(runner).state == .ready)
    }

    /// Both end before anything of either is gone: the place is filled again all the same.
    @Test func replacementAndItsPredecessorEndTogether() {
        let runner = Self.ready(1)
        let client = Self.ask(runner, .restart(worker: nil))
        runner.holdsSweeps = true
        runner.exit(runner.workers[1])
        runner.exit(runner.workers[0])
        runner.releaseSweeps()
        runner.advance(60 * second)
        #expect(runner.workers.count == 3)
        runner.becomeReady(runner.worker)
        #expect(client.administered?.outcome == .failed, "what was started for it has ended")
        #expect(Self.status(runner).workers.map(\.state) == [.idle])
    }

    /// The policy wants no further worker, so the one that was asked for does not come.
    @Test func restartOfWhatComesToRestIsAnswered() {
        let runner = RecordingRunner.ready(
            .testing {
                $0.deployments = [
                    .testing {
                        $0.supervision.restart.policy = .never
                        $0.supervision.recycle.surge = 0
                    }
                ]
            })
        let client = Self.ask(runner, .restart(worker: nil))
        runner.exit(runner.workers[0], .exited(0))
        #expect(runner.workers.count == 2)
        runner.exit(runner.workers[1], .exited(1))
        #expect(client.administered?.outcome == .failed)
    }

    /// "All" are those with which it can be done.
    @Test func restartAll() {
        let runner = RecordingRunner.ready(.testing { $0.deployments = [.testing("a"), .testing("b")] })
        _ = Self.ask(runner, .stop, waits: false, deployment: 0)
        let client = Self.ask(runner, .restart(worker: nil), deployment: nil)
        #expect(runner.workers.map(\.deployment.value) == [0, 1, 1])
        runner.becomeReady(runner.worker)
        #expect(client.administered == AdminAnswer(.done, "restart is done: b"))
        _ = Self.ask(runner, .stop, waits: false, deployment: 1)
        #expect(Self.ask(runner, .restart(worker: nil), deployment: nil).administered?.outcome == .refused)
    }

    // MARK: Waiting

    @Test(arguments: [AdminCommand.Verb.start, .restart(worker: nil), .reset])
    func whatStopsMeanwhile(_ verb: AdminCommand.Verb) {
        for isServer in [true, false] {
            let runner = RecordingRunner()
            let client = Self.ask(runner, verb)
            #expect(client.answer == nil)
            if isServer { runner.send(.stopRequested(.interrupt)) } else { _ = Self.ask(runner, .stop, waits: false) }
            runner.exit(runner.workers[0], .exited(0))
            #expect(client.administered?.outcome == .failed)
            #expect(client.administered?.message.contains("stop") == true)
        }
    }

    static let refusals: [(AdminCommand.Verb, Int?, String)] = [
        (.restart(worker: 5), 0, "has no worker 5"), (.restart(worker: 0), nil, "name of its deployment"),
        (.scale(workers: 2), nil, "name of a deployment"), (.scale(workers: -1), 0, "from 0 to"),
        (.scale(workers: 1_000_000), 0, "from 0 to"),
    ]

    @Test(arguments: refusals.indices)
    func refused(_ row: Int) {
        let (verb, deployment, text) = Self.refusals[row]
        let runner = Self.ready(1)
        let answer = Self.ask(runner, verb, deployment: deployment).administered
        #expect(answer?.outcome == .refused)
        #expect(answer?.message.contains(text) == true)
    }

    @Test func whoLeavesIsForgotten() {
        let runner = Self.ready(1)
        let client = Self.ask(runner, .restart(worker: nil))
        runner.disconnect(client)
        runner.becomeReady(runner.worker)
        #expect(client.answer == nil)
        #expect(Self.status(runner).workers.contains { $0.state == .idle }, "what was begun goes on")
    }

    @Test func whoeverCannotGetThereIsTold() {
        let runner = RecordingRunner()
        let client = Self.ask(runner, .start)
        runner.exit(runner.worker, .exited(78))
        #expect(client.administered?.outcome == .failed)
        #expect(client.administered?.message.contains("exit status 78") == true)
    }
}
