import Testing
import WireProtocol
import Worker

private struct Pair: Codable {
    var b = 2
    var a = "x/y"
}

/// Logs without being handed the run.
private func logFromAfar(_ text: String) {
    RunContext.current?.log(text)
}

private struct Sample: ModelWorker {
    @Streaming(concurrency: 2) var count = { (input: Int, run: RunContext, model: String) in
        (0..<input).lazy.map { "\(model) \($0)" }
    }

    @Streaming var later = { (input: [Int], run: RunContext) in
        AsyncStream<Int> { stream in
            for number in input { stream.yield(number) }
            stream.finish()
        }
    }

    @Streaming var pushed = { (input: Int, run: RunContext) in
        Chunks<Double> { emit in
            try emit(0.5)
            try emit(contentsOf: (0..<input).map { Double($0) })
        }
    }

    @Handler var pair = { (input: Int, run: RunContext) in Pair() }
    @Handler var nothing = { (input: Int, run: RunContext) in RawJSON.null }
    @Handler var pieces = { (input: Int, run: RunContext) in
        try run.emit("first")
        return "last"
    }

    @Handler var who = { (input: RawJSON, run: RunContext) in [run.id, run.handler, input.description] }

    @Handler var talk = { (input: String, run: RunContext) in
        run.log(input)
        run.log("oops", to: .standardError)
        logFromAfar("from afar")
        return input.utf8.count
    }

    @Handler var measure = { (input: Int, run: RunContext) in
        try run.metric("tokens.count", input, .increment)
        try run.metric("speed", 1.5)
        try run.metric("bad name", 1)
        return input
    }

    @Handler var fail = { (input: Bool, run: RunContext) -> Int in
        if input { throw HandlerError("no memory", kind: "OutOfMemory", isRetryable: true) }
        throw SomeError.odd(3)
    }

    @Handler var notANumber = { (input: Int, run: RunContext) in Double.nan }

    enum SomeError: Error {
        case odd(Int)
    }

    func setup(_ setup: SetupContext) async throws -> String {
        struct Settings: HandlerInput {
            @Field var model = "m"
            @Field var fails = false
        }
        let settings = try setup.settings(as: Settings.self)
        setup.progress(0.5, "half")
        setup.log("loading \(setup.deployment)")
        if settings.fails { throw HandlerError("no weights", kind: "SetupError") }
        return settings.model
    }

    func healthCheck(_ model: String) async throws {
        if model == "sick" { throw HandlerError("fever") }
    }
}

@Suite struct WorkerRuntimeTests {
    private let supervisor: ScriptedSupervisor

    init() throws {
        supervisor = try ScriptedSupervisor(Sample.self)
    }

    @Test func theSetUpReportsAndEndsWithTheManifest() throws {
        let messages = try supervisor.prepare()
        #expect(messages.first == .loading(LoadingProgress(progress: 0.5, message: "half")))
        #expect(messages.log == "loading test\n")
        #expect(messages.last == .ready(try WorkerProgram(Sample.self).manifest))
    }

