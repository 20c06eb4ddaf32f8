import Engine
import SSE
import Testing
import WireProtocol

@Suite("Engine: workers that break the protocol")
struct ProtocolViolationTests {
    struct Violation: Sendable, CustomTestStringConvertible {
        let code: ProtocolError.Code
        let bytes: [UInt8]
        var testDescription: String { code.rawValue }

        init(_ code: ProtocolError.Code, _ bytes: [UInt8]) {
            self.code = code
            self.bytes = bytes
        }

        init(_ code: ProtocolError.Code, _ message: WorkerMessage) {
            self.init(code, ScriptedWorker.wildFrame(message))
        }
    }

    static func output(_ payload: [UInt8], slot: UInt16 = 0, sequence: UInt64 = 1) -> WorkerMessage {
        .output(slot: slot, sequence: sequence, RawJSON(unchecked: payload))
    }

    /// What a run in slot 0 of a worker with two slots may not be followed by after its `started`.
    static let violations = [
        Violation(.unknownType, Array("prints to the wrong place\n".utf8)),
        Violation(.payloadTooLong, [0xFF, 0xFF, 0xFF, 0xFF, 0x91, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
        Violation(.forbiddenFlag, [0, 0, 0, 0, 0x91, 0x40, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
        Violation(.wrongDirection, [0, 0, 0, 0, 0x20, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0]),
        Violation(.wrongPhase, .hello(WorkerHello(worker: "again"))),
        Violation(.wrongPhase, [0, 0, 0, 0, 0x90, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
        Violation(.wrongSequence, output(Array("1".utf8), sequence: 2)),
        Violation(.wrongSequence, output(Array("1".utf8), sequence: .max)),
        Violation(.wrongSlot, output(Array("1".utf8), slot: 2)),
        Violation(.wrongSlot, output(Array("1".utf8), slot: 0xFFFF)),
        Violation(.slotIdle, output(Array("1".utf8), slot: 1, sequence: 0)),
        Violation(.notAsked, .pong(nonce: 1)),
        Violation(.badPayload, output([])),
        Violation(.badPayload, output([0x22, 0xFF, 0x22])),
        Violation(.badPayload, .metric(slot: 0, sequence: 1, Metric(name: "", value: .null))),
    ]

    @Test(arguments: violations)
    func endsThatWorkerOnly(_ violation: Violation) {
        let runner = RecordingRunner.ready(.testing { $0.deployments = [.testing(workers: 2)] }, concurrency: 2)
        let (bad, good) = (runner.workers[0], runner.workers[1])
        let first = runner.create("p")
        let other = runner.create("q")
        #expect(bad.slots["p"] == 0 && good.slots["q"] == 0)
        runner.say(bad, bad.started("p"))
        runner.write(bad, violation.bytes)
        let end = first.data("completed")
        #expect(end?["status"] == .string("failed"))
        let error = end?["error"]?.stringValue ?? ""
        #expect(error.contains(violation.code.rawValue))
        #expect(error.contains("at byte "), "the offset is named: \(error)")
        #expect(bad.signals == [.kill])
        #expect(bad.isPaused)
        #expect(runner.logs.contains { $0.level == .error && $0.message.contains("at byte ") })
        #expect(runner.deployment.slots.capacity == 2)
        // It can say what it likes.
        runner.write(bad, violation.bytes)
        runner.exit(bad)
        #expect(!other.hasEnded)
        runner.say(good, good.started("q"), good.done("q"))
        #expect(other.data("completed")?["status"] == .string("succeeded"))
        runner.advance(second)
        #expect(runner.workers.count == 3, "another takes its place")
    }

    @Test func theOffsetIsThatOfTheBrokenFrame() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p", .wait)
        var offset = worker.frame(.heartbeat).count
        runner.write(worker, worker.frame(.heartbeat))
        // Hello and ready came before.
        offset += ScriptedWorker.wildFrame(.hello(WorkerHello(worker: "scripted/1", capabilities: ["spill"]))).count
        offset += ScriptedWorker.wildFrame(.ready(RecordingRunner.manifest())).count
        let started = worker.frame(worker.started("p"))
        runner.write(worker, started + Array(repeating: 0x41, count: 20))
        let error = client.document?["error"]?.stringValue ?? ""
        #expect(error.contains("unknownType at byte \(offset + started.count)"), "\(error)")
    }

    /// Whether the fault came in the same read makes no difference to a run that had ended before it.
    @Test(arguments: [true, false])
    func runsThatEndedBeforeTheFault(_ isInOneRead: Bool) {
        let runner = RecordingRunner.ready(concurrency: 2)
        let worker = runner.worker
        let ended = runner.create("a", .wait)
        let running = runner.create("b", .wait)
        runner.say(worker, worker.started("b"))
        let end = [worker.started("a"), worker.output("a", "1"), worker.done("a")].flatMap { worker.frame($0) }
        let garbage = [UInt8](repeating: 0, count: 16)
        for bytes in isInOneRead ? [end + garbage] : [end, garbage] { runner.write(worker, bytes) }
        #expect(ended.document?["status"] == .string("succeeded"))
        #expect(running.document?["status"] == .string("failed"))
    }

    @Test func duringSetUp() {
        let runner = RecordingRunner()
        let worker = runner.worker
        runner.write(worker, ScriptedWorker.wildFrame(.ready(RecordingRunner.manifest())))
        #expect(worker.signals == [.kill])
        #expect(runner.deployment.setup.status == .failed)
        runner.say(worker, .hello(WorkerHello(worker: "w")))
        #expect(worker.received.count == 1, "nothing is believed any more")
        runner.exit(worker)
        runner.advance(second)
        #expect(runner.workers.count == 2)
    }

    @Test func aVersionThatNobodySpeaks() {
        let runner = RecordingRunner()
        let hello = WorkerHello(version: ProtocolVersion(major: 9, minor: 0), worker: "w")
        runner.write(runner.worker, ScriptedWorker.wildFrame(.hello(hello)))
        #expect(runner.worker.signals == [.kill])
        #expect(runner.deployment.setup.logs.contains("9.0"))
    }

    @Test func readyAfterAFaultMakesNothingReady() {
        let runner = RecordingRunner()
        let worker = runner.worker
        runner.say(worker, .hello(WorkerHello(worker: "w")))
        runner.write(
            worker, ScriptedWorker.wildFrame(.pong(nonce: 1)) + worker.frame(.ready(RecordingRunner.manifest())))
        #expect(runner.deployment.slots.capacity == 0)
        runner.write(worker, ScriptedWorker.wildFrame(.ready(RecordingRunner.manifest())))
        #expect(runner.deployment.slots.capacity == 0)
    }
}
