import Engine
import Testing
import WireProtocol

@Suite("Engine: a new configuration while it runs")
struct ReloadTests {
    /// One whose workers are ready, with a reload that waits for the configuration.
    private func running(
        workers: Int = 1, concurrency: Int = 1, _ change: (inout EngineSettings) -> Void = { _ in }
    ) -> RecordingRunner {
        RecordingRunner.ready(
            .testing {
                $0.deployments = [.testing(workers: workers)]
                change(&$0)
            }, concurrency: concurrency)
    }

    private func plan(
        workers: Int = 1, generation: Int = 1, surge: Int = 1, _ change: (inout DeploymentSettings) -> Void = { _ in }
    ) -> ReloadPlan {
        var plan = ReloadPlan()
        let settings = DeploymentSettings.testing(workers: workers) {
            $0.supervision.recycle.surge = surge
            change(&$0)
        }
        plan.changed = [
            ReloadPlan.Change(DeploymentIndex(0), settings, generation: generation, needsNewWorkers: true)
        ]
        return plan
    }

    /// Asks as an operator and waits.
    @discardableResult
    private func reload(_ runner: RecordingRunner, _ plan: ReloadPlan, waits: Bool = true) -> ScriptedClient {
        let client = runner.perform(.administer(AdminCommand(.reload, deployment: nil, waits: waits)))
        runner.send(.configurationLoaded(plan))
        return client
    }

    private func outcome(_ client: ScriptedClient) -> AdminAnswer.Outcome? {
        if case .administered(let answer) = client.answer { answer.outcome } else { nil }
    }

    private func text(_ client: ScriptedClient) -> String {
        if case .administered(let answer) = client.answer { answer.message } else { "" }
    }

    // MARK: The whole

    @Test func nothingHasChanged() {
        let runner = running()
        let client = reload(runner, ReloadPlan())
        #expect(outcome(client) == .done)
        #expect(runner.workers.count == 1)
        #expect(runner.engine.isReloading == false)
    }

    @Test func badConfiguration() {
        let runner = running()
        let client = runner.perform(.administer(AdminCommand(.reload, deployment: nil, waits: false)))
        #expect(client.answer == nil)
        runner.send(.configurationRefused(["line 1 is wrong", "line 2, too"]))
        #expect(client.answer == .administered(AdminAnswer(.refused, "line 1 is wrong\nline 2, too")))
        #expect(runner.logs.filter { $0.level == .error }.map(\.message).count == 2)
        #expect(runner.workers.count == 1)
        #expect(runner.create("p").rejection == nil)
    }

    /// One signal that comes while the file is being read may be about a newer file.
    @Test func signals() {
        let runner = running()
        runner.send(.reloadRequested)
        runner.send(.reloadRequested)
        #expect(runner.configurationReads == 1)
        let client = runner.perform(.administer(AdminCommand(.reload, deployment: nil, waits: true)))
        #expect(outcome(client) == .refused)
        runner.send(.configurationLoaded(ReloadPlan()))
        #expect(runner.configurationReads == 2)
        runner.send(.configurationLoaded(ReloadPlan()))
        #expect(runner.configurationReads == 2)
        #expect(runner.engine.isReloading == false)
    }

    // MARK: Rolling

    @Test func workerByWorker() {
        let runner = running(workers: 2)
        let old = runner.workers
        let streams = [runner.create("a"), runner.create("b")]
        for worker in old { for id in worker.slots.keys { runner.say(worker, worker.started(id)) } }
        let client = reload(runner, plan(workers: 2))
        #expect(runner.workers.count == 3)
        #expect(runner.worker.plan == SpawnPlan(deployment: DeploymentIndex(0), generation: 1, place: 0))
        #expect(runner.deployment.state == .reloading)
        #expect(old.allSatisfy { !$0.isShuttingDown && $0.signals == [] })

        let first = runner.worker
        runner.becomeReady(first)
        #expect(runner.workers.count == 3, "one after the other")
        #expect(runner.create("c").rejection == nil)
        #expect(first.requests.map(\.id) == ["c"])
        let (inFirst, inSecond) = (old[0].requests[0].id, old[1].requests[0].id)
        #expect(!old[0].isShuttingDown, "its run goes on")
        runner.say(old[0], old[0].done(inFirst))
        #expect(old[0].isShuttingDown)
        #expect(runner.workers.count == 3)
        runner.exit(old[0], .exited(0))
        #expect(runner.workers.count == 4)
        #expect(runner.worker.plan.place == 1)
        runner.becomeReady(runner.worker)
        runner.say(old[1], old[1].done(inSecond))
        #expect(client.answer == nil)
        runner.exit(old[1], .exited(0))
        #expect(outcome(client) == .done)
        #expect(streams.allSatisfy { $0.data("completed")?["status"] == .string("succeeded") })
        #expect(runner.deployment.state == .ready)
        #expect(runner.deployment.generation == 1)
        #expect(runner.logs.allSatisfy { $0.level < .warning })
        // Its successors are of the new version.
        runner.say(first, first.started("c"), first.done("c"))
        runner.exit(first)
        runner.advance(60 * second)
        #expect(runner.worker.plan == SpawnPlan(deployment: DeploymentIndex(0), generation: 1, place: 0))
    }

