import EventLoop
import Glibc
import Testing
import WireProtocol

/// A reader whose socket is full: it costs nobody anything, and is told what it missed.
struct SlowReaderTests {
    /// A window that a reader outgrows when it takes nothing, and not by the bursts below.
    private static let settings = """
        ,"streaming":{"window_events":16,"window_bytes":"2MiB","patience":0},"history":{"events":64,"bytes":"1MiB"}
        """
    private static let bursts = 20
    private static let burst = (count: 500, size: 1000)
    /// Far more than sockets and windows hold, in pieces for which the test asks.
    private static var script: String {
        let pieces = (0..<bursts).map { _ in #"["gate","go"],["burst",\#(burst.count),\#(burst.size)]"# }
        return #"{"input":{"do":[["emit","first"],\#(pieces.joined(separator: ",")),["gate","go"],["emit","last"]]}}"#
    }

    private func stall(_ server: RunningSupervisor, _ method: String, _ target: String) throws -> EventStream {
        let client = try server.connect()
        try client.send(
            method, target,
            headers: [(name: "content-type", value: "application/json"), (name: "accept", value: "text/event-stream")],
            body: method == "GET" ? [] : Array("{}".utf8))
        let stream = try EventStream(client)
        try stream.next { $0.data.contains("\"first\"") }
        return stream
    }

    @Test func stalledReadersAreToldAndOthersLoseNothing() throws {
        let server = try RunningSupervisor(settings: Self.settings, gates: ["go"])
        try server.waitUntilReady()
        let reader = try server.stream("PUT", "/predictions/x", Self.script)
        try reader.next { $0.data.contains("\"first\"") }
        let onCogsRoute = try stall(server, "PUT", "/predictions/x")
        let onEvents = try stall(server, "GET", "/predictions/x/events")
        let before = try server.residentBytes()
        // The prompt reader gets every event while the two others take nothing.
        for burst in 1...Self.bursts {
            server.gate("go").open()
            try reader.next { $0.data.hasSuffix(",\"index\":\(burst * Self.burst.count)}") }
        }
        let growth = try server.residentBytes() - before
        // Twice what two readers may be behind, whatever went by; the final output is kept on purpose.
        let kept = Self.bursts * Self.burst.count * Self.burst.size
        #expect(growth < 2 * kept + 12 << 20, "the server grew by \(growth) bytes")

        let cut = try onCogsRoute.all()
        #expect(cut.last?.name == "error")
        #expect(cut.last?.json?["error"]?.stringValue == "SSE stream lagged; events were dropped")
        let skipped = try #require(cut.last?.json?["skipped"]?.integerValue)
        #expect(skipped + cut.count - 1 == reader.events.count)
        #expect(onCogsRoute.isComplete)

        server.gate("go").open()
        let told = try onEvents.all()
        let gaps = told.filter { $0.name == "gap" }
        #expect(gaps.count == 1)
        try expectWhole(told, reader.all())
        #expect(told.last?.name == "completed")
        #expect(onEvents.isComplete)
    }

    /// What was received and what the gaps name make up the whole, without overlap.
    private func expectWhole(_ told: [ServerSentEvent], _ whole: [ServerSentEvent]) throws {
        var next = 1
        for event in told {
            if event.name == "gap" {
                let from = try #require(
                    event.json?["missed_from"]?.stringValue?.split(separator: "-").last.flatMap { Int($0) })
                let through = try #require(
                    event.json?["missed_to"]?.stringValue?.split(separator: "-").last.flatMap { Int($0) })
                #expect(from == next)
                next = through + 1
            } else {
                #expect(event == whole[next - 1])
                next += 1
            }
        }
        #expect(next == whole.count + 1)
    }

    /// With patience, a burst does not overrun a reader that reads: the worker waits for it a moment.
    @Test func promptReaderIsNeverCutOffByABurst() throws {
        let server = try RunningSupervisor(settings: #","history":{"events":8}"#)
        try server.waitUntilReady()
        let stream = try server.stream("POST", "/predictions", #"{"input":{"do":[["burst",50000,200]]}}"#)
        let events = try stream.all()
        #expect(events.count == 50_002)
        #expect(events.last?.name == "completed")
    }

    @Test func readerThatTakesNothingForTooLongIsClosed() throws {
        let server = try RunningSupervisor(
            settings: #","streaming":{"write_timeout":"1s","patience":0}"#, gates: ["go"])
        try server.waitUntilReady()
        let background = try server.request(
            "PUT", "/predictions/x", Self.script, headers: [(name: "prefer", value: "respond-async")])
        #expect(background.status == 202)
        let stalled = try stall(server, "GET", "/predictions/x/events")
        server.gate("go").open(Self.bursts)
        let line = try server.waitForLog("the reader is given up") { $0.message.contains("write_timeout") }
        #expect(line.predictionID == "x")
        server.gate("go").open()
        while try stalled.more() {}
        #expect(!stalled.isComplete)
        #expect(!stalled.events.contains { $0.name == "completed" })
    }

    @Test func heartbeatKeepsAnIdleStreamAlive() throws {
        let server = try RunningSupervisor(settings: #","streaming":{"heartbeat":"1s"}"#, gates: ["go"])
        try server.waitUntilReady()
        let stream = try server.stream(
            "POST", "/predictions", #"{"input":{"do":[["emit",1],["gate","go"]]}}"#)
        try stream.next { $0.name == "output" }
        let comments = stream.comments
        #expect(comments == 1)
        try stream.more()
        #expect(stream.comments == comments + 1)
        #expect(String(decoding: stream.bytes.suffix(5), as: UTF8.self) == "\n\n: \n")
        server.gate("go").open()
        #expect(try stream.all().map(\.name) == ["start", "output", "completed"])
    }
}
