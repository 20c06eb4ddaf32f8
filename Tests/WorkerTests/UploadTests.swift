import Glibc
import Testing
import WireProtocol
import Worker

private struct Painter: ModelWorker {
    /// The files of these paths with a text between them.
    @Streaming var paint = { (input: [String], run: RunContext) in
        Chunks<RawJSON> { _ in
            for path in input {
                try run.emit(OutputFile(path, mime: "image/png"))
                try run.emit("between")
            }
        }
    }

    @Handler(concurrency: 2) var picture = { (input: String, run: RunContext) in OutputFile(input) }
}

struct UploadTests {
    private let supervisor: ScriptedSupervisor

    init() throws {
        supervisor = try ScriptedSupervisor(Painter.self)
        _ = try supervisor.prepare(capabilities: [Capability.spill, Capability.upload])
    }

    private func file(_ name: String) -> String {
        let path = "\(supervisor.spool)-\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        close(descriptor)
        return path
    }

    /// The next message that asks for an upload, the others before it passed over.
    private func nextUpload() throws -> (slot: UInt16, UploadRequest) {
        while true {
            if case .upload(let slot, _, let request) = try supervisor.next() { return (slot, request) }
        }
    }

    private func answer(_ run: UInt64, _ number: UInt64, _ outcome: UploadResult.Outcome, slot: UInt16 = 0) throws {
        try supervisor.send(.uploaded(slot: slot, run: run, UploadResult(number: number, outcome)))
    }

    @Test func addressesStandWhereTheFilesWere() throws {
        let run = try supervisor.predict("paint", #"["\#(file("a.png"))","\#(file("b.png"))"]"#)
        let (_, first) = try nextUpload()
        #expect(first.number == 0)
        #expect(first.file.name.hasSuffix("-a.png"))
        #expect(first.file.mime == "image/png")
        #expect(SpoolPath.fileName(of: first.file.path, in: supervisor.spool) != nil)
        try answer(run, 0, .url("http://x/a"))
        guard case .output(_, _, let address) = try supervisor.next(), case .output = try supervisor.next() else {
            Issue.record("the address comes at once")
            return
        }
        #expect(address.description == #""http://x/a""#)
        #expect(try nextUpload().1.number == 1)
        try answer(run, 1, .url("http://x/b"))
        let rest = try supervisor.untilDone()
        #expect(rest.outputs == [#""http://x/b""#, #""between""#])
        #expect(rest.outcome == .succeeded)
        #expect(rest.isCollected == true)
    }

    @Test func aValueStaysAValue() throws {
        let run = try supervisor.predict("picture", "\"\(file("c.png"))\"")
        _ = try nextUpload()
        try answer(run, 0, .url("http://x/c"))
        let messages = try supervisor.untilDone()
        #expect(messages.outputs == [#""http://x/c""#])
        #expect(messages.isCollected == false)
    }

    @Test func aFailureIsTheRuns() throws {
        let run = try supervisor.predict("picture", "\"\(file("d.png"))\"")
        _ = try nextUpload()
        try answer(run, 0, .failed("no"))
        guard case .failed(let failure)? = try supervisor.untilDone().outcome else {
            Issue.record("it failed")
            return
        }
        #expect(failure.error == "Failed to upload output: no")
    }

    @Test func aCancelEndsTheWait() throws {
        let run = try supervisor.predict("picture", "\"\(file("e.png"))\"")
        _ = try nextUpload()
        try supervisor.send(.cancel(slot: 0, run: run))
        #expect(try supervisor.untilDone().outcome == .canceled)
    }

    @Test func runsWaitForTheirOwnAnswerOnly() throws {
        let first = try supervisor.predict("picture", "\"\(file("f.png"))\"", slot: 0)
        _ = try nextUpload()
        let second = try supervisor.predict("picture", "\"\(file("g.png"))\"", slot: 1)
        _ = try nextUpload()
        try answer(second, 0, .url("http://x/g"), slot: 1)
        #expect(try supervisor.untilDone().outputs == [#""http://x/g""#])
        try answer(first, 0, .url("http://x/f"), slot: 0)
        #expect(try supervisor.untilDone().outputs == [#""http://x/f""#])
    }
}
