import Testing
import WireProtocol

@Suite("Messages")
struct MessageTests {
    static let fromSupervisor: [SupervisorMessage] = [
        .hello(SupervisorHello(supervisor: "0.1.0", spoolDirectory: "/run/spool")),
        .hello(
            SupervisorHello(
                version: ProtocolVersion(major: 1, minor: 7), supervisor: "x", capabilities: [],
                maximumPayloadLength: 65_536, inlinePayloadLength: 0, spoolDirectory: "/")),
        .initialize(Initialization(deployment: "d")),
        .initialize(Initialization(deployment: "d", handler: "h", setup: RawJSON(unchecked: Array("{\"a\":1}".utf8)))),
        .predict(
            slot: 3, run: 9,
            PredictRequest(id: "é", handler: "h", input: RawJSON(unchecked: Array("{ \"x\" : 1.0 }".utf8)))),
        .spilledPredict(slot: 0, run: 1, SpillFile(path: "/run/spool/a", size: 2_000_000)),
        .cancel(slot: 0, run: 1),
        .uploaded(slot: 2, run: 4, UploadResult(number: 0, .url("https://files.example/out.png#1"))),
        .uploaded(slot: 0, run: 1, UploadResult(number: 7, .failed("refused"))),
        .ping(nonce: ProtocolLimits.maximumInteger),
        .healthCheck,
        .shutdown(graceMilliseconds: 5_000),
    ]

    static let fromWorker: [WorkerMessage] = [
        .hello(WorkerHello(worker: "echo/1.0", capabilities: ["spill", "later"])),
        .loading(LoadingProgress()),
        .loading(LoadingProgress(progress: 0.4, message: "shard 7/20")),
        .ready(HandlerManifest(handlers: [HandlerDescriptor(name: "echo")])),
        .ready(
            HandlerManifest(handlers: [
                HandlerDescriptor(
                    name: "generate", streaming: true, concurrency: 4, input: .emptyObject,
                    output: RawJSON(unchecked: Array("{\"type\":\"string\"}".utf8)), description: "Says \"hello\"."),
                HandlerDescriptor(name: "9.embed_x-y"),
            ])),
        .ready(
            HandlerManifest(
                handlers: [
                    HandlerDescriptor(
                        name: "predict", input: .emptyObject, trainingInput: .emptyObject, inputRules: .cog)
                ], openAPI: .emptyObject, versions: ["python": "3.11.7", "python_sdk": "0.23.1"],
                hasHealthCheck: true)),
        .setupFailed(SetupFailure(message: "no weights")),
        .setupFailed(SetupFailure(message: "no weights", kind: "OSError", traceback: "a\nb")),
        .started(slot: 0),
        .output(slot: 0, sequence: 1, RawJSON(unchecked: Array("\"to\u{2028}ken\"".utf8))),
        .spilledOutput(slot: 0, sequence: 2, SpillFile(path: "/run/spool/b", size: 0)),
        .fileOutput(slot: 0, sequence: 3, FileOutput(path: "/run/spool/c", mime: "image/png", name: "out.png")),
        .upload(
            slot: 0, sequence: 4,
            UploadRequest(number: 1, file: FileOutput(path: "/run/spool/d", mime: "image/png", name: "out.png"))),
        .log(slot: 0, sequence: 4, LogText(.standardOutput, "line\n".utf8)),
        .log(slot: nil, sequence: 0, LogText(.standardError, [0xFF, 0x0A])),
        .metric(slot: 0, sequence: 5, Metric(.append, name: "a.b", value: .null)),
        .done(slot: 0, sequence: 6, .succeeded, isCollected: true),
        .done(slot: 0, sequence: 6, .canceled, isCollected: false),
        .done(
            slot: 1, sequence: 0, .failed(RunFailure("no", kind: "ValueError", isRetryable: true)), isCollected: false),
        .heartbeat,
        .pong(nonce: 0),
        .healthResult(.healthy),
        .healthResult(.unhealthy(error: "out of memory")),
        .healthResult(.unhealthy(error: nil)),
    ]

    @Test("from the supervisor survive writing and reading", arguments: fromSupervisor)
    func roundTrip(message: SupervisorMessage) throws {
        var bytes: [UInt8] = []
        try message.encode(into: &bytes)
        try withFrame(bytes) { frame in
            let decoded = try SupervisorMessage.decode(frame)
            #expect(decoded == message)
        }
    }

