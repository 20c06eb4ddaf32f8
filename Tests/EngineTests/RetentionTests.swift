import Engine
import SSE
import Testing
import WireProtocol

@Suite("Engine: retention")
struct RetentionTests {
    static func finish(_ id: String, _ runner: RecordingRunner, output: String = "1") {
        let worker = runner.worker
        runner.create(id, .background)
        runner.say(worker, worker.started(id), worker.output(id, output), worker.done(id))
    }

    static func retaining(age: UInt64 = 300 * second, count: Int = 1_000, bytes: Int = 1 << 30) -> RecordingRunner {
        RecordingRunner.ready(
            .testing { $0.retention = PredictionRegistry.Retention(age: age, count: count, bytes: bytes) })
    }

    @Test func byAge() {
        let runner = Self.retaining()
        Self.finish("a", runner)
        runner.advance(100 * second)
        Self.finish("b", runner)
        runner.advance(200 * second - 1)
        #expect(runner.read("a") != nil)
        runner.advance(1)
        #expect(runner.read("a") == nil)
        #expect(runner.read("b") != nil)
        runner.advance(100 * second)
        #expect(runner.read("b") == nil)
        #expect(runner.engine.predictionCount == 0)
        #expect(runner.timers[.retention] == nil)
    }

    @Test func byCount() {
        let runner = Self.retaining(count: 3)
        for number in 1...5 { Self.finish("p\(number)", runner) }
        #expect((1...5).filter { runner.read("p\($0)") != nil } == [3, 4, 5])
    }

    @Test func byBytes() {
        let runner = Self.retaining(bytes: 100_000)
        for number in 1...5 {
            Self.finish("p\(number)", runner, output: "\"" + String(repeating: "x", count: 10_000) + "\"")
        }
        let kept = (1...5).filter { runner.read("p\($0)") != nil }
        #expect(kept.last == 5 && kept.count < 5 && !kept.isEmpty, "\(kept)")
        Self.finish("large", runner, output: "\"" + String(repeating: "x", count: 200_000) + "\"")
        #expect(runner.engine.predictionCount == 0, "what is larger than all that may be kept is not kept")
    }

    @Test func runningOnesStay() {
        let runner = Self.retaining(age: 0, count: 0)
        runner.create("p", .background)
        runner.advance(1_000 * second)
        #expect(runner.read("p") != nil)
        let worker = runner.worker
        runner.say(worker, worker.started("p"), worker.done("p"))
        #expect(runner.read("p") == nil)
    }

    /// With nothing retained at all, everybody who is there still gets the end.
    @Test func withoutRetention() {
        let runner = Self.retaining(age: 0, count: 0)
        let worker = runner.worker
        let client = runner.create("p")
        let readers = [runner.subscribe("p"), runner.subscribe("p"), runner.subscribe("p", .typed)]
        runner.say(worker, worker.started("p"), worker.output("p", "1"), worker.done("p"))
        #expect(client.names == ["start", "output", "completed"])
        for reader in readers { #expect(reader.hasEnded) }
        #expect(readers[2].texts.last?.contains("\"done\":true") == true)
        #expect(runner.engine.predictionCount == 0)
        #expect(runner.engine.readerCount == 0)
        let waiting = runner.create("q", .wait)
        runner.say(worker, worker.started("q"), worker.done("q"))
        #expect(waiting.document?["status"] == .string("succeeded"))
    }

    /// A reader that has not taken all of it keeps its stream, and nobody else finds it any more.
    @Test(arguments: 1...3)
    func aReaderOutlivesTheRetention(readers: Int) {
        let runner = Self.retaining(age: second)
        let worker = runner.worker
        runner.create("p", .background)
        let slow = (0..<readers).map { _ in runner.subscribe("p", room: 10) }
        runner.say(worker, worker.started("p"), worker.output("p", "1"), worker.done("p"))
        runner.advance(10 * second)
        #expect(runner.read("p") == nil)
        #expect(runner.engine.readerCount == readers)
        for reader in slow { runner.drain(reader) }
        for reader in slow {
            #expect(reader.names == ["start", "output", "completed"])
            #expect(reader.hasEnded)
        }
        #expect(runner.engine.readerCount == 0)
    }

    @Test func readersOfARunThatWasReplaced() {
        let runner = Self.retaining()
        let worker = runner.worker
        runner.create("p", .background, input: "1")
        let slow = [runner.subscribe("p", room: 10), runner.subscribe("p", room: 10)]
        runner.say(worker, worker.started("p"), worker.output("p", "\"old\""), worker.done("p"))
        runner.create("p", .background, input: "2")
        runner.say(worker, worker.started("p"), worker.output("p", "\"new\""))
        for reader in slow { runner.drain(reader) }
        for reader in slow { #expect(reader.data("output")?["chunk"] == .string("old")) }
        #expect(runner.subscribe("p").data("output")?["chunk"] == .string("new"))
        runner.disconnect(slow[0])
    }

    /// Runs that were replaced are gone: they leave the others their place.
    @Test func replacedRunsDoNotCount() {
        let runner = Self.retaining(count: 3)
        Self.finish("a", runner)
        Self.finish("b", runner)
        for _ in 0..<20 { Self.finish("c", runner) }
        #expect(["a", "b", "c"].filter { runner.read($0) != nil } == ["a", "b", "c"])
    }
}
