import EventLoop
import Glibc
import Testing

/// Processes that lose their parent come to the server, and do not stay as zombies.
struct OrphanReapingTests {
    private static let orphans = 1_000

    /// The command that makes the server process 1 of a namespace, as in a container.
    private static let namespace = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]

    private static let mayMakeNamespaces: Bool = {
        let request = SpawnRequest(
            arguments: namespace + ["true"],
            environment: [(name: "PATH", value: getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin")])
        guard let process = try? ChildProcess.spawn(request) else { return false }
        guard (try? Deadline().happens(process.pidfd.raw, POLLIN)) == true else { return false }
        return (try? ChildProcess.reap(process.pidfd.raw))?.status == .exited(code: 0)
    }()

    /// Adopted by the server, since it has asked for that.
    @Test func aThousandOrphansLeaveNoZombie() throws {
        let server = try RunningSupervisor(arguments: ["--port", "0", "--log-level", "debug"])
        try makeOrphans(server)
        #expect(zombies(of: server.pid).isEmpty)
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
    }

    /// Adopted by the server, since it is process 1.
    @Test(.enabled(if: mayMakeNamespaces, "a process namespace cannot be made here"))
    func aThousandOrphansLeaveNoZombieInAContainer() throws {
        let server = try RunningSupervisor(
            arguments: ["--port", "0", "--log-level", "debug"], launcher: OrphanReapingTests.namespace)
        try makeOrphans(server)
        let first = try #require(ProcessTable.entries().first { $0.parent == server.pid }).number
        #expect(zombies(of: first).isEmpty)

        // Signals without a handler do not reach a process 1, and those with one do what they always do.
        kill(first, SIGUSR1)
        try server.waitForLog("the signal is heard") { $0.message.hasPrefix("SIGUSR1 means nothing") }
        kill(first, SIGUSR2)
        try server.waitForLog("the signal is heard") { $0.message.hasPrefix("SIGUSR2 means nothing") }
        #expect(try server.request("POST", "/predictions", "{}").status == 200)
        kill(first, SIGTERM)
        #expect(try server.waitForEnd() == .exited(code: 0))
    }

    /// Waits until the server has reaped all of them.
    private func makeOrphans(_ server: RunningSupervisor) throws {
        try server.waitUntilReady()
        let count = OrphanReapingTests.orphans
        let answer = try server.request(
            "POST", "/predictions", RunningSupervisor.script(#"["orphans",\#(count)]"#))
        #expect(answer.status == 200)
        try server.waitForLog("\(count) orphans are reaped") { line in
            guard line.message.hasPrefix("reaped "), line.message.hasSuffix(" so far") else { return false }
            return line.message.split(separator: " ").dropLast(2).last.flatMap { Int($0) } ?? 0 >= count
        }
    }

    private func zombies(of parent: Int32) -> [ProcessEntry] {
        ProcessTable.entries().filter { $0.parent == parent && $0.isZombie }
    }
}
