import Testing

/// Readers that share a prediction, come late, leave and come back.
struct ReplayTests {
    private static let steps = [
        #"["emit","a"]"#, #"["log","one line\n"]"#, #"["emit",{"k":[1,2.0,"\u2028é"]}]"#,
        #"["metric","increment","tokens.count",3]"#, #"["emit-raw","{\"x\":\n 1e400}"]"#, #"["emit",null]"#,
    ]

    private static var script: String { #"{"input":{"do":[\#(steps.joined(separator: ","))]}}"# }

    @Test(arguments: ["PUT", "GET"]) func lateReaderGetsReplayThenLiveByteForByte(_ method: String) throws {
        let server = try RunningSupervisor(gates: ["next"])
        try server.waitUntilReady()
        let first = try server.stream(
            "PUT", "/predictions/both", #"{"input":{"do":[["emit","a"],["gate","next"],["emit","b"]]}}"#)
        try first.next { $0.data.contains("\"a\"") }
        let path = method == "PUT" ? "/predictions/both" : "/predictions/both/events"
        let late = try server.stream(method, path, method == "PUT" ? "{}" : nil)
        try late.next { $0.data.contains("\"a\"") }
        server.gate("next").open()
        let events = try first.all()
        #expect(try late.all() == events)
        #expect(events.map(\.name) == ["start", "output", "output", "completed"])
        #expect(Set(events.map(\.id)).count == events.count)
        if method == "PUT" {
            #expect(first.bytes == late.bytes)
        } else {
            // The first event of an EventSource also carries its time to reconnect.
            #expect((1500...3000).contains(late.retry ?? 0))
        }
        #expect(first.isComplete && late.isComplete)
    }

    /// Every byte at which a connection can end, on both routes: what a client has and what it gets by coming back is
    /// the whole, each event once.
    @Test(arguments: ["PUT", "GET"]) func cutAtEveryByteLosesAndRepeatsNothing(_ method: String) throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let whole = try server.stream("PUT", "/predictions/cut", Self.script)
        let events = try whole.all()
        #expect(events.count == Self.steps.count + 2)
        let path = method == "PUT" ? "/predictions/cut" : "/predictions/cut/events"
        let body = method == "PUT" ? Self.script : nil
        let recorded = try server.stream(method, path, body)
        #expect(try recorded.all() == events)
        for cut in 0...recorded.bytes.count {
            let cutOff = try server.stream(method, path, body)
            var before = EventParser()
            while cutOff.bytes.count < cut { try #require(try cutOff.more()) }
            before.receive(Array(cutOff.bytes.prefix(cut)))
            cutOff.client.abort()
            let id = before.lastEventID
            let after = try server.stream(method, path, body, headers: [(name: "last-event-id", value: id)])
            if method == "GET", before.events.count == events.count {
                #expect(after.head.status == 204)
                continue
            }
            let resumed = try after.all()
            guard before.events + resumed == events else {
                Issue.record("cut at byte \(cut): \(before.events.count) events and then \(resumed)")
                return
            }
        }
    }

    /// The same while the run goes on: each reader leaves after so many bytes and comes back for the rest.
    @Test func readersThatComeBackMeetTheLiveStream() throws {
        let server = try RunningSupervisor(gates: ["next"])
        try server.waitUntilReady()
        let witness = try server.stream(
            "PUT", "/predictions/live",
            #"{"input":{"do":[["emit","a"],["emit","b"],["gate","next"],["emit","c"],["gate","next"],["emit","d"]]}}"#)
        try witness.next { $0.data.contains("\"b\"") }
        var leaving: [(cut: Int, stream: EventStream, parser: EventParser)] = []
        for cut in stride(from: 1, through: witness.bytes.count, by: 7) {
            let stream = try server.stream("PUT", "/predictions/live", "{}")
            while stream.bytes.count < cut { try #require(try stream.more()) }
            var parser = EventParser()
            parser.receive(Array(stream.bytes.prefix(cut)))
            stream.client.abort()
            leaving.append((cut, stream, parser))
        }
        server.gate("next").open()
        try witness.next { $0.data.contains("\"c\"") }
        let back = try leaving.enumerated().map { index, left in
            let headers = [(name: "last-event-id", value: left.parser.lastEventID)]
            return index % 2 == 0
                ? try server.stream("PUT", "/predictions/live", "{}", headers: headers)
                : try server.stream("GET", "/predictions/live/events", headers: headers)
        }
        server.gate("next").open()
        let events = try witness.all()
        for (left, stream) in zip(leaving, back) {
            let resumed = try stream.all()
            #expect(left.parser.events + resumed == events, "cut at byte \(left.cut)")
        }
    }

    @Test func payloadsPassByteForByte() throws {
        let values = [
            "1.0", "1e400", "9223372036854775809", #"{"b":1,"a":2,"b":3}"#, #""\u0041\/""#, "[[[[[[]]]]]]", " [ 1 ] ",
        ]
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let steps = values.map { #"["emit-raw",\#($0.json)]"# }
        let stream = try server.stream(
            "POST", "/predictions", #"{"input":{"do":[\#(steps.joined(separator: ","))]}}"#)
        let outputs = try stream.all().filter { $0.name == "output" }
        for (index, value) in values.enumerated() {
            #expect(outputs[index].data == #"{"chunk":\#(value),"index":\#(index)}"#)
        }
    }

    @Test func lineSeparatorsNeverStandInTheStream() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let stream = try server.stream(
            "POST", "/predictions", #"{"input":{"do":[["emit","a\u2028b\u2029c\u0085d"],["log","x\u2028y\n"]]}}"#)
        let events = try stream.all()
        let text = String(decoding: stream.bytes, as: UTF8.self)
        #expect(!text.unicodeScalars.contains { [0x85, 0x2028, 0x2029].contains($0.value) })
        #expect(events[1].json?["chunk"]?.stringValue == "a\u{2028}b\u{2029}c\u{85}d")
        #expect(events[2].json?["data"]?.stringValue == "x\u{2028}y\n")
    }

    @Test func placesToBeginAt() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let events = try server.stream(
            "PUT", "/predictions/p", #"{"input":{"do":[["emit",1],["emit",2]]}}"#
        ).all()
        func read(_ query: String, _ headers: [(name: String, value: String)] = []) throws -> EventStream {
            try server.stream("GET", "/predictions/p/events" + query, headers: headers)
        }
        #expect(try read("?last_event_id=\(events[1].id)").all() == Array(events[2...]))
        #expect(try read("?lastEventId=\(events[1].id)").all() == Array(events[2...]))
        #expect(try read("?from=3").all() == Array(events[2...]))
        #expect(try read("?last_event_id=earliest").all() == events)
        // The header wins, and a plain number is of the current run.
        #expect(
            try read("?last_event_id=earliest", [(name: "last-event-id", value: "3")]).all() == Array(events[3...]))
        let foreign = try read("", [(name: "last-event-id", value: "zzzzzz-2")])
        let told = try foreign.all()
        #expect(told.first?.name == "gap")
        #expect(told.dropFirst().map(\.data) == events.map(\.data))
        // Nothing can follow, and an EventSource must learn that.
        #expect(try read("?from=now").head.status == 204)
    }

    @Test func headersOfAStream() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let stream = try server.stream("PUT", "/predictions/h%2F%C3%BC", "{}")
        _ = try stream.all()
        #expect(stream.head["content-type"] == "text/event-stream")
        #expect(stream.head["cache-control"] == "no-cache, no-store, no-transform")
        #expect(stream.head["x-accel-buffering"] == "no")
        #expect(stream.head["x-prediction-id"] == "h%2F%C3%BC")
        #expect(stream.head["transfer-encoding"] == "chunked")
        #expect(stream.head["content-length"] == nil)
        let head = try server.request("HEAD", "/predictions/h%2F%C3%BC/events")
        #expect(head.status == 200)
        #expect(head["content-type"] == "text/event-stream")
        #expect(head.body.isEmpty)
    }
}
