import EventLoop
import Glibc
import Testing
import WireProtocol

/// Operators and their commands, with the real program at both ends.
struct ControlTests {
    private func status(_ server: RunningSupervisor, _ name: String) throws -> JSONValue {
        let ending = try server.operate("status", name, "--json")
        #expect(ending.code == 0, "\(ending.errors)")
        return try JSONValue.parse(ending.output)
    }

    private func pids(_ server: RunningSupervisor) throws -> [Int] {
        try status(server, "gen")["workers"]?.arrayValue?.compactMap { $0["pid"]?.integerValue } ?? []
    }

    // MARK: Looking

    @Test func statusShowsTheServerAndItsWorkers() throws {
        let server = try RunningSupervisor([TestDeployment(), TestDeployment(name: "other", members: #","workers":2"#)])
        let workers = try server.waitUntilReady(3)
        let ending = try server.operate("status")
        #expect(ending.code == 0)
        #expect(ending.errors.isEmpty)
        let lines = ending.output.split(separator: "\n")
        #expect(lines.first?.contains("is ready, pid \(server.pid), up ") == true)
        #expect(lines.contains { $0.hasPrefix("NAME ") })
        #expect(lines.contains { $0.hasPrefix("gen ") && $0.contains("ready") && $0.contains("1/1") })
        #expect(lines.contains { $0.hasPrefix("other ") && $0.contains("2/2") })
        for pid in workers { #expect(ending.output.contains(" \(pid) "), "\(pid)\n\(ending.output)") }
        // Nobody asked for colors, and this is no terminal.
        #expect(!ending.output.contains("\u{1B}"))

        let one = try status(server, "other")
        #expect(one["workers"]?.arrayValue?.count == 2)
        #expect(one["state"]?.stringValue == "ready")
        for worker in one["workers"]?.arrayValue ?? [] {
            #expect((worker["rss_bytes"]?.integerValue ?? 0) > 100_000)
            #expect((worker["cpu_seconds"]?.doubleValue ?? 0) > 0)
        }
        let unknown = try server.operate("status", "nobody")
        #expect(unknown.code == 1)
        #expect(unknown.errors.contains("There is no deployment \"nobody\". Deployments: gen, other."))
    }

    @Test func onlyTheOwnerCanOpenTheSocket() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let socket = try server.controlSocket
        #expect(try TestDirectory.mode(socket) == 0o600)
        let client = try Client(.unix(path: socket))
        // The routes of clients are not here, and those of operators not there.
        try client.send("GET", "/livez")
        #expect(try client.response().status == 404)
        try client.send("GET", "/status")
        #expect(try client.response().status == 200)
        #expect(try server.request("GET", "/status").status == 404)
        #expect(try server.request("POST", "/deployments/gen/stop").status == 404)
        #expect(try server.request("GET", "/events").status == 404)

        #expect(try OperatorCommand(["status", "--socket", socket], in: "/").wait().code == 0)
        let environment = [(name: "SUPERVISOR_CONTROL_SOCKET", value: socket)]
        #expect(try OperatorCommand(["status"], environment: environment, in: "/").wait().code == 0)
    }

    @Test func withoutAServerItIsSaid() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let socket = try server.controlSocket
        server.signal(.terminate)
        try server.waitForEnd()
        #expect(access(socket, F_OK) != 0)
        let ending = try server.operate("status")
        #expect(ending.code == 69)
        #expect(ending.errors.contains("no server runs") && ending.errors.contains("--socket"))
        #expect(try OperatorCommand(["restart", "gen", "--socket", socket], in: "/").wait().code == 69)
        // Health checks know 0 and 1.
        #expect(try server.operate("status", "--ready").code == 1)
    }

    /// A server that was killed leaves its socket behind, on which nobody listens.
    @Test func theSocketsOfTheDeadAreNoServers() throws {
        let directory = try TestDirectory()
        let killed = try RunningSupervisor(in: directory)
        try killed.waitUntilReady()
        let socket = try killed.controlSocket
        killed.signal(.kill)
        try killed.waitForEnd()
        #expect(access(socket, F_OK) == 0)
        #expect(try killed.operate("status").code == 69)
        let next = try RunningSupervisor(in: directory)
        try next.waitUntilReady()
        #expect(try next.operate("status").output.contains("pid \(next.pid)"))
        // The folder of the dead went when the next server started.
        #expect(access(socket, F_OK) != 0)
    }

    @Test func oneOfSeveralServersMustBeNamed() throws {
        let directory = try TestDirectory()
        let first = try RunningSupervisor(in: directory)
        try first.waitUntilReady()
        let second = try RunningSupervisor(in: directory)
        try second.waitUntilReady()
        let ending = try first.operate("status")
        #expect(ending.code == 69)
        #expect(ending.errors.contains("2 servers run"))
        #expect(ending.errors.split(separator: "\n").count { $0.contains("--socket ") } == 2)
    }

    @Test func readinessIsAnExitCode() throws {
        let server = try RunningSupervisor([TestDeployment(start: "gate:go")], gates: ["go"])
        try server.waitForLog("a worker is started") { $0.message.hasPrefix("worker started") }
        let early = try server.operate("status", "--ready")
        #expect(early.code == 1)
        #expect(early.output == "starting\n")
        server.gate("go").open()
        try server.waitUntilReady()
        let late = try server.operate("status", "--ready")
        #expect(late.code == 0)
        #expect(late.output == "ready\n")
    }

    // MARK: Acting

    @Test func restartReplacesWorkers() throws {
        let server = try RunningSupervisor([TestDeployment(members: #","workers":2"#)])
        try server.waitUntilReady(2)
        let before = try pids(server)
        #expect(before.count == 2)
        let one = try server.operate("restart", "gen", "--worker", "1")
        #expect(one.code == 0, "\(one.errors)")
        let between = try pids(server)
        #expect(between[0] == before[0] && between[1] != before[1])
        let all = try server.operate("restart", "gen")
        #expect(all.code == 0, "\(all.errors)")
        let after = try pids(server)
        #expect(after.count == 2 && Set(after).isDisjoint(with: between))
        #expect(try server.request("POST", "/predictions", "{}").status == 200)
        let refused = try server.operate("restart", "gen", "--worker", "9")
        #expect(refused.code == 1)
        #expect(refused.errors.contains("no worker 9"))
    }

    @Test func stopAndStart() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let stop = try server.operate("stop", "gen")
        #expect(stop.code == 0, "\(stop.errors)")
        #expect(try status(server, "gen")["state"]?.stringValue == "stopped")
        #expect(try pids(server).isEmpty)
        #expect(try server.request("POST", "/predictions", "{}").status == 503)
        let start = try server.operate("start", "gen")
        #expect(start.code == 0, "\(start.errors)")
        #expect(try status(server, "gen")["state"]?.stringValue == "ready")
        #expect(try server.request("POST", "/predictions", "{}").status == 200)
    }

    @Test func scaleUpAndDown() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        for count in [3, 1] {
            let ending = try server.operate("scale", "gen", "\(count)")
            #expect(ending.code == 0, "\(ending.errors)")
            let now = try status(server, "gen")
            #expect(now["ready"]?.integerValue == count && now["wanted"]?.integerValue == count)
            #expect(try pids(server).count == count)
        }
        #expect(try server.operate("scale", "gen", "9999999").code == 1)
        #expect(try server.operate("scale", "nobody", "1").code == 1)
    }

    @Test func resetTriesAFailedDeploymentAgain() throws {
        let server = try RunningSupervisor([TestDeployment(start: "fail")])
        try server.waitUntilListening()
        let events = try server.start("events", "--lines", "1000")
        try events.waitForLine("the deployment has failed") { $0.contains(" gen ") && $0.contains("→ failed") }
        #expect(try status(server, "gen")["state"]?.stringValue == "failed")
        let table = try server.operate("status")
        #expect(table.output.contains("failed") && table.output.contains("no weights"), "\(table.output)")
        #expect(try server.operate("reset", "gen", "--no-wait").code == 0)
        try events.waitForLine("it is tried again") { $0.contains("gen/0") && $0.contains("→ starting") }
        try events.waitForLine("in vain") { $0.contains(" gen ") && $0.contains("→ failed") }
    }

    @Test func drainOfADeploymentTakesNothingNew() throws {
        let server = try RunningSupervisor(gates: ["go"])
        try server.waitUntilReady()
        let stream = try server.stream(
            "POST", "/predictions", RunningSupervisor.script(#"["emit",1]"#, #"["gate","go"]"#))
        try stream.next { $0.name == "output" }
        let drain = try server.start("drain", "gen")
        try server.waitForLog("the drain has begun") { $0.message.contains("drain") }
        #expect(try server.request("POST", "/predictions", "{}").status == 503)
        server.gate("go").open()
        #expect(try stream.all().last?.name == "completed")
        #expect(try drain.wait().code == 0)
        #expect(try server.operate("start", "gen").code == 0)
        #expect(try server.request("POST", "/predictions", "{}").status == 200)
    }

    @Test func waitingHasAnEnd() throws {
        let server = try RunningSupervisor([TestDeployment(start: "gate:go")], gates: ["go"])
        try server.waitForLog("a worker is started") { $0.message.hasPrefix("worker started") }
        server.gate("go").open()
        try server.waitUntilReady()
        // The next worker never becomes ready, so the restart is never done.
        let ending = try server.operate("restart", "gen", "--timeout", "200ms")
        #expect(ending.code == 1)
        #expect(ending.errors.contains("not done within 200ms"), "\(ending.errors)")
    }

    @Test func drainEndsTheServer() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let events = try server.start("events")
        try events.waitForLine("it follows") { $0.contains("gen") }
        #expect(try server.operate("drain", "--no-wait").code == 0)
        #expect(try server.waitForEnd() == .exited(code: 0))
        // Whoever follows sees an end in order.
        #expect(try events.wait().code == 0)
    }

    // MARK: Following

    @Test func logsShowWhatWorkersPrint() throws {
        let server = try RunningSupervisor()
        let pid = try server.waitUntilReady()[0]
        let follow = try server.start("logs", "gen", "-f")
        try follow.waitForLine("what was before") { $0.contains("worker ready") }
        let answer = try server.request(
            "POST", "/predictions",
            RunningSupervisor.script(#"["print","two\nlines\n"]"#, #"["print-error","oh\n"]"#))
        #expect(answer.status == 200)
        try follow.waitForLine("the first line") { $0.contains("[gen/0 \(pid) stdout] two") }
        try follow.waitForLine("the second line") { $0.contains("[gen/0 \(pid) stdout] lines") }
        try follow.waitForLine("its errors") { $0.contains("[gen/0 \(pid) stderr] oh") }

        let lines = try server.operate("logs", "--json", "--lines", "1000").output.split(separator: "\n")
        let records = try lines.map { try JSONValue.parse(Array($0.utf8)) }
        #expect(records.contains { $0["msg"]?.stringValue?.hasPrefix("listening on") == true })
        #expect(records.contains { $0["worker"]?.integerValue == 0 && $0["prediction_id"] != nil })
        #expect(try server.operate("logs", "--lines", "1").output.split(separator: "\n").count == 1)
        #expect(try server.operate("logs", "gen", "--worker", "7").output.isEmpty)
        #expect(try server.operate("logs", "nobody").code == 1)
    }

    @Test func eventsShowADeathAndWhatFollows() throws {
        let server = try RunningSupervisor()
        let pid = try server.waitUntilReady()[0]
        let events = try server.start("events", "--json")
        try events.waitForLine("what was before") { $0.contains("\(pid)") }
        kill(pid, SIGKILL)
        let exit = try events.waitForLine("its end") { $0.contains("\"to\":\"exited\"") && $0.contains("\(pid)") }
        let record = try JSONValue.parse(Array(exit.utf8))
        #expect(record["reason"]?.stringValue == "signal")
        #expect(record["detail"]?.stringValue?.contains("SIGKILL") == true)
        try events.waitForLine("its successor") {
            ($0.contains("\"to\":\"idle\"") || $0.contains("\"to\":\"ready\"")) && $0.contains("\"worker\":0")
        }
        let last = try #require(try status(server, "gen")["exits"]?.arrayValue?.last)
        #expect(last["reason"]?.stringValue == "signal" && last["signal"]?.integerValue == 9)
        #expect(last["pid"]?.integerValue == Int(pid))
        #expect(try server.operate("status").output.contains("signal: signal 9 (SIGKILL)"))
    }

    @Test func theFeedIsResumedWhereItWasLeft() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let address = SocketAddress.unix(path: try server.controlSocket)
        let client = try Client(address)
        try client.send("GET", "/events")
        let stream = try EventStream(client)
        #expect(stream.head["content-type"] == "text/event-stream")
        let first = try #require(try stream.next())
        let second = try #require(try stream.next())
        let third = try #require(try stream.next())
        let again = try Client(address)
        try again.send("GET", "/events", headers: [(name: "last-event-id", value: second.id)])
        #expect(first.name == "state" && second.name == "state")
        #expect(try EventStream(again).next()?.data == third.data)
    }

    // MARK: Over the network

    private func adminAddress(_ server: RunningSupervisor) throws -> SocketAddress {
        let line = try server.waitForLog("the admin address") { $0.message.hasSuffix("with a token") }
        let place = line.message.dropFirst("controlled over http://127.0.0.1:".count).prefix { $0.isNumber }
        let port = try #require(UInt16(place))
        return try #require(SocketAddress(host: "127.0.0.1", port: port))
    }

    @Test func theNetworkNeedsAToken() throws {
        let directory = try TestDirectory()
        let file = try directory.write("token", "a-token-of-24-characters\n")
        let server = try RunningSupervisor(
            arguments: ["--port", "0", "--admin-listen", "127.0.0.1:0", "--admin-token-file", file], in: directory)
        let address = try adminAddress(server)
        let client = try Client(address)
        for header in [nil, "Bearer wrong-token-of-24-chars-", "Basic a-token-of-24-characters"] {
            try client.send("GET", "/status", headers: header.map { [(name: "authorization", value: $0)] } ?? [])
            let answer = try client.response()
            #expect(answer.status == 401)
            #expect(answer["www-authenticate"]?.hasPrefix("Bearer") == true)
        }
        let right = [(name: "authorization", value: "Bearer a-token-of-24-characters")]
        try client.send("GET", "/status", headers: right)
        #expect(try client.response().status == 200)
        try client.send("GET", "/livez", headers: right)
        #expect(try client.response().status == 404)
        server.readLog()
        #expect(!server.log.contains { $0.text.contains("a-token") })
    }

    @Test(arguments: [
        (0o644, "a-token-of-24-characters", "everybody on this machine can read"),
        (0o600, "short", "holds fewer than 16 characters"), (0o600, nil, "cannot be read"),
    ]) func aBadTokenFileIsRefused(mode: Int, token: String?, text: String) throws {
        let directory = try TestDirectory()
        if let token {
            let file = try directory.write("token", token)
            chmod(file, mode_t(mode))
        }
        let server = try RunningSupervisor(
            arguments: [
                "--port", "0", "--admin-listen", "127.0.0.1:0", "--admin-token-file", "\(directory.path)/token",
            ], in: directory)
        #expect(try server.waitForEnd() == .exited(code: 78))
        #expect(server.logText.contains(text), "\(server.logText)")
        #expect(!server.logText.contains("a-token"))
    }

    @Test func tooLongAPathIsSaidWithItsRemedy() throws {
        let directory = try TestDirectory()
        let path = "\(directory.path)/\(String(repeating: "x", count: 100)).sock"
        let server = try RunningSupervisor(arguments: ["--port", "0", "--control-socket", path], in: directory)
        #expect(try server.waitForEnd() == .exited(code: 69))
        #expect(server.logText.contains("107") && server.logText.contains("choose another"), "\(server.logText)")
    }

    @Test func anotherPlaceForTheSocket() throws {
        let directory = try TestDirectory()
        let path = "\(directory.path)/c.sock"
        let server = try RunningSupervisor(arguments: ["--port", "0", "--control-socket", path], in: directory)
        try server.waitUntilReady()
        #expect(try TestDirectory.mode(path) == 0o600)
        #expect(try OperatorCommand(["status", "--ready", "--socket", path], in: "/").wait().code == 0)
        server.signal(.terminate)
        try server.waitForEnd()
        #expect(!TestDirectory.names(in: directory.path).contains("c.sock"))
    }
}