    enum Fault: CaseIterable, Sendable {
        case spawn, setup, exit, crash, manifest, time
    }

    /// However the new one fails, the old one goes on, with its settings.
    @Test(arguments: Fault.allCases, [true, false]) func rollBack(_ fault: Fault, surges: Bool) {
        let runner = running()
        let old = runner.worker
        if fault == .spawn, surges { runner.spawnFailure = "no such file" }
        let client = reload(
            runner,
            plan(surge: surges ? 1 : 0) {
                $0.loadTimeout = 5 * second
                if fault == .manifest { $0.handler = "missing" }
            })
        if !surges {
            #expect(old.isShuttingDown)
            if fault == .spawn { runner.spawnFailure = "no such file" }
            runner.exit(old, .exited(0))
        }
        let new = runner.worker
        if fault != .spawn {
            #expect(new.plan.generation == 1)
            runner.say(new, .hello(WorkerHello(worker: "w")))
        }
        switch fault {
        case .spawn: runner.spawnFailure = nil
        case .setup:
            runner.say(new, .setupFailed(SetupFailure(message: "no weights", kind: nil, traceback: nil)))
            runner.exit(new, .exited(1))
        case .exit: runner.exit(new, .exited(0))
        case .crash: runner.exit(new)
        case .manifest:
            runner.say(new, .ready(RecordingRunner.manifest()))
            runner.exit(new, .exited(0))
        case .time:
            runner.advance(5 * second)
            runner.exit(new, .exited(0))
        }
        if surges {
            #expect(!old.isShuttingDown)
        } else {
            runner.advance(second)
            #expect(runner.worker.plan.generation == 0)
            runner.becomeReady(runner.worker)
        }
        #expect(outcome(client) == .failed)
        #expect(text(client).contains("keeps its old version"))
        #expect(runner.exitCode == nil)
        #expect(runner.deployment.state == .ready)
        #expect(runner.deployment.generation == 0)
        #expect(runner.deployment.settings.loadTimeout == 600 * second)
        #expect(runner.deployment.reloadFailure != nil)
        #expect(runner.create("p").rejection == nil)
        #expect(runner.logs.contains { $0.level == .error && $0.message.contains("old version") })
    }

    /// The second place fails: the first gets the old version again.
    @Test func rollBackOfWhatWasReplaced() {
        let runner = running(workers: 2)
        let old = runner.workers
        let client = reload(runner, plan(workers: 2))
        let first = runner.worker
        runner.becomeReady(first)
        runner.exit(old[0], .exited(0))
        #expect(runner.worker.plan.place == 1)
        runner.exit(runner.worker)
        #expect(client.answer == nil)
        let restored = runner.worker
        #expect(restored.plan == SpawnPlan(deployment: DeploymentIndex(0), generation: 0, place: 0))
        #expect(!first.isShuttingDown, "it serves until the other one is ready")
        runner.becomeReady(restored)
        #expect(first.isShuttingDown)
        runner.exit(first, .exited(0))
        #expect(outcome(client) == .failed)
        #expect(!old[1].isShuttingDown)
        #expect(runner.deployment.generation == 0)
    }

    /// A new version that is ready and then dies again and again is no good, either.
    @Test func rollBackOfACrashLoop() {
        let runner = running(workers: 2)
        let old = runner.workers
        let client = reload(runner, plan(workers: 2))
        runner.becomeReady(runner.worker)
        runner.create("p")
        for _ in 0..<6 where runner.worker.plan.generation == 1 {
            runner.exit(runner.worker)
            if !old[0].isReleased { runner.exit(old[0], .exited(0)) }
            runner.advance(60 * second / 8)
            if runner.worker.plan.generation == 1 { runner.becomeReady(runner.worker) }
        }
        _ = client
        #expect(!runner.deployment.hasFailed)
    }

    /// Neither version works: the reload is over all the same, and another one can begin.
    @Test func rollBackToWhatDoesNotWorkEither() {
        let runner = RecordingRunner(.testing { $0.deployments = [.testing()] })
        runner.exit(runner.worker, .exited(1))
        #expect(runner.engine.statusReport().deployments[0].workers[0].state == .backoff)
        let client = reload(runner, plan())
        #expect(runner.worker.plan.generation == 1)
        runner.exit(runner.worker, .exited(1))
        #expect(outcome(client) == .failed)
        #expect(runner.engine.isReloading == false)
        #expect(runner.worker.plan.generation == 0)
        let again = reload(runner, plan(generation: 2))
        runner.exit(runner.worker, .exited(0))
        #expect(runner.worker.plan.generation == 2)
        runner.becomeReady(runner.worker)
        #expect(outcome(again) == .done)
    }

