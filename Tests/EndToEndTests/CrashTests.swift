import EventLoop
import Glibc
import Testing
import WireProtocol

/// A worker dies while others read.
struct CrashTests {
    /// What counts as at once: 100 ms by the requirement, which a debug build on a busy machine may pass.
    private static let atOnce = 100 * TimeSpan.millisecond
    private static let slack: UInt64 = 10

    @Test func killedWorkerEndsEveryStreamWithItsLastToken() throws {
        let server = try RunningSupervisor(gates: ["never"])
        let worker = try server.waitUntilReady()[0]
        let script = RunningSupervisor.script(#"["emit","a"]"#, #"["emit","last"]"#, #"["gate","never"]"#)
        var streams = [try server.stream("PUT", "/predictions/x", script)]
        streams.append(try server.stream("PUT", "/predictions/x", "{}"))
        streams.append(try server.stream("GET", "/predictions/x/events"))
        let waiting = try server.connect()
        try waiting.send(
            "PUT", "/predictions/waiting", headers: [(name: "content-type", value: "application/json")],
            body: Array(script.utf8))
        for stream in streams { try stream.next { $0.data.contains("\"last\"") } }
        // A run that had not begun would be run again.
        let deadline = Deadline()
        while try !server.request("GET", "/predictions/waiting").text.contains(#""status":"processing""#) {
            guard !deadline.isOver else { throw Failure("the waiting request has not begun to run") }
        }

        let death = MonotonicTime.now()
        kill(worker, SIGKILL)
        for stream in streams {
            let last = try #require(try stream.next())
            #expect(last.name == "completed")
            #expect(last.json?["status"]?.stringValue == "failed")
            #expect(last.json?["output"]?.arrayValue?.compactMap(\.stringValue) == ["a", "last"])
            #expect(last.json?["error"]?.stringValue == "Worker crashed: signal 9 (SIGKILL)")
            #expect(try stream.next() == nil)
            #expect(stream.isComplete)
        }
        let elapsed = MonotonicTime.now().since(death)
        #expect(elapsed < Self.atOnce * Self.slack, "took \(elapsed / TimeSpan.millisecond) ms")
        let answer = try waiting.response()
        #expect(answer.status == 200)
        #expect(try JSONValue.parse(answer.body)["status"]?.stringValue == "failed")

        #expect(try server.health() == "UNHEALTHY")
        #expect(try server.request("GET", "/readyz").status == 503)
        #expect(try server.request("POST", "/predictions", "{}").status == 503)
        #expect(try server.request("GET", "/livez").status == 200)
        let successor = try server.waitUntilReady()[0]
        #expect(successor != worker)
        #expect(try server.health() == "READY")
        #expect(try server.request("POST", "/predictions", "{}").status == 200)
        #expect(try server.request("GET", "/predictions/x").status == 200)
    }

    /// Everything that was in the pipe when the worker died is delivered, and in its order.
    @Test func whatWasWrittenBeforeTheDeathArrives() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let stream = try server.stream(
            "POST", "/predictions",
            RunningSupervisor.script(#"["burst",5000,100]"#, #"["print","bye\n"]"#, #"["kill"]"#))
        let events = try stream.all()
        #expect(events.filter { $0.name == "output" }.count == 5000)
        #expect(events.last?.name == "completed")
        #expect(events.last?.json?["status"]?.stringValue == "failed")
        #expect(events.last?.json?["logs"]?.stringValue == "bye\n")
    }

    @Test func exitWithoutAWordIsAFailure() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let answer = try server.request(
            "POST", "/predictions", RunningSupervisor.script(#"["emit",1]"#, #"["print","tail"]"#, #"["exit",0]"#))
        let body = try JSONValue.parse(answer.body)
        #expect(answer.status == 200)
        #expect(body["status"]?.stringValue == "failed")
        #expect(body["error"]?.stringValue == "Worker crashed: exit status 0")
        #expect(body["logs"]?.stringValue == "tail")
        #expect(body["output"]?.arrayValue?.count == 1)
    }

    @Test func deathWhileIdleIsNoticedBeforeTheNextRequest() throws {
        let server = try RunningSupervisor()
        let worker = try server.waitUntilReady()[0]
        kill(worker, SIGKILL)
        try server.waitForLog("the death is logged") { $0.message.hasPrefix("worker exited") }
        #expect(try server.health() == "UNHEALTHY")
        let answer = try server.request("POST", "/predictions", "{}")
        #expect(answer.status == 503)
        try server.waitUntilReady()
        #expect(try server.request("POST", "/predictions", "{}").status == 200)
    }

    @Test func otherWorkersGoOn() throws {
        let server = try RunningSupervisor(
            [TestDeployment(members: #","workers":2,"concurrency":1"#)], gates: ["next"])
        try server.waitUntilReady(2)
        let script = RunningSupervisor.script(#"["emit","a"]"#, #"["gate","next"]"#, #"["emit","b"]"#)
        let survivor = try server.stream("POST", "/predictions", script)
        try survivor.next { $0.name == "output" }
        let dying = try server.stream("POST", "/predictions", RunningSupervisor.script(#"["emit","x"]"#, #"["kill"]"#))
        #expect(try dying.all().last?.json?["status"]?.stringValue == "failed")
        #expect(try server.health() == "BUSY")
        server.gate("next").open()
        #expect(try survivor.all().last?.json?["status"]?.stringValue == "succeeded")
    }

    @Test func failedSetupIsSaidAndNotRepeated() throws {
        let server = try RunningSupervisor([TestDeployment(start: "fail")])
        try server.waitUntilListening()
        try server.waitForLog("the end of the worker") { $0.message.hasPrefix("worker exited") }
        let health = try JSONValue.parse(try server.request("GET", "/health-check").body)
        #expect(health["status"]?.stringValue == "SETUP_FAILED")
        #expect(health["setup"]?["status"]?.stringValue == "failed")
        let logs = health["setup"]?["logs"]?.stringValue ?? ""
        #expect(logs.contains("OSError: no weights"))
        #expect(logs.contains("line 7"))
        #expect(try server.request("POST", "/predictions", "{}").status == 503)
        #expect(try server.request("GET", "/readyz").status == 503)
        let stream = try server.stream("POST", "/predictions", "{}")
        #expect(stream.head.status == 503)
    }

    @Test func programThatIsNotThereIsSaid() throws {
        let server = try RunningSupervisor([TestDeployment(command: ["/nonexistent/worker"])])
        try server.waitUntilListening()
        let line = try server.waitForLog("the failed start") { $0.message.contains("could not be started") }
        #expect(line.message.contains("/nonexistent/worker"))
        #expect(try server.health() == "SETUP_FAILED")
    }
}
