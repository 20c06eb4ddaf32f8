import EventLoop
import Testing
import WireProtocol

/// A new configuration while the server runs: nobody notices, unless it says so.
struct ReloadTests {
    /// A worker of another version: its environment is another one, what it does is the same.
    private static let changed = "no-spill"

    private func server(_ deployments: [TestDeployment], gates: [String] = []) throws -> RunningSupervisor {
        try RunningSupervisor(deployments, gates: gates)
    }

    /// Signals, and waits for the end of it; answers the line that says so.
    @discardableResult
    private func reload(_ server: RunningSupervisor) throws -> String {
        server.signal(.hangUp)
        return try server.waitForLog("the reload ends", Deadline(3 * Deadline.patience)) { line in
            line.message.hasPrefix("reload is done") || line.message.hasPrefix("reload has failed")
                || line.message.hasPrefix("reload refused")
        }.message
    }

    /// Every request is answered as if nothing had happened: over a new version, over one that does not start, and over a
    /// file that cannot be read.
    @Test func underLoad() throws {
        let pool = #","workers":2"#
        let server = try server([TestDeployment(members: pool)], gates: ["go"])
        let old = try server.waitUntilReady(2)
        let stream = try server.stream(
            "POST", "/predictions", RunningSupervisor.script(#"["emit","a"]"#, #"["gate","go"]"#, #"["emit","b"]"#))
        try stream.next { $0.name == "output" }
        let load = try RequestLoad(try server.waitUntilListening(), clients: 4)
        try load.wait(20)

        try server.reconfigure([TestDeployment(start: Self.changed, members: pool)])
        server.signal(.hangUp)
        try server.waitForLog("a new worker is ready", Deadline(3 * Deadline.patience)) {
            $0.message.hasPrefix("worker ready")
        }
        try load.wait(20)
        // The run of the old worker goes on as long as it likes.
        server.gate("go").open()
        let events = try stream.all()
        #expect(events.map(\.name) == ["start", "output", "output", "completed"])
        #expect(events.last?.json?["status"]?.stringValue == "succeeded")
        try server.waitForLog("the reload ends", Deadline(3 * Deadline.patience)) { $0.message == "reload is done" }
        try load.wait(20)
        let ends = server.log.filter { $0.message.hasPrefix("worker exited") }.compactMap(\.pid)
        #expect(Set(ends) == Set(old))

        try server.reconfigure([TestDeployment(start: "fail", members: pool)])
        #expect(try reload(server).contains("keeps its old version"))
        try load.wait(20)
        #expect(try server.request("GET", "/readyz").status == 200)

        try server.directory.write("supervisor.json", "{")
        #expect(try reload(server).hasPrefix("reload refused"))
        try load.wait(20)
        #expect(try load.stop() == [])
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
        try server.waitForWorkersToEnd()
    }

    @Test func deploymentsComeAndGo() throws {
        let server = try server([TestDeployment(name: "a"), TestDeployment(name: "b")], gates: ["go"])
        try server.waitUntilReady(2)
        let script = RunningSupervisor.script(#"["emit","a"]"#, #"["gate","go"]"#)
        let stream = try server.stream("PUT", "/a/predictions/x", script)
        try stream.next { $0.name == "output" }
        try server.reconfigure([TestDeployment(name: "b"), TestDeployment(name: "c")])
        server.signal(.hangUp)
        try server.waitForLog("the new one is ready") { $0.message.hasPrefix("worker ready") && $0.deployment == "c" }
        #expect(try server.request("POST", "/c/predictions", "{}").status == 200)
        #expect(try server.request("POST", "/b/predictions", "{}").status == 200)
        // It takes nothing new and finishes what it has.
        #expect(try server.request("POST", "/a/predictions", "{}").status == 404)
        #expect(try server.request("GET", "/a/predictions/x").status == 200)
        server.gate("go").open()
        #expect(try stream.all().last?.json?["status"]?.stringValue == "succeeded")
        try server.waitForLog("the reload ends") { $0.message == "reload is done" }
        #expect(try server.request("GET", "/a/health-check").status == 404)
        #expect(try server.request("GET", "/readyz").status == 200)
        #expect(server.log.contains { $0.message == "reload: added: c; removed: a" })
    }

    /// What a running server cannot change is said.
    @Test func serverWideSettings() throws {
        let server = try server([TestDeployment()])
        try server.waitUntilReady()
        try server.reconfigure([TestDeployment()], settings: #","limits":{"connections":77}"#)
        try reload(server)
        #expect(
            server.log.contains {
                $0.message == "reload: not changed before the next start of the server: limits.connections"
            })
        #expect(server.log.contains { $0.message == "reload: nothing has changed" })
    }

    /// The operator's command waits, says what became of it, and so does its exit code.
    @Test func command() throws {
        let server = try server([TestDeployment()])
        try server.waitUntilReady()
        try server.reconfigure([TestDeployment(start: Self.changed)])
        let done = try ReloadTests.command(server)
        #expect(done.status == .exited(code: 0))
        #expect(done.output.contains("changed: gen"))
        try server.reconfigure([TestDeployment(start: "exit")])
        let failed = try ReloadTests.command(server)
        #expect(failed.status == .exited(code: 1))
        #expect(failed.output.contains("keeps its old version"))
        try server.directory.write("supervisor.json", #"{"deployments":[{"name":"a"}]}"#)
        let refused = try ReloadTests.command(server)
        #expect(refused.status == .exited(code: 1))
        #expect(refused.output.contains("supervisor.json:1:") && refused.output.contains("command"))
        #expect(try server.request("POST", "/predictions", "{}").status == 200)
    }

    private static func command(
        _ server: RunningSupervisor
    ) throws -> (status: EventLoop.ExitStatus, output: String) {
        let process = try ChildProcess.spawn(
            SpawnRequest(
                arguments: [Executable.supervisor, "reload", "--wait", "--state-dir", server.stateDirectory],
                environment: [], workingDirectory: server.directory.path))
        try Deadline(3 * Deadline.patience).wait(for: process.pidfd.raw, 1, "the command ends")
        guard let ending = try ChildProcess.reap(process.pidfd.raw) else { throw Failure("it has not ended") }
        let output =
            readAvailable(process.standardOutput.raw).bytes + readAvailable(process.standardError.raw).bytes
        return (ending.status, String(decoding: output, as: UTF8.self))
    }
}
