import Engine
import SSE
import Testing
import WireProtocol

/// C9: a cut is never success.
@Suite("Engine: workers that die")
struct WorkerExitTests {
    /// How far a run has come when its worker dies.
    enum Stage: String, CaseIterable, Sendable {
        case dispatched, started, afterOutput, afterLog, afterMetric, canceled

        /// The names of the events before the terminal one.
        var names: [String] {
            switch self {
            case .dispatched, .started, .canceled: ["start"]
            case .afterOutput: ["start", "output"]
            case .afterLog: ["start", "output", "log"]
            case .afterMetric: ["start", "output", "log", "metric"]
            }
        }
    }

    static func run(to stage: Stage, _ runner: RecordingRunner) {
        let worker = runner.worker
        guard stage != .dispatched else { return }
        runner.say(worker, worker.started("p"))
        if stage == .canceled { _ = runner.cancel("p") }
        if [.afterOutput, .afterLog, .afterMetric].contains(stage) {
            runner.say(worker, worker.output("p", #""last""#))
        }
        if [.afterLog, .afterMetric].contains(stage) { runner.say(worker, worker.log("p", "line\n")) }
        if stage == .afterMetric { runner.say(worker, worker.metric("p", "m", "1")) }
    }

    @Test(arguments: Stage.allCases, [ProcessStatus.exited(0), .exited(3), .signaled(9), .unknown])
    func atEachStage(_ stage: Stage, _ reason: ProcessStatus) {
        let runner = RecordingRunner.ready()
        let client = runner.create("p")
        Self.run(to: stage, runner)
        runner.exit(runner.worker, reason)
        #expect(client.names == stage.names + ["completed"])
        #expect(client.hasEnded)
        let end = client.data("completed")
        if stage == .canceled {
            #expect(end?["status"] == .string("canceled"))
        } else {
            #expect(end?["status"] == .string("failed"))
            #expect(end?["error"] == .string("Worker crashed: \(reason.text)"))
        }
        if stage.names.contains("output") { #expect(end?["output"] == .array([.string("last")])) }
        #expect(runner.worker.isReleased)
        #expect(runner.deployment.slots.capacity == 0)
        #expect(runner.deployment.health == .unhealthy)
        #expect(runner.create("q").rejection == .notReady(DeploymentIndex(0)))
    }

    /// The pipe may be cut at any byte: whole frames count, and the rest is nothing.
    @Test func insideAFrame() {
        let worker = RecordingRunner.ready().worker
        let frames = [worker.started("p"), worker.output("p", #""a""#), worker.output("p", #""b""#), worker.done("p")]
            .map { ScriptedWorker.wildFrame($0) }
        let borders = frames.reduce(into: [0]) { $0.append($0.last! + $1.count) }
        let bytes = frames.flatMap { $0 }
        for cut in 0...bytes.count {
            let runner = RecordingRunner.ready()
            let client = runner.create("p")
            runner.write(runner.worker, Array(bytes[..<cut]))
            runner.exit(runner.worker)
            let whole = borders.lastIndex { $0 <= cut } ?? 0
            let outputs = max(0, min(2, whole - 1))
            #expect(
                client.names == ["start"] + Array(repeating: "output", count: outputs) + ["completed"], "cut \(cut)")
            #expect(client.data("completed")?["status"] == .string(whole == 4 ? "succeeded" : "failed"), "cut \(cut)")
        }
    }

    @Test func everyFrameMayComeInAnyPieces() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p")
        let messages = [worker.started("p"), worker.output("p", "1"), worker.log("p", "x"), worker.done("p")]
        for byte in messages.flatMap({ worker.frame($0) }) { runner.write(worker, [byte]) }
        #expect(client.names == ["start", "output", "log", "completed"])
    }

    @Test func whatItPrintedBeforeItsEndIsThere() {
        let runner = RecordingRunner.ready()
        let client = runner.create("p")
        runner.say(runner.worker, runner.worker.started("p"))
        runner.worker.unreadLogs = [
            (.standardError, Array("Traceback\n".utf8)), (.standardOutput, Array("no end".utf8)),
        ]
        runner.exit(runner.worker)
        #expect(client.names == ["start", "log", "log", "completed"])
        #expect(client.data("completed")?["logs"] == .string("Traceback\nno end"))
    }

    @Test func eachRunAndEachReaderIsTold() {
        let runner = RecordingRunner.ready(concurrency: 3)
        let waiting = runner.create("a", .wait)
        runner.create("b", .background)
        let streaming = runner.create("c")
        let reader = runner.subscribe("b")
        let typed = runner.subscribe("a", .typed)
        runner.exit(runner.worker)
        #expect(waiting.document?["status"] == .string("failed"))
        #expect(streaming.data("completed")?["status"] == .string("failed"))
        #expect(reader.data("completed")?["status"] == .string("failed"))
        #expect(typed.data("")?["error"]?["code"] == .string("worker_exited"))
        #expect(runner.engine.activeCount == 0)
        #expect(runner.engine.readerCount == 0)
    }

    /// Whoever comes next is told to wait, and for nothing else.
    @Test func oneThatDiesIdle() {
        let runner = RecordingRunner.ready()
        runner.exit(runner.worker)
        for form in [AnswerForm.wait, .background, .stream(.cog)] {
            #expect(runner.create("p", form).rejection == .notReady(DeploymentIndex(0)))
        }
        #expect(runner.deployment.health == .unhealthy)
        runner.advance(second)
        runner.becomeReady(runner.worker)
        #expect(runner.create("p", .background).rejection == nil)
    }

    @Test func othersGoOn() {
        let runner = RecordingRunner.ready(.testing { $0.deployments = [.testing(workers: 2)] })
        let (first, second) = (runner.workers[0], runner.workers[1])
        let doomed = runner.create("a")
        let safe = runner.create("b")
        runner.exit(first)
        #expect(doomed.hasEnded)
        #expect(!safe.hasEnded)
        runner.say(second, second.started("b"), second.done("b"))
        #expect(safe.data("completed")?["status"] == .string("succeeded"))
        #expect(runner.deployment.slots.capacity == 1)
    }

    @Test func lateNewsOfTheDeadFallAway() {
        let runner = RecordingRunner.ready()
        let old = runner.worker
        runner.create("p", .background)
        let late = old.frame(old.started("p")) + old.frame(old.output("p", "1"))
        runner.exit(old)
        runner.write(old, late)
        runner.print(old, "late\n")
        for event in [
            Event.workerExited(old.id, WorkerEnding(.signaled(9))), .workerOutputEnded(old.id), .logsDrained(old.id),
            .spillLoaded(old.id, []), .spillFailed(old.id, reason: ""), .spillTooLarge(old.id),
            .workerSpawned(old.id, processID: 1), .workerSpawnFailed(old.id, reason: ""),
            .timerFired(.loadDeadline(old.id)), .timerFired(.stopStep(old.id)), .timerFired(.exitDeadline(old.id)),
        ] { runner.send(event) }
        #expect(runner.read("p")?["logs"] == .string(""))
        #expect(runner.workers.count == 1)
    }

    /// A worker that closes its pipe and lives on cannot end its runs any more.
    @Test func oneThatClosesItsPipe() {
        let runner = RecordingRunner.ready()
        let client = runner.create("p")
        runner.say(runner.worker, runner.worker.started("p"), runner.worker.output("p", "1"))
        runner.send(.workerOutputEnded(runner.worker.id))
        #expect(runner.create("q").rejection == .notReady(DeploymentIndex(0)), "nothing new for it")
        #expect(!client.hasEnded)
        runner.advance(2 * second)
        #expect(client.data("completed")?["status"] == .string("failed"))
        #expect(runner.worker.isDeathPipeClosed)
        runner.advance(5 * second)
        #expect(runner.worker.signals == [.terminate])
        runner.advance(5 * second)
        #expect(runner.worker.signals == [.terminate, .kill])
        runner.exit(runner.worker)
        #expect(runner.engine.activeCount == 0)
    }

    @Test func oneThatClosesItsPipeAndExits() {
        let runner = RecordingRunner.ready()
        let client = runner.create("p")
        runner.send(.workerOutputEnded(runner.worker.id))
        runner.exit(runner.worker, .exited(1))
        #expect(client.data("completed")?["error"] == .string("Worker crashed: exit status 1"))
        #expect(runner.timers.keys.contains { if case .exitDeadline = $0 { true } else { false } } == false)
    }
}
