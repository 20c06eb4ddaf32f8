import EventLoop
import Testing
import WireProtocol

/// The end: in order, with nothing lost and nothing left.
struct ShutdownTests {
    enum Way: CaseIterable, Sendable {
        case terminate, interrupt, request
    }

    private func stop(_ server: RunningSupervisor, _ way: Way) throws {
        switch way {
        case .terminate: server.signal(.terminate)
        case .interrupt: server.signal(.interrupt)
        case .request:
            let answer = try server.request("POST", "/shutdown")
            #expect(answer.status == 200)
            #expect(answer.text == "{}")
        }
    }

    @Test(arguments: Way.allCases) func runningPredictionsFinish(_ way: Way) throws {
        let server = try RunningSupervisor(gates: ["go"])
        try server.waitUntilReady()
        let idle = try server.connect()
        try idle.send("GET", "/livez")
        _ = try idle.response()
        let script = RunningSupervisor.script(#"["emit","a"]"#, #"["gate","go"]"#, #"["emit","b"]"#)
        let stream = try server.stream("PUT", "/predictions/x", script)
        try stream.next { $0.name == "output" }
        let waiting = try server.connect()
        try waiting.send(
            "POST", "/predictions", headers: [(name: "content-type", value: "application/json")],
            body: Array(script.utf8))
        let background = try server.request(
            "PUT", "/predictions/y", script, headers: [(name: "prefer", value: "respond-async")])
        #expect(background.status == 202)

        try stop(server, way)
        try server.waitForLog("it begins to stop") { $0.message == "stopping" }
        let refused = try server.request("POST", "/predictions", "{}")
        #expect(refused.status == 503)
        #expect(try JSONValue.parse(refused.body)["status"]?.stringValue == "failed")
        #expect(try server.request("GET", "/readyz").status == 503)
        #expect(try server.request("GET", "/livez").status == 200)
        // What runs can be read, joined and cancelled still.
        #expect(try server.request("PUT", "/predictions/x", "{}").status == 202)

        server.gate("go").open(3)
        let events = try stream.all()
        #expect(events.map(\.name) == ["start", "output", "output", "completed"])
        #expect(events.last?.json?["status"]?.stringValue == "succeeded")
        #expect(stream.isComplete)
        #expect(try JSONValue.parse(try waiting.response().body)["status"]?.stringValue == "succeeded")
        #expect(try idle.isClosed())
        #expect(try server.waitForEnd() == .exited(code: 0))
        try server.waitForWorkersToEnd(Deadline())
    }

    @Test(arguments: Way.allCases) func idleServerEndsAtOnce(_ way: Way) throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let began = MonotonicTime.now()
        try stop(server, way)
        #expect(try server.waitForEnd() == .exited(code: 0))
        // No step of it waits for a balancer on loopback; a second is much for a worker that has nothing to do.
        #expect(MonotonicTime.now().since(began) < 3 * TimeSpan.second)
        try server.waitForWorkersToEnd()
    }

