import Glibc
import Testing
import WireProtocol

/// Workers that give no sign of life, and one that only seems to.
struct WatchdogTests {
    /// Short, but many times what a beat takes on a busy machine.
    private static let interval = #","watchdog":{"interval":"2s","abort_grace":"500ms"},"restart":{"backoff":"10ms"}"#

    private func start(
        _ environment: [(name: String, value: String)] = [], in directory: TestDirectory
    ) throws -> RunningSupervisor {
        let fixture = TestDeployment(members: #","handler":"fixture""#, command: [Executable.fixtureWorker])
        var other = fixture
        other.name = "other"
        let server = try RunningSupervisor(
            [fixture, other], settings: Self.interval, environment: environment, in: directory)
        try server.waitUntilReady(2)
        return server
    }

    private func tell(_ server: RunningSupervisor, _ deployment: String, _ script: String) throws -> EventStream {
        try server.stream(
            "POST", "/\(deployment)/predictions",
            #"{"input":{"mode":"fault","count":1,"text":\#(script.json)}}"#)
    }

    /// It cannot answer SIGQUIT either, but gets it: when it is killed, the signal is still waiting for it.
    @Test func stoppedProcessIsAskedForItsStacksAndReplaced() throws {
        let server = try start(in: try TestDirectory())
        let worker = try #require(try server.status()["workers"]?.arrayValue?.first?["pid"]?.integerValue)
        let feed = try server.stateChanges()
        let stream = try tell(server, "gen", "stop;block")
        try feed.next { $0.json?["to"]?.stringValue == "unresponsive" }
        #expect(try pendingSignals(of: Int32(worker), include: SIGQUIT))
        let end = try feed.nextEnd()
        #expect(end["reason"]?.stringValue == "watchdog", "\(end)")
        let last = try stream.all().last
        #expect(last?.json?["status"]?.stringValue == "failed", "\(String(describing: last))")
        try server.waitForLog("another one") { $0.message.hasPrefix("worker ready") && $0.deployment == "gen" }
        let successor = try server.status()["workers"]?.arrayValue?.first?["pid"]?.integerValue
        #expect(successor != nil && successor != worker)
    }

    /// Alive, but without a heartbeat: what it is at, and its stacks, are printed before it is killed. They are in the log
    /// of the only run that can have printed them.
    @Test func workerWithoutHeartbeatsPrintsItsStacksFirst() throws {
        let server = try start(in: try TestDirectory())
        let stream = try tell(server, "gen", "mute;block")
        let last = try #require(try stream.all().last)
        #expect(last.json?["status"]?.stringValue == "failed")
        let logs = last.json?["logs"]?.stringValue ?? ""
        #expect(logs.contains("SIGQUIT: slot 0: run 1 of `fixture`"), "\(logs)")
        #expect(logs.contains("libc.so") && logs.contains("goes on"), "\(logs)")
        let exit = try #require(try server.status()["exits"]?.arrayValue?.last)
        #expect(exit["reason"]?.stringValue == "watchdog")
        #expect(exit["log_tail"]?.stringValue?.contains("SIGQUIT: slot 0") == true, "\(exit)")
    }

    /// A run that computes without a pause says nothing for longer than the watchdog waits, while another worker, which
    /// does not beat, is replaced twice: so the time has passed, and the watchdog was awake.
    @Test func busyWorkerWithHeartbeatsIsLeftAlone() throws {
        let directory = try TestDirectory()
        let server = try start(in: directory)
        let worker = try server.status()["workers"]?.arrayValue?.first?["pid"]?.integerValue
        let busy = try tell(server, "gen", "busy-until:\(directory.path)/enough")
        try busy.next { $0.name == "output" }
        let feed = try server.stateChanges()
        for _ in 0..<2 {
            let mute = try tell(server, "other", "mute;block")
            #expect(try feed.nextEnd(of: "other")["reason"]?.stringValue == "watchdog")
            #expect(try mute.all().last?.json?["status"]?.stringValue == "failed")
            try feed.next {
                $0.json?["to"]?.stringValue == "ready" && $0.json?["deployment"]?.stringValue == "other"
                    && $0.json?["worker"] != nil
            }
        }
        try directory.write("enough", "")
        #expect(try busy.all().last?.json?["status"]?.stringValue == "succeeded")
        #expect(try server.status()["workers"]?.arrayValue?.first?["pid"]?.integerValue == worker)
        #expect(try server.status()["restarts"]?.integerValue == 0)
    }

    /// Whether a signal waits for a process that cannot take it, now or soon.
    private func pendingSignals(of process: Int32, include signal: Int32) throws -> Bool {
        let deadline = Deadline()
        while !deadline.isOver {
            guard let file = fopen("/proc/\(process)/status", "r") else { return false }
            var text = [UInt8](repeating: 0, count: 4096)
            let count = fread(&text, 1, text.count, file)
            fclose(file)
            let lines = String(decoding: text[..<count], as: UTF8.self).split(separator: "\n")
            guard let line = lines.first(where: { $0.hasPrefix("ShdPnd:") }),
                let digits = line.split(separator: "\t").last, let mask = UInt64(digits, radix: 16)
            else { return false }
            if mask & (1 << UInt64(signal - 1)) != 0 { return true }
        }
        return false
    }
}
