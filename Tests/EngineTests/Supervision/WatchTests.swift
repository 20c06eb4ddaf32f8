import Engine
import Testing
import WireProtocol

@Suite("Engine: workers that are looked at")
struct WatchTests {
    private static let beating = [Capability.spill, Capability.heartbeat]

    private static func start(
        concurrency: Int = 1, capabilities: [String] = beating, _ change: (inout SupervisionSettings) -> Void = { _ in }
    ) -> RecordingRunner {
        RecordingRunner.ready(
            .testing { $0.deployments = [.testing(workers: 1) { change(&$0.supervision) }] }, concurrency: concurrency,
            capabilities: capabilities)
    }

    private static func failures(_ runner: RecordingRunner) -> [String] {
        runner.logs.map(\.message).filter { $0.hasPrefix("prediction failed") }
    }

    // MARK: Heartbeats

    @Test func aSilentWorkerIsAskedForItsStacksAndKilled() {
        let runner = Self.start { $0.retry.window = .beforeStart }
        let worker = runner.worker
        let client = runner.create("p")
        runner.advance(30 * second - 1)
        #expect(worker.signals.isEmpty)
        runner.advance(1)
        #expect(worker.signals == [.dumpStacks])
        #expect(runner.engine.statusReport().deployments[0].workers[0].state == .unresponsive)
        #expect(runner.create("q").rejection == .notReady(DeploymentIndex(0)), "it gets nothing new")
        runner.advance(3 * second - 1)
        #expect(worker.signals == [.dumpStacks])
        runner.print(worker, "stack of the main thread\n", .standardError)
        runner.advance(1)
        #expect(worker.signals == [.dumpStacks, .kill])
        #expect(!client.hasEnded)
        runner.exit(worker)
        #expect(
            client.data("completed")?["error"]
                == .string("Worker was unresponsive: it gave no sign of life for 30 s; signal 9 (SIGKILL)"))
        #expect(Self.failures(runner) == ["prediction failed: worker_unresponsive"], "and is not run again")
        let record = runner.engine.statusReport().deployments[0].exits.last
        #expect(record?.reason == .watchdog)
        #expect(record?.logTail.contains("stack of the main thread") == true)
    }

    @Test func anyFrameIsASignOfLife() {
        let runner = Self.start()
        let worker = runner.worker
        runner.create("p", .background)
        runner.say(worker, worker.started("p"))
        for _ in 0..<10 {
            runner.advance(20 * second)
            runner.say(worker, .heartbeat)
            runner.advance(20 * second)
            runner.say(worker, worker.output("p", "1"))
        }
        #expect(worker.signals.isEmpty)
    }

    @Test func whoDoesNotBeatIsNotExpectedTo() {
        let runner = Self.start(capabilities: [Capability.spill])
        runner.advance(1_000 * second)
        #expect(runner.worker.signals.isEmpty)
        let off = Self.start { $0.watchdog.interval = 0 }
        off.advance(1_000 * second)
        #expect(off.worker.signals.isEmpty)
        #expect(off.timers.isEmpty, "nothing is to be looked at")
    }

    @Test func notWhileItLoads() {
        let runner = RecordingRunner(.testing())
        runner.say(runner.worker, .hello(WorkerHello(worker: "scripted/1", capabilities: Self.beating)))
        runner.advance(500 * second)
        #expect(runner.worker.signals.isEmpty)
    }

    @Test func processorTimeSpeaksForAWorkerWhereItIsTrusted() {
        let runner = Self.start { $0.watchdog.trustsProcessorTime = true }
        let worker = runner.worker
        var (used, answered) = (UInt64(0), 0)
        /// It is silent for so many seconds, and uses so much of one core.
        func pass(_ seconds: Int, using part: UInt64) {
            for _ in 0..<seconds {
                runner.advance(second)
                used += part
                guard answered < runner.sampled.count else { continue }
                answered = runner.sampled.count
                runner.send(.workersSampled([ResourceSample(worker: worker.id, residentBytes: 1, processorTime: used)]))
            }
        }
        pass(300, using: second / 2)
        #expect(answered > 10)
        #expect(worker.signals.isEmpty)
        pass(45, using: 0)
        #expect(worker.signals == [.dumpStacks, .kill])
    }

    @Test func whatIsLeftUnreadIsNotItsSilence() {
        let runner = Self.start { $0.watchdog.stallTimeout = 10 * second }
        let worker = runner.worker
        runner.create("p", .background)
        runner.say(worker, worker.started("p"), worker.spilledOutput("p", path: "/spool/a", size: 1))
        runner.advance(300 * second)
        #expect(worker.signals.isEmpty)
        runner.send(.spillLoaded(worker.id, Array("1".utf8)))
        runner.advance(9 * second)
        #expect(worker.signals.isEmpty)
        runner.advance(5 * second)
        #expect(worker.signals.first == .dumpStacks)
    }

    @Test func aSupervisorThatWasHeldUpBlamesNobody() {
        let runner = Self.start()
        runner.advance(8 * second)
        runner.skip(300 * second)
        runner.advance(10 * second)
        #expect(runner.worker.signals.isEmpty)
        runner.advance(30 * second)
        #expect(runner.worker.signals.contains(.dumpStacks))
    }

    // MARK: Runs

    @Test func aRunThatSaysNothingIsStalledHoweverWellItsWorkerBeats() {
        let runner = Self.start(concurrency: 2) { $0.watchdog.stallTimeout = 60 * second }
        let worker = runner.worker
        let silent = runner.create("silent")
        let busy = runner.create("busy")
        runner.say(worker, worker.started("silent"), worker.started("busy"))
        for _ in 0..<11 {
            runner.advance(5 * second)
            runner.say(worker, .heartbeat, worker.metric("busy", "m", "1"))
        }
        #expect(worker.signals.isEmpty)
        runner.advance(20 * second)
        #expect(worker.signals == [.dumpStacks, .kill])
        runner.exit(worker)
        #expect(
            silent.data("completed")?["error"]
                == .string(
                    "The prediction stalled: prediction silent gave no sign of life for 60 s; signal 9 (SIGKILL)"))
        #expect(busy.hasEnded)
        #expect(
            Set(Self.failures(runner)) == ["prediction failed: stalled", "prediction failed: worker_unresponsive"])
    }

    @Test(arguments: ["output", "log", "metric"])
    func eachFrameOfARunBeginsItsTimeAnew(kind: String) {
        let runner = Self.start(capabilities: []) { $0.watchdog.stallTimeout = 10 * second }
        let worker = runner.worker
        runner.create("p", .background)
        runner.say(worker, worker.started("p"))
        for _ in 0..<20 {
            runner.advance(9 * second)
            switch kind {
            case "output": runner.say(worker, worker.output("p", "1"))
            case "log": runner.say(worker, worker.log("p", "x\n"))
            default: runner.say(worker, worker.metric("p", "m", "1"))
            }
        }
        #expect(worker.signals.isEmpty)
        runner.advance(13 * second)
        #expect(worker.signals.first == .dumpStacks)
    }

    @Test func aRunThatWaitsForAnUploadIsNotStalled() {
        let runner = RecordingRunner.ready(
            .testing {
                $0.deployments = [.testing(workers: 1) { $0.supervision.watchdog.stallTimeout = 10 * second }]
                $0.delivery.uploadURL = DeliveryURL("https://store.example/")
            }, capabilities: [Capability.spill, Capability.upload])
        let worker = runner.worker
        runner.create("p", .background)
        runner.say(worker, worker.started("p"), worker.upload("p", 0, path: "/spool/f"))
        runner.advance(100 * second)
        #expect(worker.signals.isEmpty)
        runner.answer()
        runner.advance(15 * second)
        #expect(worker.signals.first == .dumpStacks)
    }

    // MARK: Memory

    private static func sample(_ runner: RecordingRunner, _ resident: UInt64) {
        runner.send(
            .workersSampled([ResourceSample(worker: runner.worker.id, residentBytes: resident, processorTime: 1)]))
    }

    @Test func memoryIsAskedForOnlyWhereALimitNeedsIt() {
        let without = Self.start()
        without.say(without.worker, .heartbeat)
        without.advance(29 * second)
        #expect(without.sampled.isEmpty)
        let limited = Self.start { $0.recycle.softMemory = 1 }
        limited.advance(21 * second)
        #expect(limited.sampled.count == 4)
    }

    @Test func aWorkerOverItsHardLimitIsEnded() {
        let runner = Self.start { $0.recycle.hardMemory = 100 << 20 }
        let worker = runner.worker
        let client = runner.create("p")
        Self.sample(runner, 100 << 20)
        #expect(worker.signals.isEmpty)
        Self.sample(runner, 101 << 20)
        #expect(worker.signals == [.terminate])
        runner.advance(10 * second)
        #expect(worker.signals == [.terminate, .kill])
        runner.exit(worker)
        #expect(runner.engine.statusReport().deployments[0].exits.last?.reason == .memory)
        #expect(
            client.data("completed")?["error"]
                == .string(
                    "Worker was ended: it uses 101 MiB, more than the 100 MiB of its memory limit; "
                        + "signal 9 (SIGKILL)"))
    }

    @Test func aWorkerOverItsSoftLimitIsReplacedAfterItsRuns() {
        let runner = Self.start { $0.recycle.softMemory = 100 << 20 }
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"))
        Self.sample(runner, 200 << 20)
        #expect(runner.workers.count == 2)
        runner.becomeReady(runner.worker, capabilities: Self.beating)
        #expect(!worker.isShuttingDown, "it still has a run")
        runner.say(worker, worker.done("p"))
        #expect(client.data("completed")?["status"] == .string("succeeded"))
        #expect(worker.isShuttingDown)
        runner.exit(worker, .exited(0))
        #expect(runner.engine.statusReport().deployments[0].exits.last?.reason == .recycle)
        #expect(runner.workers.count == 2)
    }
}
