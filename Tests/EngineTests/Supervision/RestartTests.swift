import Engine
import Testing
import WireProtocol

@Suite("Engine: workers that follow others")
struct RestartTests {
    private static func settings(
        workers: Int = 1, _ change: (inout SupervisionSettings) -> Void = { _ in }
    ) -> EngineSettings {
        .testing { $0.deployments = [.testing(workers: workers) { change(&$0.supervision) }] }
    }

    private static func status(_ runner: RecordingRunner, _ deployment: Int = 0) -> DeploymentStatus {
        runner.engine.statusReport().deployments[deployment]
    }

    // MARK: Waits

    @Test func afterALongLifeThereIsNoWait() {
        let runner = RecordingRunner.ready()
        runner.advance(10 * second + 1)
        runner.exit(runner.worker)
        #expect(runner.workers.count == 2)
    }

    /// Each failure doubles the longest wait, until a run was served.
    @Test func waitsGrow() {
        let runner = RecordingRunner(Self.settings { $0.restart.maximumFailures = 100 })
        for failures in 0..<12 {
            runner.exit(runner.worker, .exited(1))
            let deadline = runner.timers[.startWorker(DeploymentIndex(0), place: 0)] ?? runner.now
            #expect(deadline - runner.now <= min(60 * second, (second / 2) << UInt64(failures)))
            runner.advance(60 * second)
            #expect(runner.workers.count == failures + 2)
        }
        runner.becomeReady(runner.worker)
        runner.create("p", .background)
        runner.say(runner.worker, runner.worker.started("p"), runner.worker.done("p"))
        runner.exit(runner.worker)
        runner.waitForRestart()
        #expect(runner.workers.count == 14)
    }

    // MARK: The old tree

    /// The next one needs the memory of the device that the last one's children may hold.
    @Test func theNextOneWaitsForTheSweep() {
        let runner = RecordingRunner.ready()
        let old = runner.worker
        runner.holdsSweeps = true
        let client = runner.create("p")
        runner.advance(20 * second)
        runner.exit(old)
        #expect(client.hasEnded, "readers do not wait for it")
        #expect(runner.heldSweeps == [old.id])
        #expect(!old.isReleased)
        runner.advance(100 * second)
        #expect(runner.workers.count == 1)
        #expect(Self.status(runner).workers.map(\.state) == [.exited])
        runner.releaseSweeps(ended: 3)
        #expect(old.isReleased)
        #expect(runner.workers.count == 2)
        #expect(Self.status(runner).exits.last?.strays == 3)
        #expect(Self.status(runner).workers[0].lastExit?.strays == 3)
    }

    @Test func theServerWaitsForTheSweepToo() {
        let runner = RecordingRunner.ready()
        runner.holdsSweeps = true
        runner.send(.stopRequested(.interrupt))
        runner.exit(runner.worker, .exited(0))
        #expect(runner.exitCode == nil)
        runner.releaseSweeps()
        #expect(runner.exitCode == 0)
    }

    // MARK: The record

