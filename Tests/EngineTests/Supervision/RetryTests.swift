import Engine
import SSE
import Testing
import WireProtocol

@Suite("Engine: runs that are begun again")
struct RetryTests {
    /// Deployments of so many workers, all ready.
    static func start(
        workers: Int = 2, concurrency: Int = 1, _ change: (inout RetrySettings) -> Void = { _ in }
    ) -> RecordingRunner {
        var retry = RetrySettings()
        change(&retry)
        let settings = EngineSettings.testing {
            $0.deployments = [
                .testing(workers: workers) {
                    $0.supervision.retry = retry
                    $0.supervision.restart.maximumFailures = 100
                }
            ]
            $0.loads.host = workers
        }
        return RecordingRunner.ready(settings, concurrency: concurrency)
    }

    /// The longest first back-off is over.
    static let backoff = second / 4

    /// The living worker that was given the prediction last.
    static func holder(of id: String, _ runner: RecordingRunner) -> ScriptedWorker? {
        runner.workers.last { !$0.isReleased && $0.slots[id] != nil }
    }

    // MARK: What stays

    @Test func itKeepsItsIdItsReadersItsContextAndItsHistory() throws {
        let runner = Self.start()
        var request = RecordingRunner.request("p", .stream(.events), input: #"{"a":1}"#)
        request.context = Array(#"{"trace":"t"}"#.utf8)
        let client = runner.perform(.create(request))
        let first = try #require(Self.holder(of: "p", runner))
        runner.exit(first)
        #expect(client.isOpen)
        #expect(runner.read("p")?["status"] == .string("starting"))
        #expect(runner.engine.statusReport().deployments[0].waiting == 1)
        runner.advance(Self.backoff)
        let second = try #require(Self.holder(of: "p", runner))
        #expect(second.id != first.id)
        #expect(second.requests.map(\.id) == ["p"])
        #expect(second.requests.map(\.input) == first.requests.map(\.input))
        #expect(second.requests.map(\.context) == first.requests.map(\.context))
        runner.say(second, second.started("p"), second.output("p", "1"), second.done("p"))
        #expect(client.names == ["start", "log", "output", "completed"])
        #expect(client.sequences == [0, 1, 2, 3].map { $0 + (client.sequences.first ?? 0) })
        #expect(client.data("completed")?["status"] == .string("succeeded"))
        #expect(runner.engine.activeCount == 0)
        #expect(runner.engine.statusReport().deployments[0].waiting == 0)
        #expect(runner.logs.contains { $0.predictionID == "p" && $0.message.contains("begun again") })
        #expect(!runner.timers.keys.contains(.retry(DeploymentIndex(0))))
    }

    @Test func aClientThatWaitsGetsTheEndOfTheSecondRun() throws {
        let runner = Self.start()
        let client = runner.create("p", .wait)
        runner.exit(try #require(Self.holder(of: "p", runner)))
        #expect(client.answer == nil)
        runner.advance(Self.backoff)
        let worker = try #require(Self.holder(of: "p", runner))
        runner.say(worker, worker.started("p"), worker.done("p"))
        #expect(client.document?["status"] == .string("succeeded"))
    }

    // MARK: When

    enum Progress: CaseIterable { case dispatched, started, logged, hasOutput }

    @Test(arguments: RetrySettings.Window.allCases, Progress.allCases)
    func theWindow(window: RetrySettings.Window, progress: Progress) throws {
        let runner = Self.start { $0.window = window }
        let client = runner.create("p")
        let worker = try #require(Self.holder(of: "p", runner))
        if progress != .dispatched { runner.say(worker, worker.started("p")) }
        if progress == .logged { runner.say(worker, worker.log("p", "x\n")) }
        if progress == .hasOutput { runner.say(worker, worker.output("p", "1")) }
        runner.exit(worker)
        let isRunAgain =
            switch window {
            case .never: false
            case .beforeStart: progress == .dispatched
            case .beforeFirstOutput: progress != .hasOutput
            }
        #expect(client.hasEnded != isRunAgain)
        if !isRunAgain { #expect(client.data("completed")?["error"] == .string("Worker crashed: signal 9 (SIGKILL)")) }
        runner.advance(Self.backoff)
        #expect(runner.workers.flatMap(\.requests).count == (isRunAgain ? 2 : 1))
        guard isRunAgain, let second = Self.holder(of: "p", runner) else { return }
        runner.say(second, second.started("p"), second.output("p", "2"), second.done("p"))
        #expect(client.data("completed")?["output"] == .array([.number("2")]))
    }

    @Test func aPoisonousInputTakesNoMoreWorkersThanItHasAttempts() throws {
        let runner = Self.start(workers: 4) { $0.attempts = 3 }
        let client = runner.create("p")
        for _ in 0..<3 {
            #expect(!client.hasEnded)
            runner.exit(try #require(Self.holder(of: "p", runner)), .signaled(11))
            runner.advance(second)
        }
        #expect(client.data("completed")?["error"] == .string("Worker crashed: signal 11 (SIGSEGV)"))
    }

    @Test func aKillForWantOfMemoryIsNotRisked() throws {
        let runner = Self.start()
        let client = runner.create("p")
        runner.exit(try #require(Self.holder(of: "p", runner)), wasOutOfMemory: true)
        #expect(client.data("completed")?["error"] == .string("Worker ran out of memory: signal 9 (SIGKILL)"))
    }

    @Test func brokenFramingBeforeTheStart() throws {
        let runner = Self.start()
        let client = runner.create("p")
        let worker = try #require(Self.holder(of: "p", runner))
        runner.write(worker, Array(repeating: 0xFF, count: 40))
        #expect(worker.signals == [.kill])
        #expect(!client.hasEnded)
        runner.advance(Self.backoff)
        #expect(Self.holder(of: "p", runner)?.id != worker.id, "not by the one that is being killed")
        runner.exit(worker)
        #expect(!client.hasEnded)
    }

    @Test func theWorkerSaysThatAnotherTryMayDoBetter() throws {
        let runner = Self.start()
        let client = runner.create("p")
        let worker = try #require(Self.holder(of: "p", runner))
        runner.say(worker, worker.done("p", .failed(RunFailure("no device", isRetryable: true))))
        #expect(!client.hasEnded)
        #expect(runner.deployment.slots.freeCount == 2)
        runner.advance(Self.backoff)
        let second = try #require(runner.workers.first { $0.requests.map(\.id) == ["p"] && $0.id != worker.id })
        runner.say(second, second.done("p", .failed(RunFailure("no device either", isRetryable: true))))
        #expect(client.data("completed")?["error"] == .string("no device either"))
    }

    // MARK: Order and budget

    @Test func inTheOrderInWhichTheyFirstCame() throws {
        let runner = Self.start(workers: 2)
        runner.create("p1", .background)
        runner.create("p2", .background)
        let first = try #require(Self.holder(of: "p1", runner))
        runner.exit(try #require(Self.holder(of: "p2", runner)))
        runner.exit(first)
        // Nobody is ready before both back-offs are over.
        runner.advance(2 * second)
        let living = runner.workers.filter { !$0.isReleased }
        #expect(living.count == 2)
        runner.becomeReady(living[0])
        #expect(living[0].requests.map(\.id) == ["p1"])
        #expect(runner.create("late").rejection == .atCapacity)
        runner.say(living[0], living[0].started("p1"), living[0].done("p1"))
        #expect(living[0].requests.map(\.id) == ["p1", "p2"])
        #expect(runner.create("late").rejection == .atCapacity)
        runner.becomeReady(living[1])
        #expect(runner.create("late").rejection == nil)
    }

    @Test func anotherPlaceIsPreferred() throws {
        let runner = Self.start(workers: 2)
        runner.create("p", .background)
        let worker = try #require(Self.holder(of: "p", runner))
        runner.say(worker, worker.done("p", .failed(RunFailure("no", isRetryable: true))))
        runner.advance(Self.backoff)
        #expect(runner.workers.first { $0.id != worker.id }?.requests.map(\.id) == ["p"])
    }

    @Test func theBudgetBoundsHowManyAndTheOthersEndAtOnce() {
        let runner = Self.start(workers: 10, concurrency: 10) { $0.budgetBurst = 5 }
        let clients = (0..<100).map { runner.create("p\($0)", .wait) }
        for worker in runner.workers { runner.exit(worker) }
        #expect(clients.count { $0.answer == nil } == 5)
        #expect(runner.engine.activeCount == 5)
        #expect(runner.logs.count { $0.message.contains("budget") } == 95)
    }

    // MARK: Leaving the line

    /// One that waits, since its only worker has died.
    private static func waiting(_ form: AnswerForm = .stream(.cog)) -> (RecordingRunner, ScriptedClient) {
        let runner = start(workers: 1)
        let client = runner.create("p", form)
        runner.exit(runner.worker)
        return (runner, client)
    }

    private static func checkThatNobodyWaits(_ runner: RecordingRunner) {
        #expect(runner.engine.activeCount == 0)
        #expect(runner.engine.statusReport().deployments[0].waiting == 0)
        #expect(!runner.timers.keys.contains(.retry(DeploymentIndex(0))))
    }

    @Test func aCancelEndsItAtOnce() {
        let (runner, client) = Self.waiting()
        #expect(runner.cancel("p") == .cancelRequested)
        #expect(client.data("completed")?["status"] == .string("canceled"))
        Self.checkThatNobodyWaits(runner)
    }

    @Test(arguments: [AnswerForm.wait, .stream(.cog), .stream(.typed)], [0, 1_000])
    func soDoesAClientThatLeaves(form: AnswerForm, kept: Int) {
        let settings = EngineSettings.testing {
            $0.deployments[0].supervision.retry.window = .beforeStart
            $0.retention.count = kept
        }
        let runner = RecordingRunner.ready(settings)
        let client = runner.create("p", form)
        runner.exit(runner.worker)
        #expect(runner.engine.activeCount == 1)
        runner.disconnect(client)
        runner.advance(0)
        Self.checkThatNobodyWaits(runner)
    }

    @Test func patienceEnds() {
        let (runner, client) = Self.waiting()
        // Nobody becomes ready.
        runner.advance(60 * second - 1)
        #expect(!client.hasEnded)
        runner.advance(Self.backoff)
        #expect(client.data("completed")?["error"] == .string("Worker crashed: signal 9 (SIGKILL)"))
        Self.checkThatNobodyWaits(runner)
    }

    @Test(arguments: [StopReason.interrupt, .terminate])
    func theDrain(reason: StopReason) {
        let (runner, client) = Self.waiting()
        runner.send(.stopRequested(reason))
        if reason == .terminate {
            #expect(!client.hasEnded, "as long as predictions are accepted")
            runner.advance(10 * second)
        }
        #expect(client.data("completed")?["error"] == .string("Worker crashed: signal 9 (SIGKILL)"))
        Self.checkThatNobodyWaits(runner)
    }

    @Test(arguments: [AdminCommand.Verb.stop, .drain])
    func anOperator(verb: AdminCommand.Verb) {
        let (runner, client) = Self.waiting()
        runner.perform(.administer(AdminCommand(verb, deployment: DeploymentIndex(0), waits: false)))
        #expect(client.data("completed")?["error"] == .string("Worker crashed: signal 9 (SIGKILL)"))
        Self.checkThatNobodyWaits(runner)
    }

    @Test func theDeploymentFails() {
        let (runner, client) = Self.waiting()
        runner.advance(second)
        runner.exit(runner.worker, .exited(78))
        #expect(runner.deployment.hasFailed)
        #expect(client.data("completed")?["error"] == .string("Worker crashed: signal 9 (SIGKILL)"))
        Self.checkThatNobodyWaits(runner)
    }

    @Test func nobodyIsToFollow() throws {
        let settings = EngineSettings.testing {
            $0.deployments = [
                .testing(workers: 2) {
                    $0.supervision.restart.policy = .never
                    $0.supervision.retry.window = .beforeStart
                }
            ]
        }
        let runner = RecordingRunner.ready(settings)
        let client = runner.create("p")
        runner.exit(try #require(Self.holder(of: "p", runner)))
        #expect(!client.hasEnded)
        runner.exit(try #require(runner.workers.first { !$0.isReleased }))
        #expect(client.hasEnded)
        Self.checkThatNobodyWaits(runner)
    }
}
