import Testing
import WireProtocol

/// Which answer a stream gets instead of events, and what the capacity of the history means.
struct StreamRulesTests {
    @Test func handlerThatDidNotOptIn() throws {
        let server = try RunningSupervisor(
            [
                TestDeployment(manifest: TestDeployment.plain, start: "gate:ready")
            ], gates: ["ready"])
        try server.waitUntilListening()
        // Whether it streams is not known before its manifest is.
        #expect(try server.stream("POST", "/predictions", "{}").head.status == 503)
        #expect(try server.request("POST", "/predictions", "{}").status == 503)
        #expect(try server.health() == "STARTING")
        #expect(try server.request("GET", "/openapi.json").status == 503)
        server.gate("ready").open()
        try server.waitUntilReady()
        let refused = try server.stream("POST", "/predictions", "{}")
        #expect(refused.head.status == 406)
        #expect(try server.request("PUT", "/predictions/x", "{}").status == 200)
        #expect(try server.stream("GET", "/predictions/x/events").head.status == 406)
        let typed = try server.stream(
            "POST", "/gen/stream", RunningSupervisor.script(#"["emit","hello"]"#, #"["done",0]"#)
        ).all()
        #expect(typed.map(\.name) == ["message"])
        #expect(typed[0].json?["type"]?.stringValue == "result")
        #expect(typed[0].json?["output"]?.stringValue == "hello")
    }

    @Test func readerThatHasSeenEverything() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let stream = try server.stream("PUT", "/predictions/x", "{}")
        let last = try #require(try stream.all().last)
        let headers = [(name: "last-event-id", value: last.id)]
        let answer = try server.request("GET", "/predictions/x/events", headers: headers)
        #expect(answer.status == 204)
        #expect(answer.body.isEmpty)
        let again = try server.stream("PUT", "/predictions/x", "{}", headers: headers)
        #expect(again.head.status == 200)
        #expect(try again.all().isEmpty)
        #expect(try server.request("GET", "/predictions/unknown/events").status == 404)
    }

