import Engine
import Testing
import WireProtocol

@Suite("Engine: webhooks")
struct WebhookTests {
    static let url = "http://hooks.example:8080/secret?key=1"

    static func request(
        _ id: String?, _ form: AnswerForm = .background, events: WebhookEvents = .all, url: String = url
    ) -> CreatePrediction {
        var request = RecordingRunner.request(id, form)
        guard let url = DeliveryURL(url) else { preconditionFailure("the tests' URLs are URLs") }
        request.webhook = Webhook(url: url, events: events, traceParent: "00-1-2-01", traceState: "a=b")
        return request
    }

    /// A prediction `p` that has not begun.
    private func start(
        _ form: AnswerForm = .background, events: WebhookEvents = .all,
        _ change: (inout EngineSettings) -> Void = { _ in }
    ) -> RecordingRunner {
        let runner = RecordingRunner.ready(.testing(change), concurrency: 4)
        runner.perform(.create(Self.request("p", form, events: events)))
        return runner
    }

    private func status(_ runner: RecordingRunner, _ number: Int? = nil) -> String? {
        runner.notice(number)?["status"]?.stringValue
    }

    private func outputCount(_ runner: RecordingRunner, _ number: Int? = nil) -> Int? {
        runner.notice(number)?["output"]?.arrayValue?.count
    }

    @Test(arguments: [AnswerForm.wait, .background, .stream(.cog)])
    func everyModeIsTold(form: AnswerForm) {
        let runner = start(form)
        let worker = runner.worker
        #expect(runner.sent.isEmpty)
        runner.say(worker, worker.started("p"))
        #expect(runner.sent.count == 1)
        #expect(status(runner) == "processing")
        let request = runner.sent[0].request
        #expect(request.method == "POST")
        #expect(request.url == Self.url)
        #expect(request.isAuthorized)
        #expect(request.timeout == 30 * second)
        let headers = request.headers.map { "\($0.name): \($0.value)" }
        #expect(headers.contains("content-type: application/json"))
        #expect(headers.contains("traceparent: 00-1-2-01"))
        #expect(headers.contains("tracestate: a=b"))
        #expect(headers.contains { $0.hasPrefix("user-agent: supervisor/") })
        runner.answer()
        runner.say(worker, worker.output("p", "1"), worker.done("p"))
        #expect(runner.sent.count == 2)
        #expect(status(runner) == "succeeded")
        #expect(outputCount(runner) == 1)
        #expect(runner.notice()?["input"] == nil)
        #expect(runner.notice()?["metrics"]?["predict_time"] != nil)
        runner.answer()
        #expect(runner.engine.undeliveredCount == 0)
    }

    /// Many chunks, one notice for each interval with all that came, one at a time.
    @Test func whatHappensBetweenTwoIsToldTogether() {
        let runner = start()
        let worker = runner.worker
        runner.say(worker, worker.started("p"))
        for chunk in 0..<100 { runner.say(worker, worker.output("p", "\(chunk)"), worker.log("p", "line\n")) }
        #expect(runner.sent.count == 1, "one at a time")
        runner.answer()
        #expect(runner.sent.count == 1, "not before the interval is over")
        runner.advance(second / 2 - 1)
        #expect(runner.sent.count == 1)
        runner.advance(1)
        #expect(runner.sent.count == 2)
        #expect(outputCount(runner) == 100)
        #expect(status(runner) == "processing")
        // While it is under way more comes; the interval passes, but the answer is waited for.
        runner.say(worker, worker.output("p", "0"))
        runner.advance(5 * second)
        #expect(runner.sent.count == 2)
        runner.say(worker, worker.output("p", "0"))
        runner.answer()
        #expect(runner.sent.count == 3)
        #expect(outputCount(runner) == 102, "the body is made when it is sent")
        runner.answer()
        runner.advance(60 * second)
        #expect(runner.sent.count == 3, "nothing new is nothing to tell")
        // The end does not wait, and takes the place of what is still to be told.
        runner.say(worker, worker.output("p", "0"))
        runner.say(worker, worker.output("p", "0"), worker.done("p"))
        #expect(runner.sent.count == 4)
        #expect(outputCount(runner) == 103)
        runner.answer()
        #expect(runner.sent.count == 5)
        #expect(status(runner) == "succeeded")
        #expect(outputCount(runner) == 104)
        runner.answer()
        runner.advance(60 * second)
        #expect(runner.sent.count == 5)
        #expect(runner.timers.keys.allSatisfy { if case .webhook = $0 { false } else { true } })
    }

    @Test func theEndComesLastAndOnce() {
        let runner = start()
        let worker = runner.worker
        runner.say(worker, worker.started("p"), worker.output("p", "1"), worker.done("p"))
        #expect(runner.sent.count == 1, "the start is under way")
        runner.advance(10 * second)
        #expect(runner.sent.count == 1)
        runner.settle(.unreachable("timed out"))
        #expect(runner.sent.count == 2)
        #expect(status(runner) == "succeeded")
        runner.answer()
        #expect(runner.sent.count == 2)
        // The words of a log never show where a webhook leads.
        #expect(runner.logs.contains { $0.message.contains("http://hooks.example:8080") })
        #expect(!runner.logs.contains { $0.message.contains("secret") })
    }

