import Engine
import SSE
import Testing
import WireProtocol

@Suite("Slot pool")
struct SlotPoolTests {
    static let workers: [WorkerID] = {
        var slab = Slab<Int>()
        return (0..<3).map { WorkerID(handle: slab.insert($0)) }
    }()

    @Test func slotsAreTakenAndGivenBack() {
        var pool = SlotPool()
        #expect(pool.take() == nil)
        pool.workerBecameReady(Self.workers[0], slots: 2)
        let first = pool.take()
        let second = pool.take()
        #expect(first == Slot(worker: Self.workers[0], number: 0))
        #expect(second == Slot(worker: Self.workers[0], number: 1))
        #expect(pool.take() == nil)
        #expect((pool.capacity, pool.busyCount, pool.freeCount) == (2, 2, 0))
        pool.giveBack(Slot(worker: Self.workers[0], number: 0))
        #expect(pool.take() == first)
    }

    @Test func aWorkerThatLeavesTakesItsSlotsAlong() {
        var pool = SlotPool()
        pool.workerBecameReady(Self.workers[0], slots: 1)
        pool.workerBecameReady(Self.workers[1], slots: 1)
        guard let slot = pool.take() else { return }
        pool.workerLeft(slot.worker)
        pool.workerLeft(slot.worker)
        #expect((pool.capacity, pool.busyCount, pool.freeCount) == (1, 0, 1))
        pool.giveBack(slot)
        #expect(pool.freeCount == 1)
        pool.workerLeft(Self.workers[2])
    }
}

@Suite("Engine: slots")
struct SlotTests {
    /// All ways for a run to end.
    static let endings: [(String, @Sendable (RecordingRunner) -> Void)] = [
        ("succeeded", { $0.say($0.worker, $0.worker.done("p")) }),
        ("failed", { $0.say($0.worker, $0.worker.done("p", .failed(RunFailure("x")))) }),
        ("canceled", { $0.say($0.worker, $0.worker.done("p", .canceled)) }),
        (
            "cancel",
            {
                _ = $0.cancel("p")
                _ = $0.cancel("p")
                $0.say($0.worker, $0.worker.done("p", .canceled))
            }
        ),
        (
            "output cap",
            {
                $0.say($0.worker, $0.worker.output("p", String(repeating: "1", count: 200)))
                $0.say($0.worker, $0.worker.done("p", .canceled))
            }
        ),
        (
            "bad file",
            {
                $0.say($0.worker, $0.worker.spilledOutput("p", path: "/spool/a", size: 1))
                $0.send(.spillFailed($0.worker.id, reason: "x"))
                $0.say($0.worker, $0.worker.done("p", .failed(RunFailure("x"))))
            }
        ),
        ("death", { $0.exit($0.worker) }),
        (
            "garbage",
            {
                $0.write($0.worker, Array(repeating: 0x41, count: 16))
                $0.exit($0.worker)
            }
        ),
        (
            "closed pipe",
            {
                $0.send(.workerOutputEnded($0.worker.id))
                $0.advance(2 * second)
                $0.exit($0.worker)
            }
        ),
        (
            "done and death in one turn",
            {
                let bytes = $0.worker.frame($0.worker.done("p"))
                let runner = $0
                bytes.withUnsafeBytes { runner.engine.receive($0, from: runner.worker.id, now: runner.now) }
                runner.exit(runner.worker)
            }
        ),
        (
            "done and garbage in one read",
            {
                $0.write($0.worker, $0.worker.frame($0.worker.done("p")) + Array(repeating: 0x41, count: 16))
                $0.exit($0.worker)
            }
        ),
    ]

    @Test(arguments: endings.indices, [AnswerForm.wait, .background, .stream(.cog), .stream(.typed)])
    func givenBackOnceHoweverItEnds(_ index: Int, _ form: AnswerForm) {
        let (name, end) = Self.endings[index]
        let settings = EngineSettings.testing { $0.deployments = [.testing("echo") { $0.limits.output = 100 }] }
        let runner = RecordingRunner.ready(settings, concurrency: 2)
        runner.create("p", form)
        runner.say(runner.worker, runner.worker.started("p"))
        end(runner)
        runner.advance(second)
        if runner.workers.count > 1 { runner.becomeReady(runner.worker, concurrency: 2) }
        let slots = runner.deployment.slots
        #expect((slots.capacity, slots.busyCount, slots.freeCount) == (2, 0, 2), "\(name)")
        #expect(runner.engine.activeCount == 0, "\(name)")
        for id in ["a", "b"] { #expect(runner.create(id, .background).rejection == nil, "\(name)") }
        #expect(runner.create("c").rejection == .atCapacity, "\(name)")
    }
}
