import Engine
import SSE
import Testing
import WireProtocol

@Suite("Engine: stopping")
struct DrainTests {
    @Test(arguments: [StopReason.interrupt, .terminate])
    func idle(_ reason: StopReason) {
        let runner = RecordingRunner.ready(.testing { $0.drain.delay = 0 })
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
        runner.send(.stopRequested(.terminate))
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
        runner.send(.stopRequested(.terminate))
        #expect(worker.canceled == [])
        runner.send(.stopRequested(.interrupt))
        #expect(worker.canceled == ["p"], "the second cancels")
        #expect(!client.hasEnded)
        runner.send(.stopRequested(.interrupt))
        #expect(client.data("completed")?["status"] == .string("failed"), "the third ends what did not react")
        #expect(client.hasEnded)
        #expect(worker.signals == [.kill], "and asks no worker")
        runner.exit(worker)
        #expect(runner.exitCode == 0)
        runner.send(.stopRequested(.interrupt))
    }

    /// A second request while workers end does not wait for them.
    @Test func hurryWhileWorkersEnd() {
        let runner = RecordingRunner.ready(.testing { $0.deployments = [.testing(workers: 2)] })
        runner.send(.stopRequested(.interrupt))
        #expect(runner.workers.allSatisfy { $0.isShuttingDown && $0.signals == [] })
        runner.send(.stopRequested(.interrupt))
        #expect(runner.workers.allSatisfy { $0.signals == [.kill] })
        for worker in runner.workers { runner.exit(worker) }
        #expect(runner.exitCode == 0)
    }

    /// Nothing is accepted any more when it says that it is drained, and no worker is ended before.
    @Test func drainedIsSaidWhenNobodyIsConnected() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        runner.holdsConnections = true
        let client = runner.create("p")
        runner.send(.stopRequested(.interrupt))
        #expect(runner.isKeepingAlive == false)
        #expect(!runner.isClosingConnections, "what is known can be asked for as long as something runs")
        runner.say(worker, worker.started("p"), worker.done("p"))
        #expect(client.hasEnded)
        #expect(runner.isClosingConnections)
        #expect(!worker.isShuttingDown)
        #expect(runner.announced("drained") == 0)
        // One that had been connected before.
        #expect(runner.create("q").rejection == .draining)
        runner.send(.connectionsClosed)
        #expect(runner.announced("drained") == 1)
        #expect(worker.isShuttingDown)
        #expect(runner.create("r").rejection == .draining)
        runner.exit(worker, .exited(0))
        #expect(runner.exitCode == 0)
    }

    /// What was started last goes first; inside a deployment they go together.
    @Test func deploymentsEndInReverseOrder() {
        let runner = RecordingRunner.ready(.testing { $0.deployments = [.testing("a"), .testing("b", workers: 2)] })
        let (first, second) = (runner.workers[0], Array(runner.workers[1...]))
        runner.send(.stopRequested(.interrupt))
        #expect(second.allSatisfy { $0.isShuttingDown })
        #expect(!first.isShuttingDown)
        runner.exit(second[0], .exited(0))
        #expect(!first.isShuttingDown)
        runner.exit(second[1], .exited(0))
        #expect(first.isShuttingDown)
        #expect(runner.exitCode == nil)
        runner.exit(first, .exited(0))
        #expect(runner.exitCode == 0)
    }

    /// Streams that end together are not all let go in the same moment.
    @Test func streamsThatAreCanceledTogetherLeaveOneByOne() {
        let runner = RecordingRunner.ready(concurrency: 3)
        let worker = runner.worker
        let clients = ["a", "b", "c"].map { runner.create($0) }
        runner.say(worker, worker.started("a"), worker.started("b"), worker.started("c"))
        runner.send(.stopRequested(.interrupt))
        runner.send(.stopRequested(.interrupt))
        runner.say(worker, worker.done("a", .canceled), worker.done("b", .canceled), worker.done("c", .canceled))
        #expect(clients.allSatisfy { $0.data("completed")?["status"] == .string("canceled") })
        #expect(clients.allSatisfy { $0.hasEnded })
        #expect(runner.lateEnds == [DepartureSpread.interval, 2 * DepartureSpread.interval])
    }

    /// While predictions are accepted, a worker that ends is followed by another.
    @Test func workersAreStartedWhilePredictionsAreAccepted() {
        let runner = RecordingRunner.ready()
        runner.send(.stopRequested(.terminate))
        runner.exit(runner.worker)
        runner.advance(5 * second)
        #expect(runner.workers.count == 2)
        runner.becomeReady(runner.worker)
        #expect(runner.create("p").rejection == nil)
        runner.advance(5 * second)
        runner.exit(runner.worker)
        #expect(runner.exitCode == 0)
        runner.advance(60 * second)
        #expect(runner.workers.count == 2)
    }

    @Test(arguments: [(0, 0), (1, 0), (3, 4_000_000), (1_000, 1_998_000_000), (100_000, 1_999_980_000)])
    func departures(clients: Int, last: UInt64) {
        var spread = DepartureSpread(clients: clients)
        let delays = (0..<clients).map { _ in spread.next() }
        #expect(delays.first ?? 0 == 0)
        #expect(delays.last ?? 0 == last)
        #expect(zip(delays, delays.dropFirst()).allSatisfy { $0 < $1 })
        for _ in 0..<2_000 { #expect(spread.next() <= DepartureSpread.longest) }
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
