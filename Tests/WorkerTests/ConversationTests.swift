import Glibc
import Testing
import WireProtocol
import Worker

private struct Plain: ModelWorker {
    @Handler(concurrency: 3) var echo = { (input: String, run: RunContext) in input }
    @Streaming var file = { (input: String, run: RunContext) in [OutputFile(input, mime: "text/plain")] }
    @Streaming var batch = { (input: [String], run: RunContext) in
        Chunks<String> { emit in try emit(contentsOf: input) }
    }

    func healthCheck(_ model: Void) async throws { throw HandlerError("fever") }
}

@Suite struct ConversationTests {
    private let supervisor: ScriptedSupervisor

    init() throws {
        supervisor = try ScriptedSupervisor(Plain.self)
    }

    @Test func aWorkerThatIsAskedToEndEnds() throws {
        _ = try supervisor.prepare()
        try supervisor.send(.shutdown(graceMilliseconds: 1000))
        #expect(try supervisor.ended() == .ended)
    }

    @Test func aWorkerWithoutSupervisorEnds() throws {
        _ = try supervisor.prepare()
        supervisor.closeWriting()
        #expect(try supervisor.ended() == .ended)
    }

    @Test func anotherMajorVersionIsAnsweredAndThenLeft() throws {
        try supervisor.send(
            .hello(
                SupervisorHello(
                    version: ProtocolVersion(major: 2, minor: 0), supervisor: "x", spoolDirectory: "/tmp")))
        guard case .hello(let hello) = try supervisor.next() else { return }
        #expect(hello.version == .current)
        #expect(try supervisor.ended() == .protocolViolation)
    }

    @Test(arguments: [
        [UInt8](repeating: 0x77, count: 64),
        [0xFF, 0xFF, 0xFF, 0xFF, 0x02, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0x11, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0],
    ])
    func aSupervisorAtFaultIsLeft(bytes: [UInt8]) throws {
        _ = try supervisor.prepare()
        try supervisor.send(bytes)
        #expect(try supervisor.ended() == .protocolViolation)
    }

    @Test func anUnhealthyWorkerSaysSo() throws {
        _ = try supervisor.prepare()
        try supervisor.send(.healthCheck)
        #expect(try supervisor.next() == .healthResult(.unhealthy(error: "fever")))
    }

    // MARK: Files

    private func contents(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    private func write(_ text: String, to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        _ = Array(text.utf8).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
    }

    @Test func longOutputsGoByFileAndShortOnesDoNot() throws {
        _ = try supervisor.prepare(inline: 100)
        #expect(try supervisor.run("echo", "\"short\"").outputs == ["\"short\""])
        let long = "\"" + String(repeating: "x", count: 99) + "\""
        let messages = try supervisor.run("echo", long)
        guard messages.count == 3, case .spilledOutput(0, 1, let file) = messages[1] else {
            Issue.record("\(messages)")
            return
        }
        #expect(file.size == long.utf8.count)
        #expect(SpoolPath.fileName(of: file.path, in: supervisor.spool) != nil)
        #expect(contents(file.path) == long)
    }

    @Test func withoutTheCapabilityAllGoesInline() throws {
        _ = try supervisor.prepare(capabilities: [], inline: 100)
        let long = "\"" + String(repeating: "x", count: 1000) + "\""
        #expect(try supervisor.run("echo", long).outputs == [long])
    }

    @Test func whatFitsIntoNoFrameFailsTheRun() throws {
        let limit = ProtocolLimits.minimumPayloadLimit
        _ = try supervisor.prepare(capabilities: [], frame: limit)
        // The escapes make the output longer than the input was.
        let messages = try supervisor.run("echo", "\"" + String(repeating: "\u{85}", count: limit / 4) + "\"")
        guard case .failed(let failure)? = messages.outcome else { return }
        #expect(failure.kind == "OutputTooLarge")
        #expect(failure.error.contains("at most \(limit)"))
        #expect(try supervisor.run("echo", "\"still here\"").outputs == ["\"still here\""])
    }

    @Test func aBatchWithALongChunkKeepsItsOrder() throws {
        _ = try supervisor.prepare(inline: 50)
        let long = String(repeating: "x", count: 60)
        let messages = try supervisor.run("batch", #"["a","b","\#(long)","c"]"#)
        #expect(messages.outputs == ["\"a\"", "\"b\"", "\"c\""])
        guard messages.count == 6, case .spilledOutput(0, 3, _) = messages[3] else {
            Issue.record("\(messages)")
            return
        }
        #expect(messages.isCollected == true)
    }

    @Test func filesAreMovedIntoTheSpool() throws {
        _ = try supervisor.prepare()
        let path = supervisor.spool + "-file.txt"
        write("contents", to: path)
        let messages = try supervisor.run("file", "\"\(path)\"")
        guard case .fileOutput(0, 1, let file) = messages[1] else {
            Issue.record("\(messages)")
            return
        }
        #expect(file.mime == "text/plain")
        #expect(file.name == String(path.dropFirst("/tmp/".count)))
        #expect(contents(file.path) == "contents")
        #expect(contents(path) == nil)
        guard case .failed? = try supervisor.run("file", "\"\(path)\"").outcome else {
            Issue.record("a file that is not there cannot be output")
            return
        }
    }

    @Test func spilledRequestsAreReadAndDeleted() throws {
        _ = try supervisor.prepare()
        let path = supervisor.spool + "/request-1"
        let text = #"{"id":"p","handler":"echo","input":"spilled"}"#
        write(text, to: path)
        try supervisor.send(.spilledPredict(slot: 0, run: 1, SpillFile(path: path, size: text.utf8.count)))
        #expect(try supervisor.untilDone().outputs == ["\"spilled\""])
        #expect(contents(path) == nil)
    }

    @Test(arguments: ["/etc/hostname", "/request-none", "/../x"])
    func aWrongFileFailsTheRunOnly(name: String) throws {
        _ = try supervisor.prepare()
        let path = name.hasPrefix("/etc") ? name : supervisor.spool + name
        try supervisor.send(.spilledPredict(slot: 0, run: 1, SpillFile(path: path, size: 3)))
        guard case .failed(let failure)? = try supervisor.untilDone().outcome else { return }
        #expect(failure.kind == "InputError")
        try supervisor.send(
            .predict(
                slot: 0, run: 2, PredictRequest(id: "q", handler: "echo", input: RawJSON(unchecked: [0x22, 0x22]))))
        #expect(try supervisor.untilDone().outputs == ["\"\""])
    }

    /// Sockets between threads: 3 slots, many short runs, all ends match.
    @Test func manyRunsInSeveralSlots() throws {
        _ = try supervisor.prepare()
        var open = 0
        var ends = 0
        var free: [UInt16] = [0, 1, 2]
        for _ in 0..<2_000 {
            while free.isEmpty {
                if case .done(let slot, _, let outcome, _) = try supervisor.next() {
                    #expect(outcome == .succeeded)
                    free.append(slot)
                    ends += 1
                }
            }
            try supervisor.predict("echo", "\"x\"", slot: free.removeLast())
            open += 1
        }
        while ends < open {
            if case .done = try supervisor.next() { ends += 1 }
        }
    }
}
