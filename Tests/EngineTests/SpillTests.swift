import Engine
import SSE
import Testing
import WireProtocol

@Suite("Engine: payloads in files")
struct SpillTests {
    @Test func aLargeInputGoesByFile() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let input = "\"" + String(repeating: "x", count: 70_000) + "\""
        let client = runner.create("p", .wait, input: input)
        #expect(worker.requests.map(\.input.description) == [input])
        guard case .spilledPredict(let slot, let run, _) = worker.received.last else {
            Issue.record("\(String(describing: worker.received.last))")
            return
        }
        #expect(slot == 0 && run == 1)
        runner.say(worker, worker.started("p"), worker.done("p"))
        #expect(client.document?["status"] == .string("succeeded"))
        runner.create("q", .background, input: "1")
        #expect(worker.requests.count == 2)
    }

    @Test func aLargeOutputComesByFile() {
        let runner = RecordingRunner.ready(concurrency: 2)
        let worker = runner.worker
        let client = runner.create("p")
        let other = runner.create("q")
        runner.say(worker, worker.started("p"), worker.started("q"))
        runner.say(
            worker, worker.output("p", "1"), worker.spilledOutput("p", path: "/spool/a", size: 3),
            worker.output("p", "3"), worker.output("q", "4"))
        #expect(worker.wantedFile?.path == "/spool/a")
        #expect(worker.wantedFile?.size == 3)
        #expect(worker.isPaused)
        #expect(client.names == ["start", "output"])
        runner.say(worker, worker.output("p", "5"), worker.done("p"))
        runner.send(.spillLoaded(worker.id, Array("[2]".utf8)))
        #expect(!worker.isPaused)
        #expect(client.data("completed")?["output"].map { String(decoding: $0.bytes, as: UTF8.self) } == "[1,[2],3,5]")
        #expect(client.sequences == Array(1...6), "in the order of the frames")
        #expect(other.names == ["start", "output"])
    }

    @Test func severalInARow() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(
            worker, worker.started("p"), worker.spilledOutput("p", path: "/spool/a", size: 1),
            worker.spilledOutput("p", path: "/spool/b", size: 1), worker.output("p", "3"))
        runner.say(worker, worker.done("p"))
        #expect(worker.wantedFile?.path == "/spool/a")
        runner.send(.spillLoaded(worker.id, Array("1".utf8)))
        #expect(worker.wantedFile?.path == "/spool/b")
        #expect(worker.isPaused)
        runner.send(.spillLoaded(worker.id, Array("2".utf8)))
        #expect(client.data("completed")?["output"] == .array([.number("1"), .number("2"), .number("3")]))
    }

    @Test(
        arguments: [
            ([], ""), ([0x66], "Zg=="), ([0x66, 0x6F], "Zm8="), ([0x66, 0x6F, 0x6F], "Zm9v"),
            ([0x66, 0x6F, 0x6F, 0x62], "Zm9vYg=="), ([0xFF, 0xFE, 0xFD], "//79"),
        ] as [([UInt8], String)])
    func aFileBecomesADataURL(_ bytes: [UInt8], _ encoded: String) {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(
            worker, worker.started("p"), worker.fileOutput("p", path: "/spool/x", mime: "image/png"),
            worker.done("p", isCollected: false))
        #expect(worker.wantedFile?.size == nil)
        runner.send(.spillLoaded(worker.id, bytes))
        #expect(client.data("completed")?["output"] == .string("data:image/png;base64,\(encoded)"))
    }

    @Test func aFileThatCannotBeRead() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(
            worker, worker.started("p"), worker.spilledOutput("p", path: "/etc/passwd", size: 1),
            worker.output("p", "2"))
        runner.send(.spillFailed(worker.id, reason: "it is elsewhere"))
        #expect(client.data("completed")?["error"]?.stringValue?.contains("it is elsewhere") == true)
        #expect(worker.canceled == ["p"])
        #expect(worker.signals == [], "it fails the run, not the worker")
        runner.say(worker, worker.done("p", .canceled))
        #expect(runner.deployment.slots.freeCount == 1)
    }

    @Test func aFileThatIsTooLarge() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"), worker.spilledOutput("p", path: "/spool/a", size: 1 << 30))
        #expect(worker.wantedFile?.limit == 1 << 20)
        runner.send(.spillTooLarge(worker.id))
        #expect(client.data("completed")?["error"]?.stringValue?.contains("larger than 1048576 bytes") == true)
    }

    @Test(arguments: ["", "{", "1 2", "\u{0}"])
    func aFileThatIsNoJSON(_ text: String) {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(
            worker, worker.started("p"), worker.spilledOutput("p", path: "/spool/a", size: 1), worker.output("p", "2"))
        runner.send(.spillLoaded(worker.id, Array(text.utf8)))
        #expect(client.data("completed")?["status"] == .string("failed"))
        #expect(worker.signals == [.kill])
        #expect(worker.isPaused)
        #expect(client.names == ["start", "completed"])
    }

    /// The worker dies while its last output is still being read from a file: it was written before the death.
    @Test func deathDuringTheReading() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"), worker.spilledOutput("p", path: "/spool/a", size: 1))
        runner.say(worker, worker.output("p", "2"))
        runner.exit(worker)
        #expect(!client.hasEnded)
        runner.send(.spillLoaded(worker.id, Array("1".utf8)))
        #expect(client.data("completed")?["output"] == .array([.number("1"), .number("2")]))
        #expect(client.data("completed")?["status"] == .string("failed"))
        #expect(worker.isReleased)
        runner.advance(second)
        #expect(runner.workers.count == 2)
    }

    @Test func cancelDuringTheReading() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"), worker.spilledOutput("p", path: "/spool/a", size: 1))
        #expect(runner.cancel("p") == .cancelRequested)
        runner.say(worker, worker.done("p", .canceled))
        runner.send(.spillLoaded(worker.id, Array("1".utf8)))
        #expect(client.data("completed")?["status"] == .string("canceled"))
        #expect(client.data("completed")?["output"] == .array([.number("1")]))
    }

    @Test func aWorkerThatCannotSpillIsNotGivenFiles() {
        let runner = RecordingRunner.ready(capabilities: [])
        let worker = runner.worker
        let input = "\"" + String(repeating: "x", count: 70_000) + "\""
        runner.create("p", .background, input: input)
        guard case .predict = worker.received.last else {
            Issue.record("\(String(describing: worker.received.last))")
            return
        }
        runner.say(worker, worker.started("p"))
        runner.write(worker, ScriptedWorker.wildFrame(worker.spilledOutput("p", path: "/spool/a", size: 1)))
        #expect(worker.signals == [.kill])
        #expect(runner.read("p")?["error"]?.stringValue?.contains("notAgreed") == true)
    }
}
