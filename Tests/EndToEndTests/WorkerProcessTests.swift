import Testing
import WireProtocol

/// What a worker gets from its supervisor, and what becomes of what it prints.
struct WorkerProcessTests {
    /// Clients, listeners, other workers and log files of the parent are none of a worker's business.
    @Test func descriptorsOfAWorkerAreItsOwn() throws {
        let server = try RunningSupervisor([TestDeployment(), TestDeployment(name: "other")])
        try server.waitUntilReady(2)
        let open = try (0..<3).map { _ in try server.connect() }
        for client in open {
            try client.send("GET", "/livez")
            _ = try client.response()
        }
        let answer = try server.request(
            "POST", "/gen/predictions", RunningSupervisor.script(#"["report-descriptors"]"#))
        let table = try #require(try JSONValue.parse(answer.body)["output"]?.arrayValue?.first?.objectValue)
        #expect(table.map(\.key).sorted() == ["0", "1", "2", "3", "4"])
        #expect(table.allSatisfy { $0.value.stringValue == "pipe" })
    }

    @Test func spoolIsPrivateAndEmpty() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let answer = try server.request("POST", "/predictions", RunningSupervisor.script(#"["report-spool"]"#))
        let report = try #require(try JSONValue.parse(answer.body)["output"]?.arrayValue?.first?.arrayValue)
        let spool = try #require(report[0].stringValue)
        #expect(spool.hasPrefix(server.stateDirectory))
        #expect(report[1].arrayValue?.isEmpty == true)
    }

    @Test func printsBelongToTheirPrediction() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let script = RunningSupervisor.script(
            #"["print","out\n"]"#, #"["emit",1]"#, #"["print-error","err\n"]"#, #"["log","exact\n"]"#,
            #"["print","tail"]"#)
        let events = try server.stream("PUT", "/predictions/x", script).all()
        let logs = events.filter { $0.name == "log" }.compactMap { $0.json }
        #expect(Set(logs.map { $0["data"]?.stringValue }) == ["out\n", "err\n", "exact\n", "tail"])
        #expect(logs.first { $0["data"]?.stringValue == "err\n" }?["source"]?.stringValue == "stderr")
        #expect(logs.first { $0["data"]?.stringValue == "out\n" }?["source"]?.stringValue == "stdout")
        // What had no line end does not become the beginning of the next one's log.
        let next = try server.request("POST", "/predictions", RunningSupervisor.script(#"["print","next\n"]"#))
        #expect(try JSONValue.parse(next.body)["logs"]?.stringValue == "next\n")
        let document = try JSONValue.parse(try server.request("GET", "/predictions/x").body)
        #expect(document["logs"]?.stringValue?.hasSuffix("tail") == true)
    }

    /// With two at once nobody can tell whose print it is: it goes to the server's log and into neither.
    @Test func printsThatCouldBeOfSeveralBelongToNone() throws {
        let server = try RunningSupervisor(gates: ["go"])
        try server.waitUntilReady()
        let first = try server.stream(
            "POST", "/predictions", RunningSupervisor.script(#"["emit",1]"#, #"["gate","go"]"#))
        try first.next { $0.name == "output" }
        let second = try server.stream(
            "POST", "/predictions", RunningSupervisor.script(#"["print","whose?\n"]"#, #"["log","mine\n"]"#))
        let events = try second.all()
        try server.waitForLog("the print") { $0.message == "whose?" }
        #expect(events.last?.json?["logs"]?.stringValue == "mine\n")
        server.gate("go").open()
        #expect(try first.all().last?.json?["logs"]?.stringValue == "")
    }

    @Test func failureKeepsLogsAndOutput() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let script = RunningSupervisor.script(
            #"["emit",1]"#, #"["log","line\n"]"#, #"["metric","append","a.b",1]"#, #"["metric","append","a.b","x"]"#,
            #"["metric","increment","n",2]"#, #"["metric","increment","n",3]"#, #"["fail","boom"]"#)
        let answer = try server.request("PUT", "/predictions/x", script)
        #expect(answer.status == 200)
        let body = try JSONValue.parse(answer.body)
        #expect(body["status"]?.stringValue == "failed")
        #expect(body["error"]?.stringValue == "boom")
        #expect(body["logs"]?.stringValue == "line\n")
        #expect(body["output"]?.arrayValue?.count == 1)
        #expect(body["metrics"]?["n"]?.integerValue == 5)
        #expect(body["metrics"]?["a"]?["b"]?.arrayValue?.count == 2)
        #expect((body["metrics"]?["predict_time"]?.doubleValue ?? 0) > 0)
        // Sorted, as Cog writes it, and the same when it is read later.
        #expect(
            body.objectValue?.map(\.key) == [
                "completed_at", "created_at", "error", "id", "logs", "metrics", "output", "started_at", "status",
            ])
        let later = try JSONValue.parse(try server.request("GET", "/predictions/x").body)
        for member in body.objectValue ?? [] { #expect(later[member.key] == member.value) }
        #expect(later["created_at"] != nil)
        #expect(later["completed_at"] != nil)
    }

    @Test func setupLogsAreInTheHealthDocument() throws {
        let script = """
            import os
            os.write(1, b"loading weights\\n")
            exec(open(os.environ["TEST_SCRIPT"]).read())
            """
        let directory = try TestDirectory()
        let program = try directory.write("noisy.py", script)
        let server = try RunningSupervisor(
            [TestDeployment(command: ["python3", "-S", "-E", program])],
            environment: [(name: "TEST_SCRIPT", value: "\(directory.path)/worker.py")], in: directory)
        try server.waitUntilReady()
        let health = try JSONValue.parse(try server.request("GET", "/health-check").body)
        #expect(health["setup"]?["logs"]?.stringValue == "loading weights\n")
        #expect(health["setup"]?["status"]?.stringValue == "succeeded")
        #expect(health.objectValue?.map(\.key) == ["status", "setup", "version"])
    }
}
