import Engine
import SSE
import Testing
import WireProtocol

@Suite("Engine: creating and joining")
struct CreatingTests {
    @Test func aStreamFromStartToCompleted() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p", input: #"{ "n" : 1.0 }"#)
        #expect(client.opening?.id.text == "p")
        #expect(client.opening?.replay == .full)
        #expect(client.opening?.replayFrom == nil)
        #expect(worker.requests.map(\.id) == ["p"])
        #expect(worker.requests[0].input.description == #"{ "n" : 1.0 }"#, "byte for byte")
        #expect(worker.requests[0].handler == "run")
        runner.say(worker, worker.started("p"))
        runner.say(worker, worker.output("p", #""a""#), worker.log("p", "hi\n", .standardError))
        runner.say(worker, worker.metric("p", "n", "1"), worker.output("p", #"{"b": 1e400}"#))
        runner.advance(second)
        #expect(!client.hasEnded)
        runner.say(worker, worker.done("p"))
        #expect(client.hasEnded)
        #expect(client.names == ["start", "output", "log", "metric", "output", "completed"])
        #expect(client.sequences == Array(1...6))
        #expect(
            client.texts == [
                #"{"id":"p","status":"processing"}"#, #"{"chunk":"a","index":0}"#,
                #"{"data":"hi\n","source":"stderr"}"#, #"{"mode":"replace","name":"n","value":1}"#,
                #"{"chunk":{"b": 1e400},"index":1}"#,
                #"{"completed_at":"2027-01-15T08:16:41.000000000+00:00","created_at":"2027-01-15T08:16:40.000000000+00:00","#
                    + #""id":"p","logs":"hi\n","metrics":{"n":1,"predict_time":1.0},"output":["a",{"b": 1e400}],"#
                    + #""started_at":"2027-01-15T08:16:40.000000000+00:00","status":"succeeded"}"#,
            ])
        #expect(client.reader.complaints == [])
        #expect(Set(client.events.compactMap(\.id).map { $0.prefix(6) }).count == 1)
    }

    @Test func aSynchronousOneIsAnsweredAtItsEnd() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p", .wait)
        runner.say(worker, worker.started("p"), worker.output("p", "41"))
        #expect(client.answer == nil)
        runner.say(worker, worker.done("p", isCollected: false))
        guard case .finished(let id, let body) = client.answer else {
            Issue.record("\(String(describing: client.answer))")
            return
        }
        #expect(id.text == "p")
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"completed_at":"2027-01-15T08:16:40.000000000+00:00","created_at":"2027-01-15T08:16:40.000000000+00:00","#
                + #""id":"p","logs":"","metrics":{"predict_time":0.0},"output":41,"#
                + #""started_at":"2027-01-15T08:16:40.000000000+00:00","status":"succeeded"}"#)
    }

    @Test func itsTimesAreInOrderThoughTheWallClockIsSetBack() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p", .wait)
        runner.engine.wallOffset -= 3600 * second
        runner.advance(second)
        runner.say(worker, worker.started("p"))
        runner.advance(second)
        runner.say(worker, worker.done("p"))
        #expect(client.document?["created_at"] == .string("2027-01-15T08:16:40.000000000+00:00"))
        #expect(client.document?["started_at"] == .string("2027-01-15T08:16:41.000000000+00:00"))
        #expect(client.document?["completed_at"] == .string("2027-01-15T08:16:42.000000000+00:00"))
    }

    @Test func oneInTheBackgroundIsAnsweredAtOnce() {
        let runner = RecordingRunner.ready()
        let client = runner.create(nil, .background)
        guard case .accepted(let id) = client.answer else {
            Issue.record("\(String(describing: client.answer))")
            return
        }
        #expect(id.text.hasPrefix("pred_") && id.text.utf8.count == 29)
        #expect(runner.worker.requests.map(\.id) == [id.text])
        #expect(runner.worker.requests[0].input == .emptyObject)
    }