    // MARK: Two versions at a time

    /// A schema that has changed: what was validated by one must not reach the other.
    @Test func anotherManifest() {
        let runner = running(workers: 2)
        let old = runner.workers
        reload(runner, plan(workers: 2))
        #expect(runner.deployment.slots.capacity == 2)
        runner.becomeReady(runner.worker, streaming: false)
        #expect(runner.deployment.slots.capacity == 1, "the other old one serves no more")
        #expect(runner.deployment.handler?.isStreaming == false)
        #expect(!old[1].isShuttingDown)
        runner.exit(old[0], .exited(0))
        // The second one fails: whoever is of the old version serves again.
        runner.exit(runner.worker)
        #expect(runner.deployment.handler?.isStreaming == true)
        #expect(runner.deployment.slots.capacity == 1)
        runner.create("p")
        #expect(old[1].requests.map(\.id) == ["p"])
    }

    @Test func anotherManifestWithARunInHand() {
        let runner = running(workers: 2)
        let old = runner.workers
        runner.create("a")
        runner.create("b")
        let late = old[1].requests[0].id
        reload(runner, plan(workers: 2))
        runner.becomeReady(runner.worker, streaming: false)
        for worker in old { for id in worker.slots.keys { runner.say(worker, worker.started(id)) } }
        runner.say(old[0], old[0].done(old[0].requests[0].id))
        runner.exit(old[0], .exited(0))
        runner.exit(runner.worker)
        #expect(runner.deployment.slots.capacity == 1)
        #expect(runner.deployment.slots.busyCount == 1)
        #expect(runner.create("c").rejection == .atCapacity)
        runner.say(old[1], old[1].done(late))
        #expect(runner.deployment.slots.freeCount == 1)
    }

    // MARK: Draining

    /// A run that does not end does not hold the reload up for ever.
    @Test func runsAreCanceledWhenTheirTimeIsOver() {
        let runner = running()
        let old = runner.worker
        let stream = runner.create("p")
        runner.say(old, old.started("p"))
        let client = reload(runner, plan())
        runner.becomeReady(runner.worker)
        runner.advance(299 * second)
        #expect(old.canceled == [])
        runner.advance(second)
        #expect(old.canceled == ["p"])
        runner.say(old, old.done("p", .canceled))
        #expect(stream.data("completed")?["status"] == .string("canceled"))
        #expect(old.isShuttingDown)
        runner.exit(old, .exited(0))
        #expect(outcome(client) == .done)
    }

    // MARK: Coming and going

    @Test func addedAndRemoved() {
        let runner = running()
        let old = runner.worker
        let stream = runner.create("p")
        var plan = ReloadPlan()
        plan.removed = [DeploymentIndex(0)]
        plan.added = [.testing("new")]
        let client = reload(runner, plan)
        #expect(runner.engine.isReady == false, "the only one that is left has never been ready")
        #expect(runner.engine.deployment(named: "new") == DeploymentIndex(1))
        #expect(runner.engine.deployment(named: "echo") == DeploymentIndex(0), "it finishes what it has")
        #expect(runner.create("q").rejection == .notReady(DeploymentIndex(0)))
        runner.becomeReady(runner.worker)
        #expect(runner.create("r", deployment: 1).rejection == nil)
        runner.say(old, old.started("p"), old.done("p"))
        #expect(stream.data("completed")?["status"] == .string("succeeded"))
        #expect(client.answer == nil)
        runner.exit(old, .exited(0))
        #expect(outcome(client) == .done)
        #expect(runner.engine.deployment(named: "echo") == nil)
        #expect(runner.engine.statusReport().deployments.map(\.name) == ["new"])
        runner.advance(60 * second)
        #expect(runner.workers.count == 2)
    }

    /// A balancer must not take the server out of service for what it is not asked for yet.
    @Test func addedOneDoesNotMakeTheServerUnready() {
        let runner = running()
        var plan = ReloadPlan()
        plan.added = [.testing("new")]
        reload(runner, plan)
        #expect(runner.engine.isReady == true)
        runner.becomeReady(runner.worker)
        #expect(runner.engine.isReady == true)
        runner.exit(runner.worker)
        #expect(runner.engine.isReady == false)
    }

    @Test func addedOneThatFails() {
        let runner = running()
        var plan = ReloadPlan()
        plan.added = [.testing("new") { $0.handler = "missing" }]
        let client = reload(runner, plan)
        runner.say(runner.worker, .hello(WorkerHello(worker: "w")))
        runner.say(runner.worker, .ready(RecordingRunner.manifest()))
        runner.exit(runner.worker, .exited(0))
        #expect(outcome(client) == .failed)
        #expect(text(client).contains("new: "))
        #expect(runner.exitCode == nil, "the others are served")
    }

