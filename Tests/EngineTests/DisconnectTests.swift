import Engine
import SSE
import Testing
import WireProtocol

@Suite("Engine: clients that leave")
struct DisconnectTests {
    static func running(_ form: AnswerForm, put: Bool = false) -> (RecordingRunner, ScriptedWorker, ScriptedClient) {
        let runner = RecordingRunner.ready()
        let client = runner.create("p", form, put: put)
        runner.say(runner.worker, runner.worker.started("p"))
        return (runner, runner.worker, client)
    }

    @Test func theLastReaderOfAPostedStream() {
        let (runner, worker, client) = Self.running(.stream(.cog))
        runner.disconnect(client)
        #expect(worker.canceled == ["p"], "at once")
    }

    @Test func theLastReaderOfAPutStream() {
        let (runner, worker, client) = Self.running(.stream(.cog), put: true)
        runner.disconnect(client)
        #expect(worker.canceled == [])
        runner.advance(30 * second - 1)
        #expect(worker.canceled == [])
        runner.advance(1)
        #expect(worker.canceled == ["p"])
    }

    @Test func aReaderThatComesBackInTime() {
        let (runner, worker, client) = Self.running(.stream(.cog), put: true)
        runner.say(worker, worker.output("p", "1"))
        let seen = client.events[1].id ?? ""
        runner.disconnect(client)
        runner.say(worker, worker.output("p", "2"))
        runner.advance(29 * second)
        guard let again = runner.join("p", .stream(.cog.resuming(ResumePoint(lastEventID: seen)))) else {
            Issue.record("not known")
            return
        }
        #expect(again.opening?.replay == .resumed)
        #expect(again.opening?.replayFrom?.text == seen)
        #expect(again.sequences == [3])
        runner.advance(300 * second)
        #expect(worker.canceled == [])
        runner.disconnect(again)
        runner.advance(30 * second)
        #expect(worker.canceled == ["p"])
    }

    @Test func oneOfSeveral() {
        let (runner, worker, client) = Self.running(.stream(.cog))
        let other = runner.subscribe("p")
        runner.disconnect(client)
        #expect(worker.canceled == [])
        runner.disconnect(other)
        #expect(worker.canceled == ["p"])
    }

    @Test func aReaderOfAnotherProfileCountsToo() {
        let (runner, worker, client) = Self.running(.stream(.typed))
        let other = runner.subscribe("p")
        runner.disconnect(client)
        #expect(worker.canceled == [])
        runner.disconnect(other)
        #expect(worker.canceled == ["p"])
    }

    @Test func readersOfOneInTheBackground() {
        let (runner, worker, _) = Self.running(.background)
        let readers = [runner.subscribe("p"), runner.subscribe("p")]
        for reader in readers { runner.disconnect(reader) }
        runner.advance(1_000 * second)
        #expect(worker.canceled == [])
    }

    @Test func theClientThatWaits() {
        let (runner, worker, client) = Self.running(.wait)
        let reader = runner.subscribe("p")
        runner.disconnect(client)
        #expect(worker.canceled == ["p"], "also while others read")
        runner.say(worker, worker.done("p", .canceled))
        #expect(reader.data("completed")?["status"] == .string("canceled"))
        #expect(client.answer == nil)
    }

    @Test func aReaderBesideTheClientThatWaits() {
        let (runner, worker, client) = Self.running(.wait)
        runner.disconnect(runner.subscribe("p"))
        runner.advance(100 * second)
        #expect(worker.canceled == [])
        runner.say(worker, worker.done("p"))
        #expect(client.document?["status"] == .string("succeeded"))
    }

    @Test func afterTheEndNothingHappens() {
        let (runner, worker, client) = Self.running(.stream(.cog), put: true)
        runner.disconnect(client)
        runner.say(worker, worker.done("p"))
        #expect(runner.timers.keys.contains { if case .disconnectGrace = $0 { true } else { false } } == false)
        runner.advance(60 * second)
        #expect(worker.canceled == [])
        #expect(runner.read("p")?["status"] == .string("succeeded"))
    }

    @Test func unknownConnections() {
        let (runner, worker, client) = Self.running(.background)
        runner.disconnect(client)
        runner.send(.connectionDrained(client.id))
        runner.disconnect(runner.connect())
        #expect(worker.canceled == [])
    }
}
