import Engine
import Testing
import WireProtocol

@Suite("Engine: what operators see")
struct StatusTests {
    @Test func fromStartToEnd() {
        let runner = RecordingRunner(.testing { $0.deployments = [.testing { $0.supervision.devices = ["cuda:1"] }] })
        var report: StatusReport { runner.engine.statusReport() }
        let worker = runner.worker
        #expect(report.state == .starting)
        #expect(report.startedWall == report.nowWall)
        #expect(report.deployments[0].state == .starting)
        #expect(report.deployments[0].workers.map(\.state) == [.starting])
        #expect(report.deployments[0].workers[0].device == "cuda:1")
        runner.advance(second)
        runner.say(worker, .hello(WorkerHello(worker: "w")))
        runner.say(worker, .loading(LoadingProgress(progress: 0.4, message: "shard 7/20")))
        #expect(report.deployments[0].workers[0].state == .loading)
        #expect(report.deployments[0].workers[0].progress == 0.4)
        #expect(report.deployments[0].workers[0].message == "shard 7/20")
        #expect(report.deployments[0].workers[0].sinceWall == report.nowWall)
        #expect(report.deployments[0].workers[0].startedWall == report.nowWall - second)
        runner.say(worker, .ready(RecordingRunner.manifest(concurrency: 2)))
        #expect(report.state == .ready)
        #expect(report.deployments[0].state == .ready)
        #expect(report.deployments[0].workers[0].progress == nil, "that is over")
        runner.create("p", .background)
        #expect(report.deployments[0].workers[0].state == .busy)
        #expect((report.deployments[0].slots, report.deployments[0].busy) == (2, 1))
        #expect((report.deployments[0].workers[0].slots, report.deployments[0].workers[0].busy) == (2, 1))
        runner.say(worker, worker.started("p"), worker.done("p"))
        #expect(report.deployments[0].workers[0].served == 1)
        runner.send(.workersSampled([ResourceSample(worker: worker.id, residentBytes: 77, processorTime: 5)]))
        #expect(report.deployments[0].workers[0].residentBytes == 77)
        runner.exit(worker)
        #expect(report.state == .degraded)
        #expect(report.deployments[0].state == .degraded)
        #expect(report.deployments[0].detail == "a worker has ended: signal 9 (SIGKILL)")
        #expect(report.deployments[0].workers[0].lastExit?.reason == .signal)
        let next = report.deployments[0].workers[0]
        #expect(next.state == .backoff)
        #expect(next.nextStartWall.map { $0 >= report.nowWall && $0 <= report.nowWall + second / 2 } == true)
        runner.waitForRestart()
        #expect(report.deployments[0].workers[0].restarts == 1)
        #expect(report.deployments[0].restarts == 1)
        runner.becomeReady(runner.worker)
        #expect(report.state == .ready)
        runner.send(.stopRequested(.interrupt))
        #expect(report.state == .draining)
        #expect(report.deployments[0].workers[0].state == .stopping)
    }

    /// The feed tells each change once, each from where the one before had led.
    @Test func theFeed() {
        let runner = RecordingRunner()
        runner.becomeReady(runner.worker)
        runner.create("p", .background)
        runner.exit(runner.worker)
        runner.waitForRestart()
        runner.becomeReady(runner.worker)
        let words = runner.changes.filter { $0.worker == 0 }
        #expect(
            words.map(\.to) == [
                "queued", "starting", "loading", "ready", "exited", "backoff", "queued", "starting", "loading", "ready",
            ])
        for (before, after) in zip(words, words.dropFirst()) { #expect(after.from == before.to) }
        #expect(runner.changes.filter { $0.worker == nil }.map(\.to) == ["starting", "ready", "degraded", "ready"])
        #expect(runner.changes.allSatisfy { $0.deployment == "echo" && $0.wall > RecordingRunner.wallOffset })
    }

    /// An optional deployment keeps nobody from anything.
    @Test(arguments: [true, false])
    func whatIsRequired(_ isRequired: Bool) {
        let runner = RecordingRunner(
            .testing { $0.deployments = [.testing(), .testing("extra") { $0.supervision.isRequired = isRequired }] })
        runner.becomeReady(runner.workers[0])
        #expect(runner.engine.statusReport().state == (isRequired ? .starting : .ready))
    }

    @Test(arguments: [1, 2, 3])
    func theMinimum(_ minimum: Int) {
        let runner = RecordingRunner.ready(
            .testing { $0.deployments = [.testing(workers: 3) { $0.supervision.minimumReady = minimum }] })
        runner.exit(runner.workers[0])
        #expect(runner.engine.statusReport().deployments[0].state == (minimum < 3 ? .ready : .degraded))
        #expect(runner.engine.statusReport().deployments[0].ready == 2)
    }
}
