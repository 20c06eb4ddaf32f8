import Testing
import WireProtocol

/// A cancel in each situation, with Cog's answers.
struct CancelTests {
    private static let waits = RunningSupervisor.script(#"["emit","a"]"#, #"["await-cancel"]"#)

    @Test func runningStream() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let stream = try server.stream("PUT", "/predictions/x", Self.waits)
        try stream.next { $0.name == "output" }
        let answer = try server.request("POST", "/predictions/x/cancel")
        #expect(answer.status == 200)
        #expect(answer.text == "{}")
        #expect(answer["content-type"] == "application/json")
        let last = try #require(try stream.all().last)
        #expect(last.name == "completed")
        #expect(last.json?["status"]?.stringValue == "canceled")
        #expect(last.json?["output"]?.arrayValue?.count == 1)
        // Finished now: nothing is left to cancel.
        let late = try server.request("POST", "/predictions/x/cancel")
        #expect(late.status == 404)
        #expect(late.text == "{}")
    }

    @Test func repeatedWhileItRuns() throws {
        let server = try RunningSupervisor(gates: ["next"])
        try server.waitUntilReady()
        let stream = try server.stream(
            "PUT", "/predictions/x", RunningSupervisor.script(#"["emit","a"]"#, #"["gate","next"]"#))
        try stream.next { $0.name == "output" }
        for _ in 0..<3 {
            let answer = try server.request("POST", "/predictions/x/cancel")
            #expect(answer.status == 200)
            #expect(answer.text == "{}")
        }
        // The slot stays taken until the worker reacts, and a run that ignored the cancel counts as canceled.
        server.gate("next").open()
        #expect(try stream.all().last?.json?["status"]?.stringValue == "canceled")
    }

    @Test func waitingClientGetsItsAnswer() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let waiting = try server.connect()
        try waiting.send(
            "PUT", "/predictions/x", headers: [(name: "content-type", value: "application/json")],
            body: Array(Self.waits.utf8))
        let watcher = try server.stream("GET", "/predictions/x/events")
        guard watcher.head.status == 200 else { return try repeatUntilKnown(server, waiting) }
        try watcher.next { $0.name == "output" }
        #expect(try server.request("POST", "/predictions/x/cancel").status == 200)
        let answer = try waiting.response()
        #expect(answer.status == 200)
        #expect(try JSONValue.parse(answer.body)["status"]?.stringValue == "canceled")
    }

    /// The two requests came on different connections, so the second may have overtaken the first.
    private func repeatUntilKnown(_ server: RunningSupervisor, _ waiting: Client) throws {
        var status = 404
        while status == 404 { status = try server.request("GET", "/predictions/x").status }
        #expect(try server.request("POST", "/predictions/x/cancel").status == 200)
        #expect(try JSONValue.parse(try waiting.response().body)["status"]?.stringValue == "canceled")
    }

    @Test func unknown() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        for id in ["never", "%2E%2E%2F%2E%2E", String(repeating: "a", count: 255)] {
            let answer = try server.request("POST", "/predictions/\(id)/cancel")
            #expect(answer.status == 404)
            #expect(answer.text == "{}")
        }
    }

