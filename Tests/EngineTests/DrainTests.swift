import Engine
import SSE
import Testing
import WireProtocol

@Suite("Engine: stopping")
struct DrainTests {
    @Test(arguments: [StopReason.interrupt, .terminate(waits: false)])
    func idle(_ reason: StopReason) {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        runner.send(.stopRequested(reason))
        #expect(worker.isShuttingDown)
        #expect(!worker.isDeathPipeClosed, "it has its time")
        #expect(runner.exitCode == nil)
        runner.exit(worker, .exited(0))
        #expect(runner.exitCode == 0)
        #expect(runner.workers.count == 1, "nothing is started again")
        #expect(runner.timers.isEmpty)
        #expect(runner.logs.allSatisfy { $0.level < .warning })
    }

    @Test func theRequestOfAClient() {
        let runner = RecordingRunner.ready()
        #expect(runner.perform(.shutdown).answer == .shutdownBegun)
        #expect(runner.worker.isShuttingDown)
    }

    /// A balancer learns late: requests are still taken for a while.
    @Test func behindABalancer() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        runner.send(.stopRequested(.terminate(waits: true)))
        #expect(runner.engine.isLeaving == true)
        let client = runner.create("p")
        #expect(client.rejection == nil)
        runner.advance(10 * second)
        #expect(runner.create("q").rejection == .draining)
        #expect(!client.hasEnded)
        runner.say(worker, worker.started("p"), worker.done("p"))
        #expect(client.data("completed")?["status"] == .string("succeeded"))
        #expect(worker.isShuttingDown)
        runner.exit(worker, .exited(0))
        #expect(runner.exitCode == 0)
    }

    @Test func runningOnesMayFinish() {
        let runner = RecordingRunner.ready(concurrency: 2)
        let worker = runner.worker
        let clients = [runner.create("a"), runner.create("b", .wait)]
        runner.send(.stopRequested(.interrupt))
        for form in [AnswerForm.wait, .background, .stream(.cog)] {
            #expect(runner.create("c", form).rejection == .draining)
        }
        #expect(runner.join("a", .wait)?.document?["status"] == .string("starting"), "what is known can be asked for")
        runner.say(worker, worker.started("a"), worker.done("a"))
        #expect(clients[0].hasEnded)
        #expect(!worker.isShuttingDown)
        runner.say(worker, worker.started("b"), worker.done("b"))
        #expect(clients[1].document?["status"] == .string("succeeded"))
        #expect(worker.isShuttingDown)
        runner.exit(worker, .exited(0))
        #expect(runner.exitCode == 0)
        #expect(runner.timers[.drain] == nil)
    }

    @Test func whenTheTimeIsOver() {
        let runner = RecordingRunner.ready(concurrency: 2)
        let worker = runner.worker
        let polite = runner.create("a")
        let deaf = runner.create("b")
        runner.say(worker, worker.started("a"), worker.started("b"))
        runner.send(.stopRequested(.interrupt))
        runner.advance(300 * second)
        #expect(worker.canceled == ["a", "b"])
        runner.say(worker, worker.done("a", .canceled))
        #expect(polite.data("completed")?["status"] == .string("canceled"))
        runner.advance(5 * second)
        #expect(deaf.data("completed")?["status"] == .string("failed"))
        #expect(deaf.data("completed")?["error"]?.stringValue?.contains("shutting down") == true)
        #expect(deaf.hasEnded)
        #expect(worker.isShuttingDown)
        runner.advance(5 * second)
        #expect(worker.signals == [.terminate])
        runner.advance(5 * second)
        #expect(worker.signals == [.terminate, .kill])
        runner.exit(worker)
        #expect(runner.exitCode == 0)
    }

    @Test func eachFurtherRequestHurries() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"))
        runner.send(.stopRequested(.terminate(waits: true)))
        #expect(worker.canceled == [])
        runner.send(.stopRequested(.interrupt))
        #expect(worker.canceled == ["p"], "the second cancels")
        #expect(!client.hasEnded)
        runner.send(.stopRequested(.interrupt))
        #expect(client.hasEnded, "the third ends what did not react")
        #expect(worker.isShuttingDown)
        #expect(worker.signals == [])
        runner.send(.stopRequested(.interrupt))
        #expect(worker.signals == [.kill], "the fourth waits for nothing")
        runner.exit(worker)
        #expect(runner.exitCode == 0)
        runner.send(.stopRequested(.interrupt))
    }

    @Test func aWorkerThatDiesMeanwhile() {
        let runner = RecordingRunner.ready()
        let client = runner.create("p")
        runner.send(.stopRequested(.interrupt))
        runner.exit(runner.worker)
        #expect(client.data("completed")?["status"] == .string("failed"))
        #expect(runner.exitCode == 0)
        #expect(runner.workers.count == 1)
    }

    @Test func betweenTwoLives() {
        let runner = RecordingRunner.ready()
        runner.exit(runner.worker)
        runner.send(.stopRequested(.interrupt))
        #expect(runner.exitCode == 0)
        runner.advance(10 * second)
        #expect(runner.workers.count == 1)
    }

    @Test(arguments: ["starting", "loading"])
    func whileAWorkerIsSetUp(stage: String) {
        let runner = RecordingRunner()
        let worker = runner.worker
        if stage == "loading" { runner.say(worker, .hello(WorkerHello(worker: "w"))) }
        runner.send(.stopRequested(.interrupt))
        #expect(stage == "starting" ? worker.isDeathPipeClosed : worker.isShuttingDown)
        if stage == "starting" { runner.say(worker, .hello(WorkerHello(worker: "w"))) }
        if stage == "loading" { runner.say(worker, .ready(RecordingRunner.manifest())) }
        #expect(runner.deployment.slots.capacity == 0)
        runner.exit(worker, .exited(0))
        #expect(runner.exitCode == 0)
        #expect(runner.logs.allSatisfy { $0.level < .warning })
    }

    @Test func slowReadersGetTheEnd() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p", room: 10)
        runner.say(worker, worker.started("p"), worker.output("p", "1"))
        for _ in 0..<3 { runner.send(.stopRequested(.interrupt)) }
        #expect(!client.hasEnded)
        runner.exit(worker, .exited(0))
        #expect(runner.exitCode == 0)
        runner.drain(client)
        #expect(client.names == ["start", "output", "completed"])
    }

    /// The server is told to stop while the last frame of a run waits for its logs.
    @Test func betweenTheLastFrameAndTheEnd() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        runner.holdsLogDrains = true
        let client = runner.create("p")
        runner.say(worker, worker.started("p"), worker.done("p"))
        for _ in 0..<3 { runner.send(.stopRequested(.interrupt)) }
        #expect(client.hasEnded)
        runner.releaseLogDrains()
        runner.exit(worker, .exited(0))
        #expect(runner.exitCode == 0)
        #expect(client.names == ["start", "completed"])
    }
}
