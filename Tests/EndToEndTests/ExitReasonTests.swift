import Glibc
import Testing
import WireProtocol

/// A worker that ends by itself: the reason, the evidence, and what follows from it.
struct ExitReasonTests {
    /// One server with a fixture worker that takes orders, and a neighbour that nothing must happen to.
    private struct Scene {
        let server: RunningSupervisor
        let commands: CommandPipe
        /// Changes from before the fault on.
        let feed: EventStream

        init(_ settings: String = "", environment: [(name: String, value: String)] = []) throws {
            let directory = try TestDirectory()
            commands = try CommandPipe("\(directory.path)/commands")
            server = try RunningSupervisor(
                [
                    TestDeployment(members: #","handler":"fixture""#, command: [Executable.fixtureWorker]),
                    TestDeployment(name: "neighbour"),
                ], settings: #","restart":{"backoff":"10ms"\#(settings.isEmpty ? "" : ",\(settings)")}"#,
                environment: [(name: "FIXTURE_COMMANDS", value: commands.path)] + environment, in: directory)
            try server.waitUntilReady(2)
            feed = try server.stateChanges()
        }

        func requireAHealthyNeighbour() throws {
            #expect(try server.health("/neighbour/health-check") == "READY")
            #expect(try server.status(of: "neighbour")["restarts"]?.integerValue == 0)
        }
    }

    @Test(arguments: [
        ("exit:0", "ok", "exit status 0"), ("exit:1", "error", "exit status 1"),
        ("crash:11", "signal", "signal 11 (SIGSEGV)"), ("crash:9", "signal", "signal 9 (SIGKILL)"),
    ])
    func aWorkerThatEndsIsReplaced(fault: String, reason: String, evidence: String) throws {
        let scene = try Scene()
        scene.commands.tell("print:last words;\(fault)")
        let end = try scene.feed.nextEnd()
        #expect(end["reason"]?.stringValue == reason)
        #expect(end["detail"]?.stringValue?.hasPrefix(evidence) == true, "\(end)")
        try scene.server.waitForLog("another one") { $0.message.hasPrefix("worker ready") && $0.deployment == "gen" }
        let status = try scene.server.status()
        #expect(status["state"]?.stringValue == "ready")
        #expect(status["restarts"]?.integerValue == 1)
        let exit = try #require(status["exits"]?.arrayValue?.last)
        #expect(exit["reason"]?.stringValue == reason)
        #expect(exit["log_tail"]?.stringValue?.hasSuffix("last words\n") == true)
        if fault.hasPrefix("exit") {
            #expect(exit["exit_status"]?.integerValue == Int(fault.dropFirst("exit:".count)))
        } else {
            #expect(exit["signal"]?.integerValue == Int(fault.dropFirst("crash:".count)))
        }
        #expect(try scene.server.request("POST", "/gen/predictions", #"{"input":{"mode":"process"}}"#).status == 200)
        try scene.requireAHealthyNeighbour()
    }

    /// Status 78 says that starting again would not help, so nothing is started until somebody says so.
    @Test func configurationErrorEndsTheDeploymentUntilItIsReset() throws {
        let scene = try Scene(#""probe_interval":"1s""#)
        scene.commands.tell("exit:78")
        #expect(try scene.feed.nextEnd()["reason"]?.stringValue == "config")
        try scene.feed.next { $0.json?["to"]?.stringValue == "failed" && $0.json?["worker"] == nil }
        let status = try scene.server.status()
        #expect(status["state"]?.stringValue == "failed")
        #expect(status["workers"]?.arrayValue?.first?["state"]?.stringValue == "failed")
        #expect(try scene.server.request("POST", "/gen/predictions", "{}").status == 503)
        try scene.requireAHealthyNeighbour()
        #expect(try scene.server.control("POST", "/deployments/gen/reset").status < 300)
        try scene.server.waitForLog("a new start") { $0.message.hasPrefix("worker ready") && $0.deployment == "gen" }
    }

    @Test func successIsNotRestartedWhereThePolicySaysSo() throws {
        let scene = try Scene(#""policy":"on_failure""#)
        scene.commands.tell("exit:1")
        #expect(try scene.feed.nextEnd()["reason"]?.stringValue == "error")
        try scene.feed.next { $0.json?["to"]?.stringValue == "ready" && $0.json?["deployment"]?.stringValue == "gen" }
        scene.commands.tell("exit:0")
        #expect(try scene.feed.nextEnd()["reason"]?.stringValue == "ok")
        try scene.feed.next { $0.json?["to"]?.stringValue == "stopped" && $0.json?["worker"] == nil }
        #expect(try scene.server.status()["state"]?.stringValue == "stopped")
        try scene.requireAHealthyNeighbour()
    }

    /// The count of the kernel's kills, simulated by a file: SIGKILL together with one that grew is a want of memory.
    @Test func killForWantOfMemoryIsToldFromOthers() throws {
        let directory = try TestDirectory()
        let events = try directory.write("memory.events", "low 0\noom 0\noom_kill 3\n")
        let scene = try Scene(environment: [(name: "SUPERVISOR_MEMORY_EVENTS", value: events)])
        try directory.write("memory.events", "low 0\noom 1\noom_kill 4\n")
        let stream = try scene.server.stream(
            "POST", "/gen/predictions", #"{"input":{"mode":"fault","count":1,"text":"crash:9"}}"#)
        let last = try #require(try stream.all().last)
        #expect(last.json?["status"]?.stringValue == "failed", "a run that exhausts memory is not tried again")
        #expect(try scene.feed.nextEnd()["reason"]?.stringValue == "oom")
        try scene.server.waitForLog("another one") { $0.message.hasPrefix("worker ready") && $0.deployment == "gen" }
        // The same signal while the count stays.
        scene.commands.tell("crash:9")
        let end = try scene.feed.nextEnd()
        #expect(end["reason"]?.stringValue == "signal")
        #expect(end["detail"]?.stringValue?.contains("short of memory") == true)
        try scene.requireAHealthyNeighbour()
    }

    /// By its exit status a worker whose set-up failed says whether another try could help.
    @Test(arguments: [("fail:no weights", "setup"), ("config:no weights", "config"), ("exit:78", "config")])
    func setupThatFailsForGood(script: String, reason: String) throws {
        let server = try RunningSupervisor(
            [
                TestDeployment(members: #","handler":"fixture""#, command: [Executable.fixtureWorker]),
                TestDeployment(name: "neighbour"),
            ], environment: [(name: "FIXTURE_SETUP", value: "report:0.5;\(script)")])
        try server.waitForLog("it is given up") { $0.message.hasPrefix("the deployment has failed") }
        let status = try server.status()
        #expect(status["state"]?.stringValue == "failed")
        #expect(status["last_exit"]?["reason"]?.stringValue == reason, "\(status)")
        #expect(try server.health("/gen/health-check") == "SETUP_FAILED")
    }
}