    @Test func theEvidence() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        runner.advance(3 * second)
        runner.print(worker, "last words\n", .standardError)
        runner.exit(worker, .signaled(9), wasOutOfMemory: true)
        let record = Self.status(runner).exits[0]
        #expect(record.reason == .oom)
        #expect(record.readyTime == 3 * second)
        #expect(record.lifetime == 3 * second)
        #expect(record.logTail == "last words\n")
        #expect(record.processID == 101)
        #expect(record.ending?.status == .signaled(9))
        #expect(record.detail.contains("memory"))
        let end = runner.changes.first { $0.to == "exited" }
        #expect(end?.reason == .oom)
        #expect(end?.from == "ready")
    }

    static let ends: [(String, ExitReason, @Sendable (RecordingRunner) -> Void)] = [
        ("it broke the protocol", .protocol, { $0.write($0.worker, Array("Traceback: ......".utf8)) }),
        (
            "it closed its pipe", .protocol,
            {
                $0.send(.workerOutputEnded($0.worker.id))
                $0.advance(3 * second)
            }
        ),
        ("the server stops", .stopped, { $0.send(.stopRequested(.interrupt)) }),
        ("nobody wished for it", .signal, { _ in }),
    ]

    /// The loss of a worker that never served is none.
    @Test(arguments: [true, false])
    func lossEndsTheServerWhereThatIsWanted(_ wasReady: Bool) {
        let runner = RecordingRunner(Self.settings { $0.endsServerOnLoss = true })
        if wasReady { runner.becomeReady(runner.worker) }
        runner.exit(runner.worker)
        runner.advance(100 * second)
        #expect(runner.exitCode == (wasReady ? 70 : nil))
    }

    @Test(arguments: ends.indices)
    func theReason(_ row: Int) {
        let (name, reason, bring) = Self.ends[row]
        let runner = RecordingRunner.ready()
        bring(runner)
        runner.exit(runner.worker)
        #expect(Self.status(runner).exits.map(\.reason) == [reason], "\(name)")
    }

    // MARK: Policies

    static let policies: [(RestartSettings.Policy, ProcessStatus, Bool)] = [
        (.always, .exited(0), true), (.always, .exited(1), true),
        (.onFailure, .exited(0), false), (.onFailure, .exited(1), true),
        (.never, .exited(0), false), (.never, .exited(1), false),
    ]

    @Test(arguments: policies.indices)
    func policy(_ row: Int) {
        let (policy, status, restarts) = Self.policies[row]
        let runner = RecordingRunner.ready(Self.settings { $0.restart.policy = policy })
        runner.exit(runner.worker, status)
        runner.advance(100 * second)
        #expect(runner.workers.count == (restarts ? 2 : 1))
        guard !restarts else { return }
        #expect(Self.status(runner).state == .stopped)
        #expect(Self.status(runner).workers.map(\.state) == [.stopped])
        runner.perform(.administer(AdminCommand(.start, deployment: DeploymentIndex(0), waits: false)))
        #expect(runner.workers.count == 2, "an operator may still want one")
    }

    /// A worker that ends with status 0 after its work is no failure, however often.
    @Test func successIsNoFailure() {
        let runner = RecordingRunner.ready()
        for _ in 0..<20 {
            let worker = runner.worker
            runner.create("p", .wait)
            runner.say(worker, worker.started("p"), worker.done("p"))
            runner.exit(worker, .exited(0))
            runner.waitForRestart()
            runner.becomeReady(runner.worker)
        }
        #expect(runner.deployment.health == .ready)
    }

    @Test func aConfigurationErrorIsFinal() {
        let runner = RecordingRunner.ready()
        runner.exit(runner.worker, .exited(78))
        #expect(Self.status(runner).state == .failed)
        #expect(Self.status(runner).workers.map(\.state) == [.failed])
        runner.advance(3_000 * second)
        #expect(runner.workers.count == 1, "not even a try")
        runner.perform(.administer(AdminCommand(.reset, deployment: DeploymentIndex(0), waits: false)))
        runner.becomeReady(runner.worker)
        #expect(Self.status(runner).state == .ready)
    }

    // MARK: The breaker

    private static func loop(_ runner: RecordingRunner, deployment: Int = 0, until count: Int) {
        var exits = 0
        while exits < count {
            guard let worker = runner.worker(at: 0, of: deployment) else {
                runner.advance(second / 10)
                continue
            }
            runner.exit(worker, .exited(1))
            exits += 1
        }
    }

    @Test func aCrashLoopStopsAndItsNeighbourNotices() {
        let runner = RecordingRunner(
            .testing {
                $0.deployments = [
                    .testing("loop") { $0.supervision.restart.maximumBackoff = second },
                    .testing("good"),
                ]
            })
        runner.becomeReady(runner.workers[1])
        Self.loop(runner, until: 5)
        #expect(Self.status(runner).state == .starting)
        Self.loop(runner, until: 1)
        #expect(Self.status(runner).state == .failed)
        #expect(Self.status(runner).detail?.contains("6 failures within 60 s") == true)
        #expect(Self.status(runner).exits.count == 6)
        let count = runner.workers.count
        runner.advance(299 * second)
        #expect(runner.workers.count == count)
        #expect(Self.status(runner, 1).state == .ready)
        #expect(runner.create("p", .background, deployment: 1).rejection == nil)
        // The first try fails, the second one does not.
        runner.advance(second)
        #expect(runner.workers.count == count + 1)
        #expect(Self.status(runner).state == .failed, "not before it is ready")
        runner.exit(runner.worker, .exited(1))
        runner.advance(299 * second)
        #expect(runner.workers.count == count + 1)
        runner.advance(second)
        runner.becomeReady(runner.worker)
        #expect(Self.status(runner).state == .ready)
        #expect(runner.deployment.health == .ready)
        #expect(runner.timers[.probe(DeploymentIndex(0))] == nil)
    }

    /// Of several places one is tried; once it is ready, the others follow.
    @Test func aProbeIsOneWorker() {
        let runner = RecordingRunner(Self.settings(workers: 3) { $0.restart.maximumFailures = 0 })
        runner.exit(runner.workers[0], .exited(1))
        runner.exit(runner.workers[1], .exited(1))
        #expect(runner.workers.count == 2, "the third one was still waiting for its turn")
        #expect(Self.status(runner).workers.map(\.state) == [.failed, .failed, .failed])
        runner.advance(300 * second)
        #expect(runner.workers.count == 3)
        runner.becomeReady(runner.worker)
        #expect(runner.workers.count == 5)
    }

    /// Those that live go on.
    @Test func whatWorksInAFailedDeploymentServes() {
        let runner = RecordingRunner.ready(Self.settings(workers: 2) { $0.restart.maximumFailures = 0 })
        runner.exit(runner.workers[0])
        #expect(Self.status(runner).state == .failed)
        #expect(Self.status(runner).ready == 1)
        #expect(runner.create("p", .background).rejection == nil)
        runner.perform(.administer(AdminCommand(.reset, deployment: DeploymentIndex(0), waits: false)))
        #expect(runner.workers.count == 3)
        #expect(Self.status(runner).state == .ready)
    }

    @Test func aFailedSetUpIsTriedAgain() {
        let runner = RecordingRunner()
        runner.say(runner.worker, .hello(WorkerHello(worker: "w")))
        runner.say(runner.worker, .setupFailed(SetupFailure(message: "no weights")))
        runner.exit(runner.worker, .exited(1))
        #expect(Self.status(runner).state == .failed)
        #expect(Self.status(runner).exits.last?.reason == .setup)
        runner.advance(300 * second)
        #expect(runner.deployment.health == .setupFailed, "a try is not a promise")
        runner.becomeReady(runner.worker)
        #expect(runner.deployment.health == .ready)
    }

    // MARK: Loss

    @Test(arguments: [(ProcessStatus.signaled(9), Int32?(70)), (.exited(1), 70), (.exited(0), nil)])
    func theServerMayEndWithAWorker(_ status: ProcessStatus, _ code: Int32?) {
        let runner = RecordingRunner.ready(Self.settings(workers: 2) { $0.endsServerOnLoss = true })
        let client = runner.create("p")
        runner.exit(runner.workers[1], status)
        #expect(runner.engine.isLeaving == (code != nil))
        guard let code else { return }
        let worker = runner.workers[0]
        runner.say(worker, worker.started("p"), worker.done("p"))
        #expect(client.data("completed")?["status"] == .string("succeeded"), "it is drained")
        runner.exit(worker, .exited(0))
        #expect(runner.exitCode == code)
    }

    // MARK: Turns

    @Test func twoLoadAtATime() {
        let runner = RecordingRunner(Self.settings(workers: 5))
        #expect(runner.workers.count == 2)
        #expect(Self.status(runner).workers.map(\.state) == [.starting, .starting, .queued, .queued, .queued])
        runner.becomeReady(runner.workers[1])
        #expect(runner.workers.count == 3)
        runner.exit(runner.workers[0], .exited(1))
        #expect(runner.workers.count == 4, "its end makes room as well")
        #expect(runner.workers.map(\.plan.place) == [0, 1, 2, 3])
    }

    @Test func oneLoadsOnADevice() {
        let runner = RecordingRunner(Self.settings(workers: 4) { $0.devices = ["0", "0", "1", "1"] })
        #expect(runner.workers.map(\.plan.place) == [0, 2])
        runner.becomeReady(runner.workers[0])
        #expect(runner.workers.map(\.plan.place) == [0, 2, 1])
        #expect(Self.status(runner).workers.map(\.device) == ["0", "0", "1", "1"])
    }

    /// A load that hangs does not hold up a neighbour's for ever.
    @Test func aTurnEnds() {
        let runner = RecordingRunner(
            .testing {
                $0.deployments = [.testing("hangs", workers: 2) { $0.loadTimeout = 9_000 * second }, .testing()]
            })
        #expect(runner.workers.count == 2)
        runner.advance(LoadLimits().turn)
        #expect(runner.workers.count == 3)
    }
}
