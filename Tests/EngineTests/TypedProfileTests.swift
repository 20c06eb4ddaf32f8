import Engine
import SSE
import TestSupport
import Testing
import WireProtocol

/// Rows S1–S5.
@Suite("Engine: the typed profile")
struct TypedProfileTests {
    @Test func chunksAndTheResult() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p", .stream(.typed))
        runner.say(
            worker, worker.started("p"), worker.output("p", #"{"type":"mine","done":true}"#), worker.log("p", "hi\n"),
            worker.metric("p", "m", "1"), worker.output("p", "2"), worker.done("p"))
        #expect(
            client.texts == [
                #"{"type":"chunk","done":false,"data":{"type":"mine","done":true},"seq":1}"#,
                #"{"type":"log","done":false,"seq":2,"data":"hi\n","source":"stdout"}"#,
                #"{"type":"chunk","done":false,"data":2,"seq":3}"#,
                #"{"type":"result","done":true,"seq":4,"prediction_id":"p","output":[{"type":"mine","done":true},2]}"#,
            ])
        #expect(client.sequences == [1, 2, 3, 4])
        #expect(client.names == ["", "", "", ""])
        #expect(client.hasEnded)
    }

    /// S2: one event, whatever happens before.
    @Test(arguments: [StreamRequest.typed, .flat])
    func aHandlerWithoutStreamingHasOneEvent(_ request: StreamRequest) {
        let runner = RecordingRunner.ready(streaming: false)
        let worker = runner.worker
        let client = runner.create("p", .stream(request))
        runner.say(worker, worker.started("p"), worker.log("p", "x\n"), worker.output("p", "41"))
        runner.say(worker, worker.done("p", isCollected: false))
        #expect(client.events.count == 1)
        #expect(client.data("")?["type"] == .string("result"))
        #expect(client.data("")?["done"] == .bool(true))
        #expect(client.data("")?["output"] == .number("41"))
        #expect(client.hasEnded)
    }

    static let endings: [(String, @Sendable (RecordingRunner) -> Void, String, Bool)] = [
        (
            "handler", { $0.say($0.worker, $0.worker.done("p", .failed(RunFailure("boom")))) }, "prediction_failed",
            false
        ),
        ("death", { $0.exit($0.worker) }, "worker_exited", true),
        ("garbage", { $0.write($0.worker, Array(repeating: 0x41, count: 16)) }, "worker_protocol_error", true),
        (
            "cancel",
            {
                _ = $0.cancel("p")
                $0.say($0.worker, $0.worker.done("p", .canceled))
            }, "canceled", false
        ),
        (
            "output", { $0.say($0.worker, $0.worker.output("p", String(repeating: "1", count: 200))) },
            "output_too_large", false
        ),
        ("drain", { runner in for _ in 0..<3 { runner.send(.stopRequested(.interrupt)) } }, "shutting_down", true),
    ]

    /// S4, S5: exactly one terminal, last, with the code of its cause.
    @Test(arguments: endings.indices, [StreamRequest.typed, .flat])
    func everyEndHasItsCode(_ index: Int, _ request: StreamRequest) {
        let (name, end, code, isRetryable) = Self.endings[index]
        let settings = EngineSettings.testing { $0.deployments = [.testing("echo") { $0.limits.output = 100 }] }
        let runner = RecordingRunner.ready(settings)
        let client = runner.create("p", .stream(request))
        runner.say(runner.worker, runner.worker.started("p"), runner.worker.output("p", "1"))
        end(runner)
        let terminals = client.texts.filter { $0.contains(#""done":true"#) }
        #expect(terminals.count == 1 && client.texts.last == terminals.first, "\(name)")
        #expect(client.data("")?["type"] == .string("error"), "\(name)")
        #expect(client.data("")?["error"]?["code"] == .string(code), "\(name)")
        #expect(client.data("")?["error"]?["retryable"] == .bool(isRetryable), "\(name)")
        #expect(client.hasEnded, "\(name)")
        #expect(
            runner.logs.count { $0.message.hasPrefix("prediction failed") } == (code == "canceled" ? 0 : 1), "\(name)")
    }

    @Test func theLogNamesTheKindOfAFailure() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        runner.create("p", .background)
        let failure = RunFailure("boom", kind: "ValueError", isRetryable: false)
        runner.say(worker, worker.started("p"), worker.done("p", .failed(failure)))
        #expect(runner.logs.last?.message == "prediction failed: ValueError")
    }

    // MARK: The flat form

    static let flat: [(String, String)] = [
        (#"{"text":"a","n":1.0}"#, #"{"type":"progress","done":false,"seq":1,"text":"a","n":1.0}"#),
        (#"{}"#, #"{"type":"progress","done":false,"seq":1}"#),
        ("[1,2]", #"{"type":"progress","done":false,"seq":1,"data":[1,2]}"#),
        (#""text""#, #"{"type":"progress","done":false,"seq":1,"data":"text"}"#),
        ("null", #"{"type":"progress","done":false,"seq":1,"data":null}"#),
        (#"{"x":{"type":1}}"#, #"{"type":"progress","done":false,"seq":1,"x":{"type":1}}"#),
    ]

    @Test(arguments: flat)
    func members(_ chunk: String, _ expected: String) {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p", .stream(.flat))
        runner.say(worker, worker.started("p"), worker.output("p", chunk))
        #expect(client.texts == [expected])
    }

    @Test func theFlatResult() {
        let runner = RecordingRunner.ready(streaming: false)
        let worker = runner.worker
        let client = runner.create("p", .stream(.flat))
        runner.say(worker, worker.started("p"), worker.output("p", #"{"a":1}"#), worker.done("p", isCollected: false))
        #expect(client.texts == [#"{"type":"result","done":true,"seq":1,"a":1}"#])
    }

    @Test(arguments: ["type", "done", "seq", "prediction_id", "\\u0074ype"], [true, false])
    func reservedKeysAreRefused(_ key: String, _ isChunk: Bool) {
        let runner = RecordingRunner.ready(streaming: isChunk)
        let worker = runner.worker
        let client = runner.create("p", .stream(.flat))
        let typed = runner.subscribe("p", .typed)
        runner.say(
            worker, worker.started("p"), worker.output("p", #"{"a":1,"\#(key)":2}"#),
            worker.done("p", isCollected: false))
        #expect(client.data("")?["error"]?["code"] == .string("reserved_key"))
        #expect(client.data("")?["done"] == .bool(true))
        #expect(client.events.count == 1)
        #expect(client.hasEnded)
        #expect(typed.data("")?["type"] == .string("result"), "the envelope bears any payload")
    }

    // MARK: Payloads

    /// Line breaks and separators in a payload: every profile, early and late readers, one event and the same value.
    @Test func chunksWithLineBreaks() {
        let chunks = ["{\n\"a\":\r\n1}", "[\r1,\n\n2]", "\"x\u{2028}\u{85}\"", "{\"b\":\n\"\u{2029}\"}"]
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let requests = [StreamRequest.cog, .typed, .flat]
        runner.create("p", .background)
        let early = requests.map { runner.subscribe("p", $0) }
        runner.say(worker, worker.started("p"))
        for chunk in chunks { runner.say(worker, worker.output("p", chunk)) }
        let fresh = RecordingRunner.ready()
        fresh.create("p", .background)
        fresh.say(fresh.worker, fresh.worker.started("p"))
        for chunk in chunks { fresh.say(fresh.worker, fresh.worker.output("p", chunk)) }
        let late = requests.map { fresh.subscribe("p", $0) }
        for client in early + late { #expect(client.reader.complaints == []) }
        let values = chunks.compactMap { try? JSONValue.parse($0) }
        for (client, key, count) in [
            (early[0], "chunk", 5), (late[0], "chunk", 5), (early[1], "data", 4), (late[1], "data", 4),
        ] {
            #expect(client.events.count == count)
            let found = client.texts.suffix(4).compactMap { try? JSONValue.parse($0)[key] }
            #expect(found == values)
        }
        for client in [early[2], late[2]] {
            #expect(client.events.count == 4)
            let objects = client.texts.compactMap { try? JSONValue.parse($0) }
            #expect(objects.count == 4)
            #expect(objects.first?["a"] == .number("1"))
            #expect(objects.last?["b"] == .string("\u{2029}"))
        }
    }

    /// Row C1: what a worker writes between the brackets comes out between the brackets.
    @Test(arguments: [
        "1.0", "1e400", "9223372036854775809", #"{"b":1,"a":2,"b":3}"#, #""\u0041\/""#, " 1 ", #""é👍""#,
        String(repeating: "[", count: 500) + String(repeating: "]", count: 500),
    ])
    func bytesPassUnchanged(_ chunk: String) {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p")
        let typed = runner.subscribe("p", .typed)
        runner.say(worker, worker.started("p"), worker.output("p", chunk), worker.done("p", isCollected: false))
        #expect(client.texts[1] == #"{"chunk":\#(chunk),"index":0}"#)
        #expect(typed.texts[0] == #"{"type":"chunk","done":false,"data":\#(chunk),"seq":1}"#)
        #expect(client.texts[2].contains(#""output":\#(chunk),"started_at""#))
    }

    /// What the worker says of its failure is passed on.
    @Test func aFailureWithItsKind() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p", .stream(.typed))
        let failure = RunFailure("boom", kind: "TimeoutError", isRetryable: true)
        runner.say(worker, worker.started("p"), worker.done("p", .failed(failure)))
        #expect(
            client.texts == [
                #"{"type":"error","done":true,"seq":1,"error":{"code":"prediction_failed","kind":"TimeoutError","message":"boom","retryable":true}}"#
            ])
    }

    // MARK: Opening late

    @Test(arguments: [StreamRequest.typed, .flat])
    func aProfileThatIsOpenedLateShowsTheSame(_ request: StreamRequest) {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        runner.create("p", .background)
        let early = runner.subscribe("p", request)
        runner.say(
            worker, worker.started("p"), worker.output("p", #"{"a":1}"#),
            worker.log("p", "a \"quoted\"\u{2028}line\n", .standardError), worker.metric("p", "m", "1"),
            worker.output("p", #"{"b,c":2}"#))
        let late = runner.subscribe("p", request)
        runner.say(worker, worker.output("p", "3"), worker.done("p"))
        let afterTheEnd = runner.subscribe("p", request)
        #expect(late.bytes == early.bytes)
        #expect(afterTheEnd.bytes == early.bytes)
    }

    @Test(arguments: [StreamRequest.typed, .flat])
    func openedFirstAfterTheEnd(_ request: StreamRequest) {
        let runners = [RecordingRunner.ready(), RecordingRunner.ready()]
        var clients: [ScriptedClient] = []
        for (place, runner) in runners.enumerated() {
            let worker = runner.worker
            runner.create("p", .background)
            if place == 0 { clients.append(runner.subscribe("p", request)) }
            runner.say(
                worker, worker.started("p"), worker.output("p", #"{"a":"x,y"}"#),
                worker.log("p", "l\",\"source\":\"x\n"),
                worker.output("p", "[1,{}]"), worker.done("p"))
            if place == 1 { clients.append(runner.subscribe("p", request)) }
        }
        #expect(clients[0].texts == clients[1].texts)
        #expect(clients[1].hasEnded)
    }

    @Test func resumingATypedStream() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p", .stream(.typed), put: true)
        runner.say(worker, worker.started("p"))
        for number in 1...5 { runner.say(worker, worker.output("p", "\(number)")) }
        let point = ResumePoint(lastEventID: client.events[2].id ?? "")
        runner.disconnect(client)
        guard let again = runner.join("p", .stream(.typed.resuming(point))) else { return }
        #expect(again.sequences == [4, 5])
        runner.say(worker, worker.done("p"))
        #expect(again.sequences == [4, 5, 6])
    }
}