    @Test("from the worker survive writing and reading", arguments: fromWorker)
    func roundTrip(message: WorkerMessage) throws {
        var bytes: [UInt8] = []
        try message.encode(into: &bytes)
        try withFrame(bytes) { frame in
            let decoded = try WorkerMessage.decode(frame)
            #expect(decoded == message)
        }
    }

    @Test("are refused by the reader of the other direction")
    func direction() throws {
        for message in Self.fromSupervisor {
            var bytes: [UInt8] = []
            try message.encode(into: &bytes)
            try withFrame(bytes) { frame in #expect(code { _ = try WorkerMessage.decode(frame) } == .wrongDirection) }
        }
        for message in Self.fromWorker {
            var bytes: [UInt8] = []
            try message.encode(into: &bytes)
            try withFrame(bytes) { frame in
                #expect(code { _ = try SupervisorMessage.decode(frame) } == .wrongDirection)
            }
        }
    }

    @Test("too long for a frame leave the buffer as it was")
    func tooLong() {
        var bytes: [UInt8] = [1, 2, 3]
        let message = WorkerMessage.log(slot: nil, sequence: 0, LogText(.standardOutput, "12345".utf8))
        do throws(ProtocolError) {
            try message.encode(into: &bytes, maximumPayloadLength: 4)
            Issue.record("a payload of 5 bytes went into a frame of 4")
        } catch {
            #expect(error.code == .payloadTooLong)
            #expect(error.fault == .local)
        }
        #expect(bytes == [1, 2, 3])
    }

    @Test("carry the input byte for byte", arguments: ["{\"a\" :1.0,\"a\":2}", "1e400", "\"\\u0041\"", "null"])
    func rawInput(input: String) throws {
        let payload = "{\"id\":\"p\",\"handler\":\"h\",\"input\": \(input) }"
        try withFrame(frame(.predict, payload, slot: 0, sequence: 1)) { frame in
            guard case .predict(0, 1, let request) = try SupervisorMessage.decode(frame) else {
                Issue.record("not a predict")
                return
            }
            #expect(request.input.bytes == Array(input.utf8))
            #expect(request.context == .emptyObject)
        }
    }

    @Test("name the member that is wrong, and its frame's offset")
    func wrongMember() throws {
        let bytes = frame(.metric, "{\"mode\":\"replace\",\"name\":7,\"value\":1}", slot: 0, sequence: 1)
        try withFrame(bytes) { frame in
            let error = error { _ = try WorkerMessage.decode(frame) }
            #expect(error?.description == "`metric.name` must be a string. (badPayload at byte 0)")
        }
    }

    @Test("ids compare by bytes")
    func ids() throws {
        #expect(PredictionID("\u{E9}") != PredictionID("e\u{301}"))
        #expect(Set([PredictionID("\u{E9}"), PredictionID("e\u{301}")]).count == 2)
        #expect(PredictionID("") == nil)
        #expect(PredictionID(String(repeating: "x", count: 255)) != nil)
        #expect(PredictionID(String(repeating: "é", count: 128)) == nil)
    }

    @Test(
        "spool paths lie directly in the directory",
        arguments: [
            ("/s/a", "a"), ("/s/.a", ".a"), ("/s/..a", "..a"), ("/s/", nil), ("/s", nil), ("/s/.", nil), ("/s/..", nil),
            ("/s/a/b", nil), ("/s//a", nil), ("/s/../a", nil), ("/t/a", nil), ("a", nil), ("", nil), ("/s/a\0b", nil),
        ] as [(String, String?)])
    func spoolPaths(path: String, name: String?) {
        #expect(SpoolPath.fileName(of: path, in: "/s") == name)
    }

    // MARK: Bytes and frames

    func frame(_ type: FrameType, _ payload: String, slot: UInt16, sequence: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        FrameHeader(type, slot: slot, sequence: sequence, payloadLength: UInt32(payload.utf8.count)).append(to: &bytes)
        return bytes + Array(payload.utf8)
    }

    func withFrame(_ bytes: [UInt8], _ body: (Frame) throws -> Void) throws {
        var decoder = FrameDecoder()
        try bytes.withUnsafeBytes { input in
            var position = 0
            try body(try #require(try decoder.next(from: input, at: &position)))
            #expect(position == bytes.count)
        }
    }

    func error(_ body: () throws -> Void) -> ProtocolError? {
        do {
            try body()
            return nil
        } catch {
            return error as? ProtocolError
        }
    }

    func code(_ body: () throws -> Void) -> ProtocolError.Code? { error(body)?.code }
}