    @Test func readersBeyondTheCaps() throws {
        let server = try RunningSupervisor(
            settings: #","limits":{"subscribers_per_prediction":2,"subscribers":3}"#, gates: ["go"])
        try server.waitUntilReady()
        let script = RunningSupervisor.script(#"["emit","a"]"#, #"["gate","go"]"#)
        let streams = [
            try server.stream("PUT", "/predictions/x", script), try server.stream("GET", "/predictions/x/events"),
        ]
        let refused = try server.request(
            "PUT", "/predictions/x", "{}", headers: [(name: "accept", value: "text/event-stream")])
        #expect(refused.status == 429)
        #expect(refused.text == #"{"error":"Too many stream subscribers","status":"failed"}"#)
        let third = try server.stream("PUT", "/predictions/y", script)
        #expect(third.head.status == 200)
        let beyond = try server.stream("POST", "/predictions", script)
        #expect(beyond.head.status == 503)
        // A place that is given up can be taken.
        server.gate("go").open(2)
        for stream in streams { #expect(try stream.all().last?.name == "completed") }
        #expect(try third.all().last?.name == "completed")
        #expect(try server.stream("GET", "/predictions/x/events").all().last?.name == "completed")
    }

    @Test func capacityZeroMeansLiveOnly() throws {
        let server = try RunningSupervisor(
            gates: ["go"], environment: [(name: "COG_STREAM_HISTORY_CAPACITY", value: "0")])
        try server.waitUntilReady()
        let first = try server.stream(
            "PUT", "/predictions/x", #"{"input":{"do":[["emit","a"],["gate","go"],["emit","b"]]}}"#)
        try first.next { $0.name == "output" }
        let late = try server.stream("PUT", "/predictions/x", "{}")
        #expect(late.head.status == 200)
        server.gate("go").open()
        #expect(try late.all().map(\.name) == ["output", "completed"])
        #expect(try late.all() == Array(first.all().suffix(2)))
    }

    @Test func capacityThatIsTooSmall() throws {
        let server = try RunningSupervisor(
            gates: ["go"], environment: [(name: "COG_STREAM_HISTORY_CAPACITY", value: "2")])
        try server.waitUntilReady()
        let first = try server.stream(
            "PUT", "/predictions/x",
            #"{"input":{"do":[["emit","a"],["emit","b"],["emit","c"],["gate","go"],["emit","d"]]}}"#)
        try first.next { $0.data.contains("\"c\"") }
        let onCogsRoute = try server.stream("PUT", "/predictions/x", "{}").all()
        #expect(onCogsRoute.count == 1)
        #expect(onCogsRoute[0].name == "error")
        #expect(onCogsRoute[0].data == #"{"error":"SSE stream replay truncated; events were dropped","skipped":2}"#)
        let onEvents = try server.stream("GET", "/predictions/x/events")
        #expect(onEvents.head["x-prediction-replay"] == "truncated")
        server.gate("go").open()
        let events = try onEvents.all()
        #expect(events.map(\.name) == ["start", "gap", "output", "output", "output", "completed"])
        // The one that was there from the start has missed nothing.
        #expect(try first.all().map(\.name) == ["start", "output", "output", "output", "output", "completed"])
    }

    @Test(arguments: ["many", "-1", "1.5", ""]) func capacityThatIsNoNumber(_ value: String) throws {
        let server = try RunningSupervisor(environment: [(name: "COG_STREAM_HISTORY_CAPACITY", value: value)])
        if !value.isEmpty {
            let line = try server.waitForLog("the warning") { $0.message.contains("COG_STREAM_HISTORY_CAPACITY") }
            #expect(line.level == "warning")
            #expect(line.message.contains(value))
            #expect(line.message.contains("1024"))
        }
        try server.waitUntilReady()
        #expect(try server.stream("POST", "/predictions", "{}").all().last?.name == "completed")
    }

    @Test func allSlotsBusy() throws {
        let server = try RunningSupervisor([TestDeployment(members: #","concurrency":1"#)], gates: ["go"])
        try server.waitUntilReady()
        let running = try server.stream(
            "PUT", "/predictions/x", RunningSupervisor.script(#"["emit",1]"#, #"["gate","go"]"#))
        try running.next { $0.name == "output" }
        #expect(try server.health() == "BUSY")
        for accept in ["*/*", "text/event-stream"] {
            let answer = try server.request(
                "POST", "/predictions", "{}", headers: [(name: "accept", value: accept)])
            #expect(answer.status == 409)
            #expect(answer.text == #"{"error":"At capacity - all prediction slots busy","status":"failed"}"#)
        }
        server.gate("go").open()
        _ = try running.all()
        // One client's requests, one after another, never meet its own last run.
        let client = try server.connect()
        for _ in 0..<200 {
            try client.send(
                "POST", "/predictions", headers: [(name: "content-type", value: "application/json")],
                body: Array("{}".utf8))
            guard try client.response().status == 200 else { throw Failure("the slot was not free") }
        }
    }

    @Test func typedStream() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let stream = try server.stream(
            "POST", "/gen/stream", #"{"input":{"do":[["emit",{"type":"x","done":true}],["log","l\n"],["emit",2]]}}"#)
        let events = try stream.all().compactMap(\.json)
        #expect(events.map { $0["type"]?.stringValue } == ["chunk", "log", "chunk", "result"])
        #expect(events.map { $0["done"]?.boolValue } == [false, false, false, true])
        #expect(events[0]["data"]?["type"]?.stringValue == "x")
        #expect(events.last?["output"]?.arrayValue?.count == 2)
        let failed = try server.stream("POST", "/gen/stream", RunningSupervisor.script(#"["fail","boom"]"#)).all()
        #expect(failed.last?.json?["type"]?.stringValue == "error")
        #expect(failed.last?.json?["done"]?.boolValue == true)
        #expect(failed.last?.json?["error"]?["message"]?.stringValue == "boom")
        let crashed = try server.stream("POST", "/gen/stream", RunningSupervisor.script(#"["kill"]"#)).all()
        #expect(crashed.last?.json?["error"]?["code"]?.stringValue == "worker_exited")
        #expect(try server.stream("POST", "/gen/stream", "{}").head.status == 503)
        let unknown = try server.request("POST", "/nobody/stream", "{}")
        #expect(unknown.status == 404)
        #expect(try JSONValue.parse(unknown.body)["error"]?["code"]?.stringValue == "unknown_deployment")
    }

    /// Nothing is kept of what has ended, also for those who still read it.
    @Test func noRetention() throws {
        let server = try RunningSupervisor(
            settings: #","history":{"retention":0,"retained_predictions":0}"#, gates: ["go"])
        try server.waitUntilReady()
        let first = try server.stream(
            "PUT", "/predictions/x", RunningSupervisor.script(#"["emit","a"]"#, #"["gate","go"]"#))
        let second = try server.stream("GET", "/predictions/x/events")
        try first.next { $0.name == "output" }
        try second.next { $0.name == "output" }
        server.gate("go").open()
        #expect(try first.all().last?.name == "completed")
        #expect(try second.all().last?.name == "completed")
        #expect(try server.request("GET", "/predictions/x").status == 404)
        #expect(try server.request("POST", "/predictions", "{}").status == 200)
    }
}
