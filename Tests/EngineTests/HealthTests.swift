import Engine
import SSE
import Testing
import WireProtocol

@Suite("Engine: health that workers tell")
struct HealthTests {
    private static func runner(workers: Int = 1, concurrency: Int = 1, check: Bool = true) -> RecordingRunner {
        let runner = RecordingRunner(.testing { $0.deployments = [.testing(workers: workers)] })
        var manifest = RecordingRunner.manifest(concurrency: concurrency)
        manifest.hasHealthCheck = check
        manifest.versions = ["python": "3.11.2"]
        for worker in runner.workers {
            runner.say(worker, .hello(WorkerHello(worker: "w")))
            runner.say(worker, .ready(manifest))
        }
        return runner
    }

    private static func ask(_ runner: RecordingRunner) -> ScriptedClient {
        runner.perform(.health(DeploymentIndex(0)))
    }

    private static func questions(_ worker: ScriptedWorker) -> Int {
        worker.received.count { $0 == .healthCheck }
    }

    @Test(arguments: [
        (HealthResult.healthy, DeploymentHealth.ready, nil as String?),
        (
            .unhealthy(error: "Healthcheck failed: user-defined healthcheck returned False"), .unhealthy,
            "Healthcheck failed: user-defined healthcheck returned False"
        ),
        (
            .unhealthy(error: "Healthcheck failed: RuntimeError: no GPU"), .unhealthy,
            "Healthcheck failed: RuntimeError: no GPU"
        ),
        (.unhealthy(error: nil), .unhealthy, "Healthcheck failed"),
    ])
    func whatTheWorkerAnswers(_ result: HealthResult, _ status: DeploymentHealth, _ complaint: String?) {
        let runner = Self.runner()
        let client = Self.ask(runner)
        #expect(client.answer == nil)
        runner.say(runner.worker, .healthResult(result))
        #expect(client.report?.status == status)
        #expect(client.report?.complaint == complaint)
        #expect(client.report?.versions == ["python": "3.11.2"])
        #expect(client.report?.setup.status == .succeeded)
        #expect(runner.timers.isEmpty)
        // It is told, and nothing follows from it.
        #expect(runner.deployment.health == .ready)
        #expect(runner.create("p", .background).rejection == nil)
    }

    @Test func concurrentRequestsShareOneQuestion() {
        let runner = Self.runner()
        let clients = (0..<3).map { _ in Self.ask(runner) }
        #expect(Self.questions(runner.worker) == 1)
        let gone = Self.ask(runner)
        runner.disconnect(gone)
        runner.say(runner.worker, .healthResult(.healthy))
        #expect(clients.allSatisfy { $0.report?.status == .ready })
        #expect(gone.answer == nil)
        _ = Self.ask(runner)
        #expect(Self.questions(runner.worker) == 2)
    }

    /// A check that takes its time holds up neither predictions nor cancels nor other requests.
    @Test func nothingWaitsForAnAnswer() {
        let runner = Self.runner(concurrency: 2)
        let worker = runner.worker
        let client = Self.ask(runner)
        let first = runner.create("a", .wait)
        let second = runner.create("b", .wait)
        runner.say(worker, worker.started("a"), worker.done("a"), worker.started("b"))
        #expect(first.document?["status"] == .string("succeeded"))
        #expect(runner.cancel("b") == .cancelRequested)
        runner.say(worker, worker.done("b", .canceled))
        #expect(second.document?["status"] == .string("canceled"))
        #expect(client.answer == nil)
        runner.say(worker, .healthResult(.healthy))
        #expect(client.report?.status == .ready)
    }

    @Test func busyOnesAreAskedToo() {
        let runner = Self.runner()
        runner.create("p", .background)
        let client = Self.ask(runner)
        runner.say(runner.worker, .healthResult(.healthy))
        #expect(client.report?.status == .busy)
        let unwell = Self.ask(runner)
        runner.say(runner.worker, .healthResult(.unhealthy(error: "no")))
        #expect(unwell.report?.status == .unhealthy, "which counts for more than busy")
    }

    @Test func anAnswerThatDoesNotCome() {
        let runner = Self.runner()
        let client = Self.ask(runner)
        runner.advance(10 * second)
        #expect(client.report?.status == .unhealthy)
        #expect(client.report?.complaint == "Healthcheck error: no answer from the worker within 10 seconds")
        // The question is still out: it is not asked once more, and the late answer is the answer.
        let next = Self.ask(runner)
        #expect(Self.questions(runner.worker) == 1)
        runner.say(runner.worker, .healthResult(.healthy))
        #expect(next.report?.status == .ready)
        _ = Self.ask(runner)
        #expect(Self.questions(runner.worker) == 2)
    }

    @Test func aLateAnswerNobodyWaitsFor() {
        let runner = Self.runner()
        _ = Self.ask(runner)
        runner.advance(10 * second)
        runner.say(runner.worker, .healthResult(.healthy))
        #expect(runner.deployment.health == .ready)
    }

    @Test func aWorkerThatDiesMeanwhile() {
        let runner = Self.runner()
        let client = Self.ask(runner)
        runner.exit(runner.worker)
        #expect(client.report?.status == .unhealthy)
        #expect(client.report?.complaint == "Healthcheck error: the worker ended before it answered")
        #expect(Self.ask(runner).report?.status == .unhealthy, "without asking anybody")
        #expect(!runner.timers.keys.contains(.healthCheck(DeploymentIndex(0))))
    }

    @Test func everyWorkerIsAsked() {
        let runner = Self.runner(workers: 2)
        let client = Self.ask(runner)
        runner.say(runner.workers[0], .healthResult(.unhealthy(error: "first")))
        #expect(client.answer == nil)
        runner.say(runner.workers[1], .healthResult(.healthy))
        #expect(client.report?.complaint == "first")
    }

    @Test func aHandlerWithoutACheck() {
        let runner = Self.runner(check: false)
        #expect(Self.ask(runner).report?.status == .ready)
        #expect(Self.questions(runner.worker) == 0)
        #expect(Self.ask(RecordingRunner()).report?.status == .starting)
    }

    @Test func whileTheServerStops() {
        let runner = Self.runner()
        let running = runner.create("p", .wait)
        let client = Self.ask(runner)
        runner.send(.stopRequested(.interrupt))
        runner.say(runner.worker, .healthResult(.healthy))
        #expect(client.report?.status == .busy)
        let last = Self.ask(runner)
        runner.say(runner.worker, runner.worker.started("p"), runner.worker.done("p"))
        #expect(running.answer != nil)
        #expect(last.report?.status == .unhealthy, "its worker was told to end")
        runner.exit(runner.worker, .exited(0))
        #expect(runner.exitCode == 0)
    }
}

extension ScriptedClient {
    fileprivate var report: HealthReport? {
        if case .health(let report) = answer { report } else { nil }
    }
}
