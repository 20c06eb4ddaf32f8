import Glibc
import Testing
import WireProtocol

/// Workers that are written with our library, through the whole of the product.
struct LibraryWorkerTests {
    private func start() throws -> RunningSupervisor {
        let server = try RunningSupervisor(
            [TestDeployment(members: #","handler":"fixture""#, command: [Executable.fixtureWorker])])
        try server.waitUntilReady()
        return server
    }

    private func output(_ server: RunningSupervisor, _ input: String) throws -> [String] {
        let answer = try server.request("POST", "/predictions", #"{"input":\#(input)}"#)
        let body = try JSONValue.parse(answer.body)
        guard body["status"]?.stringValue == "succeeded" else { throw Failure(answer.text) }
        return body["output"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }

    @Test func tokensOfABatchArriveInOrder() throws {
        let server = try start()
        let events = try server.stream("POST", "/predictions", #"{"input":{"mode":"batch","count":10000}}"#).all()
        let outputs = events.filter { $0.name == "output" }
        #expect(outputs.count == 10_000)
        for (index, event) in outputs.enumerated() { #expect(event.data.hasSuffix(",\"index\":\(index)}")) }
    }

    /// Standard input is at its end, the death pipe and the frame pipes are out of the way, and nothing of the
    /// supervisor's is there.
    @Test func descriptors() throws {
        let server = try start()
        let table = try output(server, #"{"mode":"descriptors"}"#)
        let standard = table.filter { ["0", "1", "2"].contains($0.split(separator: " ").first) }
        #expect(standard.contains("0 /dev/null"))
        #expect(standard.filter { $0.contains("pipe:") }.count == 2)
        #expect(!table.contains { $0.contains(server.directory.path) }, "\(table)")
        #expect(!table.contains { $0.contains("socket:") }, "\(table)")
        #expect(try output(server, #"{"mode":"standard-input"}"#).isEmpty)
    }

    @Test func inputIsCheckedByItsSchema() throws {
        let server = try start()
        let answer = try server.request("POST", "/predictions", #"{"input":{"count":-1,"model":"huge"}}"#)
        #expect(answer.status == 422)
        let fields = try JSONValue.parse(answer.body)["detail"]?.arrayValue?.compactMap {
            $0["loc"]?.arrayValue?.last?.stringValue
        }
        #expect(fields.map(Set.init) == ["count", "model"])
    }

    @Test func cancelIsCooperative() throws {
        let server = try start()
        let stream = try server.stream("PUT", "/predictions/x", #"{"input":{"mode":"wait"}}"#)
        try stream.next { $0.name == "output" }
        #expect(try server.request("POST", "/predictions/x/cancel").status == 200)
        #expect(try stream.all().last?.json?["status"]?.stringValue == "canceled")
        #expect(try output(server, #"{"mode":"echo","text":"still here"}"#) == ["still here"])
    }

    @Test func printsAreLogs() throws {
        let server = try start()
        let answer = try server.request(
            "POST", "/predictions", #"{"input":{"mode":"print","text":"out\n","kind":"err\n","count":1}}"#)
        let logs = try JSONValue.parse(answer.body)["logs"]?.stringValue ?? ""
        #expect(logs.contains("out\n") && logs.contains("err\n"))
    }

    @Test(arguments: [
        #"{"mode":"crash","code":11}"#, #"{"mode":"exit","code":3}"#, #"{"mode":"half-frame","code":1}"#,
        #"{"mode":"garbage"}"#, #"{"mode":"huge-length"}"#, #"{"mode":"wrong-sequence"}"#,
        #"{"mode":"repeated-sequence"}"#, #"{"mode":"idle-slot"}"#, #"{"mode":"invalid-utf8"}"#,
    ])
    func everyFaultEndsInAFailureWithAllTokens(_ input: String) throws {
        let server = try start()
        let events = try server.stream("POST", "/predictions", #"{"input":\#(input)}"#).all()
        #expect(events.map(\.name) == ["start", "output", "output", "output", "completed"])
        #expect(events.last?.json?["status"]?.stringValue == "failed")
        try server.waitUntilReady()
        #expect(try output(server, #"{"mode":"echo","text":"again"}"#) == ["again"])
    }

    @Test func fileOutput() throws {
        let server = try start()
        let files = try output(server, #"{"mode":"file","text":"hello\n"}"#)
        #expect(files.count == 1)
        #expect(files[0].hasSuffix(";base64,aGVsbG8K"))
    }

    @Test(arguments: [100, 3 << 20]) func textOfAnySize(_ size: Int) throws {
        let server = try start()
        let texts = try output(server, #"{"mode":"large","size":\#(size)}"#)
        #expect(texts.map(\.utf8.count) == [size])
    }

    /// Its runs and the stacks of its threads go to the log, and nothing ends.
    @Test func quitShowsWhatAWorkerIsDoing() throws {
        let directory = try TestDirectory()
        let pace = try Pace("\(directory.path)/pace")
        let server = try RunningSupervisor(
            [TestDeployment(members: #","handler":"fixture""#, command: [Executable.fixtureWorker])])
        let worker = try server.waitUntilReady()[0]
        let stream = try paced(server, pace)
        for _ in 0..<2 {
            kill(worker, SIGQUIT)
            // Printed while this run is the only one, so part of its log.
            var text = ""
            while !text.contains("process \(worker) goes on") {
                text += try stream.next { $0.name == "log" }.json?["data"]?.stringValue ?? ""
            }
            #expect(text.contains("SIGQUIT: slot 0: run 1 of `fixture`"), "\(text)")
            // The run waits for its pace in `read`.
            #expect(text.contains("(read+0x"), "\(text)")
        }
        pace.step()
        #expect(try stream.all().last?.json?["status"]?.stringValue == "succeeded")
    }

    @Test func killedSupervisorTakesItsWorkerAlong() throws {
        let directory = try TestDirectory()
        let pace = try Pace("\(directory.path)/pace")
        let server = try start()
        let stream = try paced(server, pace)
        pace.leaveToTheWorker()
        server.signal(.kill)
        try pace.waitForTheWorkerToEnd(Deadline.milliseconds(2_000))
        #expect(try stream.next() == nil)
        #expect(!stream.isComplete)
        try server.waitForEnd()
    }

    @Test func stopLetsARunFinish() throws {
        let directory = try TestDirectory()
        let pace = try Pace("\(directory.path)/pace")
        let server = try start()
        let stream = try paced(server, pace)
        server.signal(.terminate)
        try server.waitForLog("it begins to stop") { $0.message == "stopping" }
        pace.step()
        #expect(try stream.all().last?.json?["status"]?.stringValue == "succeeded")
        #expect(try server.waitForEnd() == .exited(code: 0))
    }

    /// A stream of two tokens, the first of which has arrived.
    private func paced(_ server: RunningSupervisor, _ pace: Pace) throws -> EventStream {
        let stream = try server.stream(
            "POST", "/predictions", #"{"input":{"mode":"stream","count":2,"path":\#(pace.path.json)}}"#)
        pace.step()
        try stream.next { $0.name == "output" }
        return stream
    }
}