    static let outcomes: [(RunOutcome, [String], String)] = [
        (.succeeded, [], #""output":null,"started_at""#),
        (.succeeded, ["1"], #""output":1,"started_at""#),
        (.succeeded, ["1", "2"], #""output":[1,2],"started_at""#),
        (.failed(RunFailure("boom")), [], #""metrics":{"predict_time":0.0},"started_at""#),
        (.failed(RunFailure("boom")), ["1"], #""output":[1],"started_at""#),
        (.canceled, ["1"], #""output":[1],"started_at""#),
    ]

    private static func status(_ outcome: RunOutcome) -> String {
        switch outcome {
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .canceled: "canceled"
        }
    }

    @Test(arguments: outcomes)
    func endsAndWhatTheyShow(_ outcome: RunOutcome, _ chunks: [String], _ expected: String) {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p", .wait)
        runner.say(worker, worker.started("p"))
        for chunk in chunks { runner.say(worker, worker.output("p", chunk)) }
        runner.say(worker, worker.done("p", outcome, isCollected: false))
        let text = client.document.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
        #expect(text.contains(expected))
        #expect(client.document?["status"]?.stringValue == Self.status(outcome))
        if case .failed = outcome { #expect(client.document?["error"]?.stringValue == "boom") }
        #expect(runner.deployment.slots.freeCount == 1)
    }

    @Test func aCollectedOutputIsAListHoweverLong() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let empty = runner.create("p", .wait)
        runner.say(worker, worker.started("p"), worker.done("p"))
        #expect(empty.document?["output"] == .array([]))
        let one = runner.create("q", .wait)
        runner.say(worker, worker.started("q"), worker.output("q", "1"), worker.done("q"))
        #expect(one.document?["output"] == .array([.number("1")]))
    }

    // MARK: Refusals

    @Test func beforeAWorkerIsReady() {
        let runner = RecordingRunner()
        for form in [AnswerForm.wait, .background, .stream(.cog)] {
            #expect(runner.create("p", form).rejection == .notReady(DeploymentIndex(0)))
        }
        runner.say(runner.worker, .hello(WorkerHello(worker: "w")))
        #expect(runner.create("p").rejection == .notReady(DeploymentIndex(0)))
        #expect(runner.deployment.health == .starting)
    }

    @Test func allSlotsBusy() {
        let runner = RecordingRunner.ready(concurrency: 2)
        for id in ["a", "b"] { #expect(runner.create(id, .background).rejection == nil) }
        #expect(runner.deployment.health == .busy)
        for form in [AnswerForm.wait, .background, .stream(.cog)] {
            #expect(runner.create("c", form).rejection == .atCapacity)
        }
        #expect(runner.worker.requests.count == 2)
        let worker = runner.worker
        runner.say(worker, worker.started("a"), worker.done("a"))
        #expect(runner.create("c", .background).rejection == nil)
        #expect(worker.slots["c"] == worker.slots["a"])
    }

    @Test func runsGoToTheWorkerWithMostFreeSlots() {
        let runner = RecordingRunner.ready(.testing { $0.deployments = [.testing(workers: 3)] }, concurrency: 2)
        for number in 0..<6 { runner.create("p\(number)", .background) }
        #expect(runner.workers.map { $0.requests.count } == [2, 2, 2])
        #expect(runner.create("more").rejection == .atCapacity)
    }

    // MARK: Known ids

    @Test func joiningARunningOne() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        runner.create("p", .background, input: #"{"a":1}"#)
        #expect(runner.join("p", .wait)?.document?["status"] == .string("starting"))
        runner.say(
            worker, worker.started("p"), worker.output("p", "1"), worker.log("p", "line\n"),
            worker.metric("p", "m", "2"))
        for form in [AnswerForm.wait, .background] {
            guard let client = runner.join("p", form), case .running(_, let body) = client.answer else {
                Issue.record("no snapshot")
                return
            }
            #expect(
                String(decoding: body, as: UTF8.self)
                    == #"{"created_at":"2027-01-15T08:16:40.000000000+00:00","id":"p","input":{"a":1},"logs":"line\n","#
                    + #""metrics":{"m":2},"output":[1],"#
                    + #""started_at":"2027-01-15T08:16:40.000000000+00:00","status":"processing"}"#)
        }
        guard let reader = runner.join("p", .stream(.cog)) else { return }
        runner.say(worker, worker.output("p", "2"), worker.done("p"))
        #expect(reader.names == ["start", "output", "log", "metric", "output", "completed"])
        #expect(reader.hasEnded)
        #expect(worker.requests.count == 1)
    }

    @Test func joiningAFinishedOne() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let first = runner.create("p", input: #"{"a":1}"#)
        runner.say(worker, worker.started("p"), worker.output("p", "1"), worker.done("p"))
        guard
            case .mayRepeat(_, let deployment, let input) = runner.engine.admission(of: RecordingRunner.id("p"))
        else {
            Issue.record("it is not known any more")
            return
        }
        #expect(deployment == DeploymentIndex(0))
        #expect(input.map { String(decoding: $0, as: UTF8.self) } == #"{"a":1}"#)
        #expect(runner.join("p", .wait)?.document?["output"] == .array([.number("1")]))
        #expect(runner.join("p", .background)?.document?["status"] == .string("succeeded"))
        let replay = runner.join("p", .stream(.cog))
        #expect(replay?.bytes == first.bytes)
        #expect(replay?.hasEnded == true)
        #expect(worker.requests.count == 1)
    }

    /// What the API makes of a PUT with another input.
    @Test func aNewRunOfAFinishedIdReplacesIt() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let first = runner.create("p", input: "1")
        runner.say(worker, worker.started("p"), worker.done("p"))
        let second = runner.create("p", input: "2", put: true)
        runner.say(worker, worker.started("p"), worker.output("p", "2"), worker.done("p"))
        #expect(second.names == ["start", "output", "completed"])
        #expect(first.events[0].id != second.events[0].id, "another epoch")
        #expect(runner.read("p")?["output"] == .array([.number("2")]))
        // The id of an event of the first run means nothing in the second: it is told that it may have missed some.
        let point = ResumePoint(lastEventID: first.events[1].id ?? "")
        let reader = runner.subscribe("p", .events.resuming(point))
        #expect(reader.names == ["gap", "start", "output", "completed"])
        #expect(reader.texts[0] == #"{"missed_from":null,"missed_to":null}"#)
    }

    /// Whoever asks, an id that runs is never run twice, nor is its run forgotten.
    @Test func creatingWhatAlreadyRunsJoinsIt() {
        let runner = RecordingRunner.ready(concurrency: 2)
        let worker = runner.worker
        runner.create("p", .background)
        let second = runner.create("p", .wait)
        guard case .running = second.answer else {
            Issue.record("\(String(describing: second.answer))")
            return
        }
        #expect(worker.requests.count == 1)
        runner.say(worker, worker.started("p"), worker.output("p", "1"), worker.done("p"))
        #expect(runner.read("p")?["status"] == .string("succeeded"))
        #expect(runner.deployment.slots.freeCount == 2)
    }

    @Test func reading() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        #expect(runner.perform(.read(RecordingRunner.id("p"))).rejection == .unknownPrediction)
        #expect(runner.perform(.subscribe(RecordingRunner.id("p"), .events)).rejection == .unknownPrediction)
        runner.create("p", .background, input: #"{"a":1}"#)
        #expect(runner.read("p")?["status"] == .string("starting"))
        #expect(runner.read("p")?["started_at"] == nil)
        runner.advance(second)
        runner.say(worker, worker.started("p"), worker.output("p", "1"))
        #expect(runner.read("p")?["started_at"] == .string("2027-01-15T08:16:41.000000000+00:00"))
        runner.advance(second)
        runner.say(worker, worker.done("p"))
        guard let document = runner.read("p") else {
            Issue.record("no document")
            return
        }
        #expect(
            document.objectValue?.map(\.key) == [
                "completed_at", "created_at", "id", "input", "logs", "metrics", "output", "started_at", "status",
            ])
        #expect(document["input"]?["a"] == .number("1"))
        #expect(document["metrics"]?["predict_time"] == .number("2.0"))
    }

    /// An input that no frame can carry fails its own prediction, and the next one runs.
    @Test func anInputTooLargeForAFrame() {
        let runner = RecordingRunner.ready(capabilities: [])
        let worker = runner.worker
        let large = "\"" + String(repeating: "x", count: 1 << 20) + "\""
        let client = runner.create("p", .wait, input: large)
        #expect(client.document?["status"] == .string("failed"))
        #expect(client.document?["error"]?.stringValue?.contains("the input is larger than") == true)
        #expect(runner.deployment.slots.freeCount == 1)
        let next = runner.create("q", .wait)
        runner.say(worker, worker.started("q"), worker.done("q"))
        #expect(next.document?["status"] == .string("succeeded"))
    }
}