    @Test func withoutAnIntervalEachEventIsOne() {
        let runner = start { $0.delivery.throttle = 0 }
        let worker = runner.worker
        runner.say(
            worker, worker.started("p"), worker.output("p", "1"), worker.log("p", "x\n"), worker.output("p", "2"))
        runner.say(worker, worker.done("p"))
        for _ in 0..<4 { runner.answer() }
        #expect(runner.sent.count == 5)
        #expect((0..<5).map { status(runner, $0) ?? "" } == Array(repeating: "processing", count: 4) + ["succeeded"])
        #expect((0..<5).map { outputCount(runner, $0) ?? 0 } == [0, 1, 1, 2, 2])
    }

    private static let filters: [(events: WebhookEvents, statuses: [String], outputs: [Int])] = [
        (.start, ["processing"], [0]), (.output, ["processing", "processing"], [1, 2]),
        (.logs, ["processing"], [1]), (.completed, ["succeeded"], [2]), ([], [], []),
        ([.start, .completed], ["processing", "succeeded"], [0, 2]),
    ]

    @Test(arguments: filters)
    func theFilterIsKept(events: WebhookEvents, statuses: [String], outputs: [Int]) {
        let runner = start(events: events)
        let worker = runner.worker
        runner.say(worker, worker.started("p"))
        if runner.sent.count == 1 { runner.answer() }
        runner.say(worker, worker.output("p", "1"))
        runner.say(worker, worker.log("p", "x\n"))
        if runner.sent.count == 1 { runner.answer() }
        // Within the interval; the end of the run does not lose it.
        runner.say(worker, worker.output("p", "2"))
        runner.say(worker, worker.done("p"))
        #expect(runner.sent.indices.map { status(runner, $0) ?? "" } == statuses)
        #expect(runner.sent.indices.map { outputCount(runner, $0) ?? 0 } == outputs)
        if !runner.sent.isEmpty { runner.answer() }
        #expect(runner.engine.undeliveredCount == 0)
    }

    @Test func canceledBeforeItBeganIsToldOnce() {
        let runner = RecordingRunner.ready()
        _ = runner.cancel("p")
        runner.perform(.create(Self.request("p")))
        #expect(runner.sent.count == 1)
        #expect(status(runner) == "canceled")
    }

    @Test func ofACrashTheEndIsTold() {
        let runner = start(events: .completed)
        runner.say(runner.worker, runner.worker.started("p"))
        runner.exit(runner.worker)
        #expect(status(runner) == "failed")
        #expect(runner.notice()?["error"]?.stringValue?.contains("SIGKILL") == true)
    }

    // MARK: Retries

