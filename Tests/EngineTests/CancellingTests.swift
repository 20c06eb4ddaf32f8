import Engine
import SSE
import Testing
import WireProtocol

@Suite("Engine: cancelling")
struct CancellingTests {
    @Test(arguments: [AnswerForm.wait, .background, .stream(.cog)])
    func aRunningOne(_ form: AnswerForm) {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p", form)
        runner.say(worker, worker.started("p"), worker.output("p", "1"))
        #expect(runner.cancel("p") == .cancelRequested)
        #expect(runner.cancel("p") == .cancelRequested, "repeatable")
        #expect(worker.canceled == ["p"], "but told to the worker once")
        #expect(runner.deployment.slots.freeCount == 0, "busy until the worker has ended the run")
        #expect(runner.read("p")?["status"] == .string("processing"))
        runner.say(worker, worker.done("p", .canceled))
        #expect(runner.deployment.slots.freeCount == 1)
        #expect(runner.read("p")?["status"] == .string("canceled"))
        switch form {
        case .wait: #expect(client.document?["status"] == .string("canceled"))
        case .stream: #expect(client.data("completed")?["status"] == .string("canceled"))
        case .background: break
        }
        #expect(runner.cancel("p") == .rejected(.nothingToCancel))
        #expect(worker.canceled == ["p"])
    }

    @Test(arguments: [
        (RunOutcome.succeeded, "canceled"), (.canceled, "canceled"), (.failed(RunFailure("boom")), "failed"),
    ])
    func whateverTheModelAnswers(_ outcome: RunOutcome, _ status: String) {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p", .wait)
        runner.say(worker, worker.started("p"), worker.output("p", "1"))
        _ = runner.cancel("p")
        runner.say(worker, worker.output("p", "2"), worker.done("p", outcome))
        #expect(client.document?["status"] == .string(status))
        #expect(client.document?["output"] == .array([.number("1"), .number("2")]))
    }

    /// What the text of an error says is no status.
    @Test func aFailureThatSpeaksOfCancelling() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p", .wait)
        let failure = RunFailure("ValueError: connection was cancelled by peer", kind: "ValueError")
        runner.say(worker, worker.started("p"), worker.done("p", .failed(failure)))
        #expect(client.document?["status"] == .string("failed"))
        #expect(client.document?["error"] == .string(failure.error))
    }

    @Test func beforeItHasStarted() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p")
        #expect(runner.cancel("p") == .cancelRequested)
        runner.say(worker, worker.done("p", .canceled))
        #expect(client.names == ["start", "completed"])
    }

    @Test func finishedAndUnknownOnes() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        runner.create("p", .background)
        runner.say(worker, worker.started("p"), worker.done("p"))
        #expect(runner.cancel("p") == .rejected(.nothingToCancel))
        #expect(runner.cancel("never") == .rejected(.nothingToCancel))
        #expect(runner.engine.pendingCancellationCount == 1, "a finished one is not remembered")
    }

    /// C8: a cancel that was faster than its prediction.
    @Test(arguments: [AnswerForm.wait, .background, .stream(.cog)])
    func beforeItIsCreated(_ form: AnswerForm) {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        #expect(runner.cancel("p") == .rejected(.nothingToCancel))
        let client = runner.create("p", form)
        #expect(worker.requests.isEmpty, "the worker never hears of it")
        #expect(runner.deployment.slots.freeCount == 1)
        #expect(runner.read("p")?["status"] == .string("canceled"))
        switch form {
        case .wait: #expect(client.document?["status"] == .string("canceled"))
        case .stream: #expect(client.names == ["start", "completed"] && client.hasEnded)
        case .background: #expect(client.answer == .accepted(RecordingRunner.id("p")))
        }
        // It was meant once.
        runner.create("p", .background, put: true)
        #expect(worker.requests.count == 1)
    }

    @Test func aPendingOneNeedsNoSlot() {
        let runner = RecordingRunner.ready()
        runner.create("busy", .background)
        _ = runner.cancel("p")
        #expect(runner.create("p", .wait).document?["status"] == .string("canceled"))
    }

    @Test func aRefusedCreateLeavesItPending() {
        let runner = RecordingRunner()
        _ = runner.cancel("p")
        #expect(runner.create("p").rejection == .notReady(DeploymentIndex(0)))
        runner.becomeReady(runner.worker)
        #expect(runner.create("p", .wait).document?["status"] == .string("canceled"))
    }

    @Test func pendingOnesAge() {
        let runner = RecordingRunner.ready()
        _ = runner.cancel("p")
        runner.advance(60 * second)
        #expect(runner.engine.pendingCancellationCount == 0)
        runner.create("p", .background)
        #expect(runner.worker.requests.count == 1)
        #expect(runner.timers[.pendingCancellations] == nil)
    }

    @Test func aFloodOfUnknownIds() {
        let runner = RecordingRunner.ready()
        let client = runner.connect()
        for number in 0..<100_000 {
            let id = RecordingRunner.id("unknown-\(number)")
            runner.engine.handle(.command(.cancel(id), client.id), now: runner.now)
            if number % 100 == 0 { runner.engine.actions.removeAll() }
        }
        #expect(runner.engine.pendingCancellationCount == 1_000)
        #expect(runner.create("unknown-99000", .wait).document?["status"] == .string("canceled"))
        runner.create("unknown-98999", .background)
        #expect(runner.worker.requests.map(\.id) == ["unknown-98999"], "the oldest leave first")
    }

    @Test func aDroppedOneIsLogged() {
        let runner = RecordingRunner.ready(.testing { $0.pendingCancellations.count = 2 })
        for id in ["a", "b", "c"] { _ = runner.cancel(id) }
        let warnings = runner.logs.filter { $0.level == .warning }
        #expect(warnings.map(\.predictionID) == ["a"])
        #expect(warnings[0].message.contains("more than 2"))
    }

    /// The run's last frame was read, its logs were not yet: the cancel must not reach a worker that knows no such run.
    @Test func betweenTheLastFrameAndTheEnd() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        runner.holdsLogDrains = true
        let client = runner.create("p", .wait)
        runner.say(worker, worker.started("p"), worker.done("p"))
        #expect(client.answer == nil)
        #expect(runner.cancel("p") == .cancelRequested)
        #expect(worker.canceled == [])
        runner.releaseLogDrains()
        #expect(client.document?["status"] == .string("canceled"))
        #expect(runner.deployment.slots.freeCount == 1)
    }
}
