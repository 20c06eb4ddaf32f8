import Engine
import SSE
import Testing
import WireProtocol

/// What a worker prints is of the prediction that alone can have printed it, and of none otherwise.
@Suite("Engine: whose log is it")
struct LogAttributionTests {
    static func logs(_ id: String, _ runner: RecordingRunner) -> String? { runner.read(id)?["logs"]?.stringValue }

    static func workerLines(_ runner: RecordingRunner) -> [String] {
        runner.logs.filter { $0.source != nil }.map(\.message)
    }

    @Test func theOnlyRun() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"))
        runner.print(worker, "one\ntwo")
        runner.print(worker, " halves\n", .standardOutput)
        runner.print(worker, "error\n", .standardError)
        #expect(
            client.texts.dropFirst() == [
                #"{"data":"one\n","source":"stdout"}"#, #"{"data":"two halves\n","source":"stdout"}"#,
                #"{"data":"error\n","source":"stderr"}"#,
            ])
        #expect(Self.workerLines(runner) == [])
    }

    /// Operators see what is printed in runs, with the run that it is of; the server's log does not repeat it.
    @Test func operatorsSeeTheRunsToo() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        runner.create("p", .background)
        runner.say(worker, worker.started("p"))
        runner.print(worker, "one\ntwo\n")
        runner.say(worker, .log(slot: 0, sequence: 1, LogText(.standardError, Array("framed\n".utf8))))
        #expect(Self.workerLines(runner) == [])
        #expect(runner.operatorLogs.map(\.message) == ["one\ntwo\n", "framed\n"])
        #expect(runner.operatorLogs.map(\.source) == ["stdout", "stderr"])
        #expect(runner.operatorLogs.allSatisfy { $0.predictionID == "p" && $0.worker == 0 && $0.deployment != nil })
    }

    @Test func aLogFrameWithoutSlot() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        runner.say(worker, .log(slot: nil, sequence: 0, LogText(.standardError, Array("idle\n".utf8))))
        runner.create("p", .background)
        // It stands before `started` between the frames, so it was written before the run.
        runner.say(worker, .log(slot: nil, sequence: 0, LogText(.standardError, Array("still idle\n".utf8))))
        runner.say(worker, worker.started("p"))
        runner.say(worker, .log(slot: nil, sequence: 0, LogText(.standardError, Array("busy\n".utf8))))
        #expect(Self.workerLines(runner) == ["idle", "still idle"])
        #expect(Self.logs("p", runner) == "busy\n")
    }

    /// Printed before the run was given out, read after the request came: not this run's.
    @Test(arguments: ["before\n", "no end"])
    func whatWasPrintedBeforeTheRun(_ text: String) {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        worker.unreadLogs = [(.standardOutput, Array(text.utf8)), (.standardError, Array("too\n".utf8))]
        let client = runner.create("p")
        runner.say(worker, worker.started("p"))
        runner.print(worker, "mine\n")
        runner.say(worker, worker.done("p"))
        #expect(client.names == ["start", "log", "completed"])
        #expect(Self.logs("p", runner) == "mine\n")
        #expect(Set(Self.workerLines(runner)) == [text.filter { $0 != "\n" }, "too"])
    }

    /// The logs are read before the frame of the run leaves, in one action.
    @Test func aRunLeavesAfterTheLogsWereRead() {
        let runner = RecordingRunner.ready()
        let before = runner.actions.count
        runner.create("p", .background)
        let order = runner.actions[before...].compactMap { action in
            switch action {
            case .drainLogs: "drain"
            case .sendToWorker: "send"
            default: nil as String?
            }
        }
        #expect(order == ["drain", "send"])
    }

    /// With another run beside it, what was printed before is the other's, to its last piece without line end.
    @Test func whatWasPrintedBeforeASecondRun() {
        let runner = RecordingRunner.ready(concurrency: 2)
        let worker = runner.worker
        runner.create("a", .background)
        runner.say(worker, worker.started("a"))
        worker.unreadLogs = [(.standardOutput, Array("a's\nalso a's".utf8))]
        runner.create("b", .background)
        runner.print(worker, "whose\n")
        #expect(Self.logs("a", runner) == "a's\nalso a's")
        #expect(Self.logs("b", runner) == "")
        #expect(Self.workerLines(runner) == ["whose"])
    }

    /// One run ends and another begins in the same turn, in different slots: the readings for both stay in order.
    @Test func anEndAndABeginningInOneTurn() {
        let runner = RecordingRunner.ready(concurrency: 2)
        let worker = runner.worker
        runner.create("a", .background)
        runner.say(worker, worker.started("a"))
        worker.unreadLogs = [(.standardOutput, Array("a's\n".utf8))]
        let frames = worker.frame(worker.done("a"))
        frames.withUnsafeBytes { runner.engine.receive($0, from: worker.id, now: runner.now) }
        runner.send(.command(.create(RecordingRunner.request("b", .background)), runner.connect().id))
        #expect(Self.logs("a", runner) == "a's\n")
        #expect(Self.logs("b", runner) == "")
        runner.say(worker, worker.started("b"))
        runner.print(worker, "b's\n")
        #expect(Self.logs("b", runner) == "b's\n")
        #expect(runner.deployment.slots.freeCount == 1)
    }

    @Test func severalRuns() {
        let runner = RecordingRunner.ready(concurrency: 2)
        let worker = runner.worker
        runner.create("a", .background)
        runner.create("b", .background)
        runner.print(worker, "whose\n")
        #expect(Self.workerLines(runner) == ["whose"])
        runner.say(worker, worker.started("a"), worker.done("a"))
        runner.print(worker, "b's\n")
        #expect(Self.logs("a", runner) == "")
        #expect(Self.logs("b", runner) == "b's\n")
    }

    @Test func noRun() {
        let runner = RecordingRunner.ready()
        runner.print(runner.worker, "first\nsecond\n", .standardError)
        let lines = runner.logs.filter { $0.source != nil }
        #expect(lines.map(\.message) == ["first", "second"])
        #expect(lines.map(\.source) == ["stderr", "stderr"])
        #expect(lines.map(\.deployment) == ["echo", "echo"])
        #expect(lines.map(\.processID) == [101, 101])
    }

    @Test func duringSetUp() {
        let runner = RecordingRunner()
        runner.print(runner.worker, "loading weights\n")
        runner.print(runner.worker, "no end")
        runner.becomeReady(runner.worker)
        #expect(runner.deployment.setup.logs.contains("loading weights\nno end"))
        #expect(Self.workerLines(runner) == ["loading weights", "no end"])
    }

    /// What a fast set-up printed is still in the pipe when its last frame comes: it is of the set-up all the same.
    @Test(arguments: [true, false])
    func theLastWordsOfTheSetUp(succeeds: Bool) {
        let runner = RecordingRunner()
        let worker = runner.worker
        runner.say(worker, .hello(WorkerHello(worker: "w")))
        worker.unreadLogs = [(.standardOutput, Array("weights loaded\n".utf8))]
        let failure = SetupFailure(message: "no GPU", kind: "RuntimeError", traceback: "Traceback: line 1")
        runner.say(worker, succeeds ? .ready(RecordingRunner.manifest()) : .setupFailed(failure))
        let logs = runner.deployment.setup.logs
        #expect(
            logs
                == (succeeds
                    ? "weights loaded\n"
                    : "weights loaded\nTraceback: line 1\nworker setup failed: Setup failed: RuntimeError: no GPU\n"))
        #expect(runner.deployment.health == (succeeds ? .ready : .setupFailed))
    }

    /// Printed before the last frame, read after it: still this run's.
    @Test func whatWasPrintedBeforeTheEnd() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"))
        worker.unreadLogs = [(.standardOutput, Array("last words".utf8))]
        runner.say(worker, worker.output("p", "1"), worker.done("p"))
        #expect(client.names == ["start", "output", "log", "completed"])
        #expect(Self.logs("p", runner) == "last words")
    }

    /// A piece without line end is never continued by what another prints.
    @Test func aLineIsNotSharedByTwoRuns() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        runner.create("a", .background)
        runner.say(worker, worker.started("a"))
        runner.print(worker, "half of a")
        runner.say(worker, worker.done("a"))
        runner.print(worker, "half of none")
        runner.create("b", .background)
        runner.print(worker, "b\n")
        #expect(Self.logs("a", runner) == "half of a")
        #expect(Self.logs("b", runner) == "b\n")
        #expect(Self.workerLines(runner) == ["half of none"])
    }

    @Test func aSecondRunBegins() {
        let runner = RecordingRunner.ready(concurrency: 2)
        let worker = runner.worker
        runner.create("a", .background)
        runner.print(worker, "half of a")
        runner.create("b", .background)
        runner.print(worker, "whose\n")
        #expect(Self.logs("a", runner) == "half of a")
        #expect(Self.logs("b", runner) == "")
        #expect(Self.workerLines(runner) == ["whose"])
    }

    /// A run that was ended without its worker's word still prints: that is nobody's.
    @Test func anAbandonedRun() {
        let settings = EngineSettings.testing { $0.deployments = [.testing("echo") { $0.limits.output = 1 }] }
        let runner = RecordingRunner.ready(settings, concurrency: 2)
        let worker = runner.worker
        runner.create("a", .background)
        runner.say(worker, worker.started("a"), worker.output("a", "12"))
        runner.print(worker, "late a\n")
        #expect(Self.logs("a", runner) == "")
        runner.create("b", .background)
        runner.print(worker, "whose\n")
        #expect(Self.logs("b", runner) == "")
        runner.say(worker, worker.done("a", .canceled))
        runner.print(worker, "b\n")
        #expect(Self.logs("b", runner) == "b\n")
    }

    @Test func logFramesNeedNoGuess() {
        let runner = RecordingRunner.ready(concurrency: 2)
        let worker = runner.worker
        runner.create("a", .background)
        runner.create("b", .background)
        runner.say(worker, worker.started("a"), worker.started("b"))
        runner.say(worker, worker.log("a", "a\n"), worker.log("b", "b"), worker.log("b", "\n"))
        #expect(Self.logs("a", runner) == "a\n")
        #expect(Self.logs("b", runner) == "b\n")
    }
}