    @Test(arguments: [429, 500, 502, 503, 504, nil])
    func theEndIsTriedThirteenTimes(status: Int?) {
        let runner = start(events: .completed)
        let worker = runner.worker
        runner.say(worker, worker.started("p"), worker.done("p"))
        // Tenths of a second before each retry.
        let delays: [UInt64] = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024]
        for (index, tenths) in delays.enumerated() {
            #expect(runner.sent.count == index + 1)
            if let status { runner.answer(status: status) } else { runner.settle(.unreachable("could not connect")) }
            runner.advance(tenths * second / 10 - 1)
            #expect(runner.sent.count == index + 1, "retry \(index + 1) waits")
            runner.advance(1)
        }
        #expect(runner.sent.count == 13)
        if let status { runner.answer(status: status) } else { runner.settle(.agentLost("it ended")) }
        runner.advance(1000 * second)
        #expect(runner.sent.count == 13)
        #expect(runner.logs.contains { $0.level == .error && $0.message.contains("given up") })
        #expect(runner.engine.undeliveredCount == 0)
    }

    @Test(arguments: [301, 400, 401, 404, 410, 501])
    func otherAnswersEndIt(status: Int) {
        let runner = start(events: .completed)
        runner.say(runner.worker, runner.worker.started("p"), runner.worker.done("p"))
        runner.answer(status: status)
        runner.advance(1000 * second)
        #expect(runner.sent.count == 1)
        #expect(runner.logs.contains { $0.message.contains("status \(status)") })
    }

    @Test func intermediateOnesAreNotTriedAgain() {
        let runner = start(events: [.start, .completed])
        runner.say(runner.worker, runner.worker.started("p"))
        runner.answer(status: 503)
        runner.advance(100 * second)
        #expect(runner.sent.count == 1)
        runner.say(runner.worker, runner.worker.done("p"))
        #expect(runner.sent.count == 2)
    }

    // MARK: Bounds

    /// A finished prediction that nobody may read any more is kept until its end is told.
    @Test func theEndOutlivesRetention() {
        let runner = start(events: .completed) { $0.retention.count = 0 }
        runner.say(runner.worker, runner.worker.started("p"), runner.worker.output("p", "1"), runner.worker.done("p"))
        #expect(runner.engine.predictionCount == 0)
        runner.settle(.unreachable("could not connect"))
        runner.advance(second)
        #expect(runner.sent.count == 2)
        #expect(outputCount(runner) == 1)
        runner.answer()
        #expect(runner.engine.undeliveredCount == 0)
    }

    @Test func memoryForThoseThatWaitIsBounded() {
        let runner = RecordingRunner.ready(
            .testing {
                $0.delivery.heldLimit = 1_000
                $0.retention.count = 0
            }, concurrency: 4)
        let worker = runner.worker
        for id in ["a", "b", "c"] {
            runner.perform(.create(Self.request(id, events: .completed)))
            runner.say(
                worker, worker.started(id), worker.output(id, "\"\(String(repeating: "x", count: 100_000))\""),
                worker.done(id))
        }
        #expect(runner.sent.count == 3)
        #expect(runner.logs.filter { $0.level == .error }.map(\.predictionID) == ["a", "b"])
        #expect(runner.engine.undeliveredCount == 1)
        for number in 0..<3 { runner.settle(.unreachable("could not connect"), number) }
        runner.advance(second)
        #expect(runner.sent.count == 4)
        #expect(runner.notice()?["id"] == .string("c"))
        runner.answer()
        #expect(runner.engine.undeliveredCount == 0)
    }

    @Test func aLaterRunOfTheSameIDChangesNothing() {
        let runner = start(events: .completed)
        let worker = runner.worker
        runner.say(worker, worker.started("p"), worker.output("p", "1"), worker.done("p"))
        runner.settle(.unreachable("could not connect"), 0)
        runner.perform(.create(Self.request("p", events: .completed)))
        runner.say(worker, worker.started("p"), worker.output("p", "2"), worker.output("p", "2"), worker.done("p"))
        #expect(outputCount(runner) == 2)
        runner.answer()
        runner.advance(second)
        #expect(outputCount(runner) == 1)
        runner.answer()
        #expect(runner.engine.undeliveredCount == 0)
    }

    @Test func soManyAtOnceAndTheOthersWait() {
        let runner = RecordingRunner.ready(concurrency: 40)
        let worker = runner.worker
        for number in 0..<40 {
            runner.perform(.create(Self.request("p\(number)")))
            runner.say(worker, worker.started("p\(number)"))
        }
        #expect(runner.sent.count == 24)
        runner.say(worker, worker.output("p30", "1"))
        runner.answer(0)
        #expect(runner.sent.count == 25)
        for number in 1..<7 { runner.answer(number) }
        #expect(runner.sent.count == 31)
        #expect(outputCount(runner) == 1, "made when its turn came")
    }

    // MARK: The end of the server

    @Test func theDrainWaitsForTheEndsToBeTold() {
        let runner = start()
        let worker = runner.worker
        runner.say(worker, worker.started("p"))
        runner.answer()
        runner.send(.stopRequested(.interrupt))
        runner.say(worker, worker.output("p", "1"))
        runner.advance(second)
        #expect(runner.sent.count == 2, "during the drain as well")
        runner.say(worker, worker.done("p"))
        runner.exit(worker, .exited(0))
        #expect(runner.exitCode == nil)
        runner.answer()
        #expect(status(runner) == "succeeded")
        runner.answer(status: 503)
        #expect(runner.exitCode == nil)
        runner.advance(second)
        #expect(runner.sent.count == 4)
        runner.answer()
        #expect(runner.exitCode == 0)
        #expect(runner.timers.keys.allSatisfy { $0 == .retention })
    }

    @Test(arguments: [true, false])
    func butNotForEver(hurried: Bool) {
        let runner = start { $0.drain.deliver = 7 * second }
        let worker = runner.worker
        runner.say(worker, worker.started("p"), worker.done("p"))
        runner.send(.stopRequested(.interrupt))
        runner.exit(worker, .exited(0))
        runner.advance(7 * second - 1)
        #expect(runner.exitCode == nil)
        if hurried { runner.send(.stopRequested(.interrupt)) } else { runner.advance(1) }
        #expect(runner.exitCode == 0)
        #expect(runner.logs.contains { $0.level == .warning && $0.message.contains("1 webhook") })
    }

    @Test func whatTheServerEndsIsTold() {
        let runner = start(events: .completed)
        let worker = runner.worker
        runner.say(worker, worker.started("p"))
        runner.send(.stopRequested(.interrupt))
        runner.send(.stopRequested(.interrupt))
        runner.send(.stopRequested(.interrupt))
        #expect(status(runner) == "failed" || status(runner) == "canceled")
        runner.exit(worker, .exited(0))
        #expect(runner.exitCode == nil)
        runner.answer()
        #expect(runner.exitCode == 0)
    }
}