    @Test func aSetUpThatThrowsEndsTheWorker() throws {
        let messages = try supervisor.prepare(setup: #"{"fails":true}"#)
        #expect(messages.last == .setupFailed(SetupFailure(message: "no weights", kind: "SetupError")))
        #expect(try supervisor.ended() == .setupFailed)
    }

    @Test func aHandlerThatIsNotThereFailsTheSetUp() throws {
        guard case .setupFailed(let failure)? = try supervisor.prepare(handler: "nope").last else {
            Issue.record("the set-up did not fail")
            return
        }
        #expect(failure.message.hasPrefix("The worker has no handler `nope`; it has `count`, `later`, "))
    }

    @Test func sequencesAreStreamedWithWhatTheSetUpReturned() throws {
        _ = try supervisor.prepare(setup: #"{"model":"big"}"#)
        let messages = try supervisor.run("count", "3")
        #expect(messages.first == .started(slot: 0))
        #expect(messages.outputs == [#""big 0""#, #""big 1""#, #""big 2""#])
        #expect(messages.outcome == .succeeded)
        #expect(messages.isCollected == true)
        #expect(try supervisor.run("count", "0").isCollected == true)
    }

    @Test func asynchronousSequencesAndPushedChunksAreStreamed() throws {
        _ = try supervisor.prepare()
        #expect(try supervisor.run("later", "[3,1,2]").outputs == ["3", "1", "2"])
        #expect(try supervisor.run("pushed", "2").outputs == ["0.5", "0.0", "1.0"])
    }

    @Test func aHandlerReturnsOneValue() throws {
        _ = try supervisor.prepare()
        let pair = try supervisor.run("pair", "0")
        #expect(pair.outputs == [#"{"a":"x/y","b":2}"#])
        #expect(pair.isCollected == false)
        let nothing = try supervisor.run("nothing", "0")
        #expect(nothing.outputs == ["null"])
        #expect(nothing.isCollected == false)
        let pieces = try supervisor.run("pieces", "0")
        #expect(pieces.outputs == [#""first""#, #""last""#])
        #expect(pieces.isCollected == true)
    }

    @Test func aHandlerKnowsItsRun() throws {
        _ = try supervisor.prepare()
        #expect(try supervisor.run("who", #"{ "a":1.0}"#).outputs == [#"["p1","who","{ \"a\":1.0}"]"#])
    }

    @Test func logsBelongToTheRun() throws {
        _ = try supervisor.prepare()
        let messages = try supervisor.run("talk", "\"hi\"")
        #expect(messages.log == "hi\noops\nfrom afar\n")
        #expect(messages.contains(.log(slot: 0, sequence: 2, LogText(.standardError, Array("oops\n".utf8)))))
    }

    /// A log of any length is cut between characters.
    @Test func longLogsAreCut() throws {
        _ = try supervisor.prepare(frame: ProtocolLimits.minimumPayloadLimit)
        let text = String(repeating: "aé", count: 20_000)
        let messages = try supervisor.run("talk", "\"\(text)\"")
        #expect(messages.log.hasPrefix(text + "\noops\n"))
        #expect(messages.count { if case .log = $0 { true } else { false } } == 4)
    }

    @Test func metricsAreCheckedAndSent() throws {
        _ = try supervisor.prepare()
        let messages = try supervisor.run("measure", "4")
        #expect(
            messages.contains(
                .metric(
                    slot: 0, sequence: 1,
                    Metric(.increment, name: "tokens.count", value: RawJSON(unchecked: Array("4".utf8))))))
        #expect(
            messages.outcome
                == .failed(
                    RunFailure("metric name segment 'bad name' contains invalid character ' '", kind: "MetricError")))
    }

    @Test func errorsSayWhatTheyAre() throws {
        _ = try supervisor.prepare()
        #expect(
            try supervisor.run("fail", "true").outcome
                == .failed(RunFailure("no memory", kind: "OutOfMemory", isRetryable: true)))
        #expect(try supervisor.run("fail", "false").outcome == .failed(RunFailure("odd(3)", kind: "SomeError")))
        guard case .failed(let failure)? = try supervisor.run("notANumber", "1").outcome else {
            Issue.record("JSON has no such number")
            return
        }
        #expect(failure.kind == "EncodingError")
    }

    @Test(arguments: [
        ("pair", "\"x\"", "The input must be an integer."),
        ("later", "[1,true]", "The input's `[1]` must be an integer."),
    ])
    func wrongInputsNameTheMember(handler: String, input: String, message: String) throws {
        _ = try supervisor.prepare()
        #expect(
            try supervisor.run(handler, input).outcome == .failed(RunFailure(message, kind: "InputError")))
    }

    @Test func anUnknownHandlerFailsWithoutBeginning() throws {
        _ = try supervisor.prepare()
        let messages = try supervisor.run("nope", "1")
        #expect(messages.count == 1)
        guard case .failed(let failure)? = messages.outcome else { return }
        #expect(failure.kind == "InputError")
    }
}