    @Test func timeForRunningPredictionsIsLimited() throws {
        let server = try RunningSupervisor(settings: #","shutdown":{"drain_timeout":"100ms"}"#)
        try server.waitUntilReady()
        let stream = try server.stream(
            "POST", "/predictions", RunningSupervisor.script(#"["emit","a"]"#, #"["await-cancel"]"#))
        try stream.next { $0.name == "output" }
        server.signal(.terminate)
        let last = try #require(try stream.all().last)
        #expect(last.name == "completed")
        #expect(last.json?["status"]?.stringValue == "canceled")
        #expect(stream.isComplete)
        #expect(try server.waitForEnd() == .exited(code: 0))
    }

    /// The first signal waits for a run that will not end, the second cancels it, the third does not ask any more.
    @Test func furtherSignalsHurry() throws {
        let server = try RunningSupervisor(gates: ["never"])
        try server.waitUntilReady()
        let stream = try server.stream(
            "POST", "/predictions", RunningSupervisor.script(#"["emit","a"]"#, #"["gate","never"]"#))
        try stream.next { $0.name == "output" }
        server.signal(.terminate)
        try server.waitForLog("it begins to stop") { $0.message == "stopping" }
        server.signal(.interrupt)
        // Two signals of one kind that are both pending would be one, so the second is seen to have arrived.
        #expect(try server.request("POST", "/shutdown").status == 200)
        let last = try #require(try stream.all().last)
        #expect(last.name == "completed")
        #expect(["failed", "canceled"].contains(last.json?["status"]?.stringValue))
        #expect(try server.waitForEnd() == .exited(code: 0))
        try server.waitForWorkersToEnd()
    }

    /// A worker that does not even read: it has to be killed, and all who wait still hear how their predictions ended.
    @Test func everyReaderIsToldTheEndOfAKilledRun() throws {
        let server = try RunningSupervisor(settings: #","shutdown":{"stop_grace":"200ms"}"#, gates: ["never"])
        try server.waitUntilReady()
        let script = RunningSupervisor.script(
            #"["stop-reading"]"#, #"["emit","a"]"#, #"["gate","never"]"#)
        let creator = try server.stream("PUT", "/predictions/x", script)
        try creator.next { $0.name == "output" }
        let readers = try (0..<3).map { _ in
            try server.stream("GET", "/predictions/x/events")
        }
        for reader in readers { try reader.next { $0.name == "output" } }
        server.signal(.terminate)
        try server.waitForLog("it begins to stop") { $0.message == "stopping" }
        server.signal(.interrupt)
        #expect(try server.request("POST", "/shutdown").status == 200)
        for reader in [creator] + readers {
            let last = try #require(try reader.all().last)
            #expect(last.name == "completed")
            #expect(["failed", "canceled"].contains(last.json?["status"]?.stringValue))
            #expect(reader.isComplete)
        }
        #expect(try server.waitForEnd() == .exited(code: 0))
        try server.waitForWorkersToEnd()
    }

    /// Kept connections end with the next answer, and once the server says that it is drained, nobody can connect.
    @Test func nothingIsAcceptedOnceItIsDrained() throws {
        let script = """
            import os, signal
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.write(2, b"here\\n")
            signal.pause()
            """
        let server = try RunningSupervisor(
            [
                TestDeployment(), TestDeployment(name: "deaf", command: ["python3", "-S", "-E", "-c", script]),
            ], settings: #","shutdown":{"stop_grace":"3s"}"#, gates: ["go"])
        try server.waitUntilListening()
        try server.waitForLog("it is ready") { $0.message.hasPrefix("worker ready") }
        let stream = try server.stream(
            "POST", "/gen/predictions", RunningSupervisor.script(#"["emit","a"]"#, #"["gate","go"]"#))
        try stream.next { $0.name == "output" }
        let kept = try server.connect()
        try kept.send("GET", "/livez")
        #expect(try kept.response()["connection"] != "close")
        server.signal(.terminate)
        try server.waitForLog("it begins to stop") { $0.message == "stopping" }
        let refused = try server.request("POST", "/gen/predictions", "{}")
        #expect(refused.status == 503)
        #expect(refused["retry-after"] != nil)
        try kept.send("GET", "/livez")
        #expect(try kept.response()["connection"] == "close")
        #expect(try kept.isClosed())
        server.gate("go").open()
        #expect(try stream.all().last?.json?["status"]?.stringValue == "succeeded")
        try server.waitForLog("it is drained") { $0.message == "drained" }
        // The deaf worker lives for a while, and so does the server; but not for clients.
        #expect(throws: SystemError.self) { try server.connect() }
        #expect(try server.waitForEnd() == .exited(code: 0))
    }

    @Test func stalledReaderDoesNotHoldUpTheEnd() throws {
        let server = try RunningSupervisor(settings: #","shutdown":{"stop_grace":"1s"}"#)
        try server.waitUntilReady()
        let stream = try server.stream("POST", "/predictions", RunningSupervisor.script(#"["burst",20000,1000]"#))
        try stream.next { $0.name == "output" }
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
    }

    @Test func stopWhileAWorkerLoads() throws {
        let server = try RunningSupervisor(
            [TestDeployment(start: "gate:never")], settings: #","shutdown":{"stop_grace":"2s"}"#, gates: ["never"])
        try server.waitUntilListening()
        try server.waitForAWorker()
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
        try server.waitForWorkersToEnd()
    }

    /// Workers notice by themselves when their supervisor is killed.
    @Test func killedSupervisorLeavesNoWorker() throws {
        let server = try RunningSupervisor([TestDeployment(members: #","workers":2"#)], gates: ["never"])
        try server.waitUntilReady(2)
        let stream = try server.stream(
            "POST", "/predictions", RunningSupervisor.script(#"["emit","a"]"#, #"["gate","never"]"#))
        try stream.next { $0.name == "output" }
        server.signal(.kill)
        guard case .signaled(.kill, _) = try server.waitForEnd() else { throw Failure("it ended otherwise") }
        try server.waitForWorkersToEnd(Deadline(2 * TimeSpan.second))
        #expect(try stream.next() == nil)
        #expect(!stream.isComplete)
    }

    /// SIGKILL of a worker that does not obey, its children included.
    @Test func workerThatDoesNotObeyIsKilled() throws {
        let script = """
            import os, signal, sys
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.open(os.environ["TEST_GATES"] + "/alive", os.O_WRONLY | os.O_NONBLOCK)
            os.fork()
            os.write(2, b"here\\n")
            signal.pause()
            """
        let server = try RunningSupervisor(
            [TestDeployment(command: ["python3", "-S", "-E", "-c", script])],
            settings: #","shutdown":{"stop_grace":"200ms"}"#)
        for _ in 0..<2 { try server.waitForLog("parent and child are there") { $0.message.contains("here") } }
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
        try server.waitForWorkersToEnd()
    }
}