    @Test(arguments: ["PUT", "POST"]) func beforeItsCreation(_ method: String) throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        #expect(try server.request("POST", "/predictions/early/cancel").status == 404)
        let answer =
            method == "PUT"
            ? try server.request("PUT", "/predictions/early", #"{"input":{}}"#)
            : try server.request("POST", "/predictions", #"{"id":"early","input":{}}"#)
        #expect(answer.status == 200)
        #expect(try JSONValue.parse(answer.body)["status"]?.stringValue == "canceled")
        // Taken up once: the next run of that id goes through.
        let again = try server.request("PUT", "/predictions/early", #"{"input":{"other":1}}"#)
        #expect(try JSONValue.parse(again.body)["status"]?.stringValue == "succeeded")
    }

    @Test func beforeItsCreationAsAStream() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        _ = try server.request("POST", "/predictions/early/cancel")
        let events = try server.stream("PUT", "/predictions/early", "{}").all()
        #expect(events.map(\.name) == ["start", "completed"])
        #expect(events.last?.json?["status"]?.stringValue == "canceled")
    }

    @Test func leavingClientsCancel() throws {
        let server = try RunningSupervisor(settings: #","streaming":{"put_disconnect_grace":0}"#)
        try server.waitUntilReady()
        for (method, path) in [("POST", "/predictions"), ("PUT", "/predictions/x")] {
            let stream = try server.stream(method, path, Self.waits)
            try stream.next { $0.name == "output" }
            let id = try #require(stream.head["x-prediction-id"])
            let witness = try server.stream("GET", "/predictions/\(id)/events")
            try witness.next { $0.name == "output" }
            stream.client.abort()
            // One reader is left, so nothing happens until it goes too.
            #expect(try server.request("GET", "/predictions/\(id)").text.contains("\"processing\""))
            witness.client.abort()
            try waitForStatus("canceled", of: id, server)
        }
    }

    @Test func leavingSyncClientCancelsThoughOthersRead() throws {
        let server = try RunningSupervisor(gates: ["go"])
        try server.waitUntilReady()
        let waiting = try server.connect()
        try waiting.send(
            "PUT", "/predictions/x", headers: [(name: "content-type", value: "application/json")],
            body: Array(Self.waits.utf8))
        try waitForStatus("processing", of: "x", server)
        let reader = try server.stream("GET", "/predictions/x/events")
        try reader.next { $0.name == "output" }
        waiting.abort()
        #expect(try reader.all().last?.json?["status"]?.stringValue == "canceled")
    }

    @Test func backgroundRunsOutliveTheirReaders() throws {
        let server = try RunningSupervisor(gates: ["next"])
        try server.waitUntilReady()
        let script = RunningSupervisor.script(#"["emit","a"]"#, #"["gate","next"]"#)
        let accepted = try server.request(
            "PUT", "/predictions/x", script, headers: [(name: "prefer", value: "respond-async")])
        #expect(accepted.status == 202)
        #expect(accepted.text == #"{"id":"x","status":"starting"}"#)
        let reader = try server.stream("GET", "/predictions/x/events")
        try reader.next { $0.name == "output" }
        reader.client.abort()
        server.gate("next").open()
        try waitForStatus("succeeded", of: "x", server)
    }

    /// A stream that was started by PUT can be come back to.
    @Test func putStreamSurvivesItsLastReader() throws {
        let server = try RunningSupervisor(gates: ["next"])
        try server.waitUntilReady()
        let script = RunningSupervisor.script(#"["emit","a"]"#, #"["gate","next"]"#, #"["emit","b"]"#)
        let first = try server.stream("PUT", "/predictions/x", script)
        try first.next { $0.name == "output" }
        first.client.abort()
        let back = try server.stream(
            "PUT", "/predictions/x", "{}", headers: [(name: "last-event-id", value: first.lastEventID)])
        server.gate("next").open()
        let events = try back.all()
        #expect(events.map(\.name) == ["output", "completed"])
        #expect(events.last?.json?["status"]?.stringValue == "succeeded")
    }

    /// Asks again until the status is there: each answer comes from a turn of the loop that lies behind the last.
    private func waitForStatus(_ status: String, of id: String, _ server: RunningSupervisor) throws {
        let deadline = Deadline()
        var last = ""
        while !deadline.isOver {
            last = try server.request("GET", "/predictions/\(id)").text
            if last.contains("\"status\":\"\(status)\"") { return }
        }
        throw Failure("no \(status) but \(last)")
    }

    @Test func floodOfUnknownCancelsLeavesMemoryFlat() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let client = try server.connect()
        let batch = 250
        func flood(_ range: Range<Int>) throws {
            for start in stride(from: range.lowerBound, to: range.upperBound, by: batch) {
                var requests = ""
                for id in start..<(start + batch) {
                    requests += "POST /predictions/unknown-\(id)/cancel HTTP/1.1\r\nhost: t\r\n\r\n"
                }
                try client.send(requests)
                for _ in 0..<batch {
                    let answer = try client.response()
                    guard answer.status == 404 else { throw Failure("status \(answer.status)") }
                }
            }
        }
        // Long enough to fill what is kept of the log for operators: that grows, up to its bound.
        try flood(0..<20_000)
        let before = try server.residentBytes()
        try flood(20_000..<100_000)
        let growth = try server.residentBytes() - before
        #expect(growth < 2 << 20, "grew by \(growth) bytes")
        #expect(try server.request("POST", "/predictions", "{}").status == 200)
    }
}