    /// What only concerns the server takes effect where it is.
    @Test func withoutNewWorkers() {
        let runner = running()
        var plan = ReloadPlan()
        plan.changed = [
            ReloadPlan.Change(
                DeploymentIndex(0), .testing(workers: 2) { $0.stopGrace = 3 * second }, generation: 1,
                needsNewWorkers: false)
        ]
        let client = reload(runner, plan)
        #expect(outcome(client) == .done)
        #expect(runner.deployment.settings.stopGrace == 3 * second)
        #expect(runner.workers.count == 2)
        #expect(!runner.workers[0].isShuttingDown)
    }

    /// A deployment that was given up gets another chance with another configuration, and one only.
    @Test(arguments: [true, false]) func failedDeployment(works: Bool) {
        let runner = RecordingRunner()
        runner.say(runner.worker, .hello(WorkerHello(worker: "w")))
        runner.say(runner.worker, .setupFailed(SetupFailure(message: "no weights", kind: nil, traceback: nil)))
        runner.exit(runner.worker, .exited(1))
        #expect(runner.deployment.state == .failed)
        let client = reload(runner, plan())
        #expect(runner.worker.plan.generation == 1)
        if works {
            runner.becomeReady(runner.worker)
            #expect(outcome(client) == .done)
            #expect(runner.deployment.state == .ready)
        } else {
            runner.exit(runner.worker)
            #expect(outcome(client) == .failed)
            #expect(runner.deployment.state == .failed)
            #expect(runner.workers.count == 2)
        }
    }

    @Test func operatorsWaitForTheEnd() {
        let runner = running()
        reload(runner, plan())
        for verb in [AdminCommand.Verb.restart(worker: nil), .stop, .scale(workers: 2)] {
            let client = runner.perform(.administer(AdminCommand(verb, deployment: DeploymentIndex(0), waits: false)))
            #expect(outcome(client) == .refused)
        }
        runner.becomeReady(runner.worker)
        runner.exit(runner.workers[0], .exited(0))
        let client = runner.perform(.administer(AdminCommand(.stop, deployment: DeploymentIndex(0), waits: false)))
        #expect(outcome(client) == .accepted)
    }

    @Test func theServerStopsMeanwhile() {
        let runner = running()
        let client = reload(runner, plan())
        runner.send(.stopRequested(.interrupt))
        #expect(outcome(client) == .failed)
        for worker in runner.workers { runner.exit(worker, .exited(0)) }
        #expect(runner.exitCode == 0)
        runner.send(.reloadRequested)
        #expect(runner.configurationReads == 1)
    }

    /// A group is replaced as a whole.
    @Test func group() {
        let settings = { (name: String) in
            DeploymentSettings.testing(name) { $0.supervision.group = "ranks" }
        }
        let runner = RecordingRunner.ready(.testing { $0.deployments = [settings("a"), settings("b")] })
        var plan = ReloadPlan()
        plan.changed = [
            ReloadPlan.Change(DeploymentIndex(0), settings("a"), generation: 1, needsNewWorkers: true)
        ]
        let client = reload(runner, plan)
        #expect(runner.workers.allSatisfy { $0.isShuttingDown })
        for worker in runner.workers { runner.exit(worker, .exited(0)) }
        #expect(runner.workers.count == 4)
        #expect(runner.workers[2...].map(\.plan.generation).sorted() == [0, 1])
        for worker in runner.workers[2...] { runner.becomeReady(worker) }
        #expect(outcome(client) == .done)
        #expect(runner.create("p").rejection == nil)
    }

    /// A member that leaves the configuration is not missed, however it ends.
    @Test(arguments: [ProcessStatus.exited(0), .signaled(9)], [true, false])
    func leavingAGroup(_ end: ProcessStatus, _ wasReady: Bool) {
        let settings = { (name: String) in
            DeploymentSettings.testing(name) { $0.supervision.group = "ranks" }
        }
        let runner = RecordingRunner(.testing { $0.deployments = [settings("a"), settings("b")] })
        runner.becomeReady(runner.workers[0])
        if wasReady {
            runner.becomeReady(runner.workers[1])
            runner.create("q", .background, deployment: 1)
        }
        var plan = ReloadPlan()
        plan.removed = [DeploymentIndex(1)]
        reload(runner, plan)
        #expect(runner.create("p", .background).rejection == nil)
        runner.exit(runner.workers[1], end)
        #expect(!runner.workers[0].isShuttingDown)
        #expect(runner.workers.count == 2)
        #expect(runner.create("r", .background).rejection == .atCapacity)
    }
}
