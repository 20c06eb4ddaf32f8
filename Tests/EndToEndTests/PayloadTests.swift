import Testing
import WireProtocol

/// Payloads that are too large for a pipe.
struct PayloadTests {
    private static let mebibyte = 1 << 20

    /// Through the pipe, by file, and far beyond what a frame may hold.
    @Test(arguments: [1 << 10, 2 << 20, 80 << 20]) func inputsOfAnySizeArriveWhole(_ size: Int) throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let body = #"{"input":{"do":[["report-input"]],"blob":"\#(String(repeating: "x", count: size))"}}"#
        let answer = try server.request("POST", "/predictions", body)
        #expect(answer.status == 200)
        let report = try #require(try JSONValue.parse(answer.body)["output"]?.arrayValue?.first?.arrayValue)
        #expect(report[0].integerValue == size)
        try expectEmptySpool(server)
    }

    private func expectEmptySpool(_ server: RunningSupervisor) throws {
        let folder = try #require(TestDirectory.names(in: server.stateDirectory).first)
        #expect(TestDirectory.names(in: "\(server.stateDirectory)/\(folder)/spool").isEmpty)
    }

    @Test func inputThatFitsNoFrameFailsAndTheNextRuns() throws {
        let server = try RunningSupervisor(
            [TestDeployment(start: "no-spill")], settings: #","limits":{"frame":"1MiB"}"#)
        try server.waitUntilReady()
        let body = #"{"input":{"blob":"\#(String(repeating: "x", count: 2 * Self.mebibyte))"}}"#
        let answer = try JSONValue.parse(try server.request("POST", "/predictions", body).body)
        #expect(answer["status"]?.stringValue == "failed")
        #expect(answer["error"]?.stringValue?.contains("larger than") == true)
        for _ in 0..<5 {
            let next = try server.request("POST", "/predictions", "{}")
            #expect(try JSONValue.parse(next.body)["status"]?.stringValue == "succeeded", "\(next.text)")
        }
        #expect(try server.health() == "READY")
    }

    @Test func largeOutputsByFileKeepTheirPlace() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let script = RunningSupervisor.script(
            #"["emit","before"]"#, #"["spill",\#(4 * Self.mebibyte)]"#, #"["log","between\n"]"#,
            #"["spill",\#(2 * Self.mebibyte)]"#,
            #"["emit","after"]"#)
        let events = try server.stream("POST", "/predictions", script).all()
        #expect(events.map(\.name) == ["start", "output", "output", "log", "output", "output", "completed"])
        #expect(events[2].data.utf8.count > 4 * Self.mebibyte)
        #expect(events[4].data.utf8.count > 2 * Self.mebibyte)
        #expect(events[5].data == #"{"chunk":"after","index":3}"#)
        try expectEmptySpool(server)
    }

    @Test func outputFileOfAWorkerThatDiesIsDelivered() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let script = RunningSupervisor.script(#"["spill",\#(8 * Self.mebibyte)]"#, #"["emit","last"]"#, #"["kill"]"#)
        let events = try server.stream("POST", "/predictions", script).all()
        #expect(events.map(\.name) == ["start", "output", "output", "completed"])
        #expect(events.last?.json?["status"]?.stringValue == "failed")
    }

    @Test func filesBecomeDataURLs() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let script = RunningSupervisor.script(#"["file","hello\n","text/plain"]"#, #"["file","","image/png"]"#)
        let answer = try JSONValue.parse(try server.request("POST", "/predictions", script).body)
        #expect(
            answer["output"]?.arrayValue?.compactMap(\.stringValue)
                == ["data:text/plain;base64,aGVsbG8K", "data:image/png;base64,"])
        try expectEmptySpool(server)
    }

    @Test func outputBeyondTheCapFailsClearly() throws {
        let server = try RunningSupervisor([TestDeployment(members: #","limits":{"output":"1MiB"}"#)])
        try server.waitUntilReady()
        for step in [#"["spill",\#(2 * Self.mebibyte)]"#, #"["burst",2000,1000]"#] {
            let answer = try JSONValue.parse(
                try server.request("POST", "/predictions", RunningSupervisor.script(step, #"["emit",1]"#)).body)
            #expect(answer["status"]?.stringValue == "failed")
            let error = answer["error"]?.stringValue ?? ""
            #expect(error.contains("larger than 1048576 bytes"))
        }
        try server.waitUntilReadyAgain()
        #expect(try server.request("POST", "/predictions", "{}").text.contains("succeeded"))
    }

    @Test func logsBeyondTheCapEndWithANotice() throws {
        let server = try RunningSupervisor([TestDeployment(members: #","limits":{"logs":"4KiB"}"#)])
        try server.waitUntilReady()
        let line = String(repeating: "l", count: 1000)
        let steps = (0..<10).map { _ in #"["log","\#(line)\n"]"# }.joined(separator: ",")
        let stream = try server.stream("POST", "/predictions", #"{"input":{"do":[\#(steps)]}}"#)
        let events = try stream.all()
        // Streams get all of it; what is kept is bounded.
        #expect(events.filter { $0.name == "log" }.count == 10)
        let kept = try #require(events.last?.json?["logs"]?.stringValue)
        #expect(kept.utf8.count < 5_000)
        #expect(kept.hasPrefix(line))
        #expect(!kept.hasSuffix(line + "\n"))
    }
}
