import Testing

/// A token's way, with a clock that the test holds: what the worker has written is there before it goes on.
struct FirstTokenTests {
    @Test func firstTokenArrivesBeforeTheNextIsMade() throws {
        let server = try RunningSupervisor(gates: ["next"])
        try server.waitUntilReady()
        let stream = try server.stream(
            "POST", "/predictions",
            RunningSupervisor.script(#"["emit","a"]"#, #"["gate","next"]"#, #"["emit","b"]"#, #"["gate","next"]"#))
        #expect(stream.head.status == 200)
        #expect(stream.head["content-type"] == "text/event-stream")
        #expect(try stream.next()?.name == "start")
        #expect(try stream.next()?.data == #"{"chunk":"a","index":0}"#)
        server.gate("next").open()
        #expect(try stream.next()?.data == #"{"chunk":"b","index":1}"#)
        server.gate("next").open()
        let last = try #require(try stream.next())
        #expect(last.name == "completed")
        #expect(last.json?["status"]?.stringValue == "succeeded")
        #expect(try stream.next() == nil)
        #expect(stream.isComplete)
    }
}
