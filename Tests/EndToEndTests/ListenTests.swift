import EventLoop
import Testing
import WireProtocol

/// Where it listens, and what it keeps on disk.
struct ListenTests {
    @Test func unixSocketServesTheSame() throws {
        let directory = try TestDirectory()
        let path = "\(directory.path)/s"
        let server = try RunningSupervisor(arguments: ["--listen", "unix:\(path)"], in: directory)
        try server.waitUntilReady()
        #expect(server.address == .unix(path: path))
        #expect(try TestDirectory.mode(path) == 0o600)
        #expect(try server.request("POST", "/predictions", "{}").status == 200)
        #expect(try server.stream("POST", "/predictions", "{}").all().last?.name == "completed")
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
        #expect(!TestDirectory.names(in: directory.path).contains("s"))
    }

    @Test func staleUnixSocketIsReplaced() throws {
        let directory = try TestDirectory()
        let path = "\(directory.path)/s"
        let killed = try RunningSupervisor(arguments: ["--listen", "unix:\(path)"], in: directory)
        try killed.waitUntilReady()
        killed.signal(.kill)
        try killed.waitForEnd()
        #expect(TestDirectory.names(in: directory.path).contains("s"))
        let next = try RunningSupervisor(arguments: ["--listen", "unix:\(path)"], in: directory)
        try next.waitUntilReady()
        #expect(try next.request("GET", "/livez").status == 200)
    }

    @Test(arguments: ["tcp", "unix"]) func secondInstanceOnOneAddressSaysSo(_ kind: String) throws {
        let directory = try TestDirectory()
        let unix = ["--listen", "unix:\(directory.path)/s"]
        let first = try RunningSupervisor(arguments: kind == "unix" ? unix : ["--port", "0"], in: directory)
        try first.waitUntilReady()
        let arguments = kind == "unix" ? unix : ["--port", "\(first.address?.port ?? 0)"]
        let second = try RunningSupervisor(arguments: arguments, in: directory)
        guard case .exited(let code) = try second.waitForEnd() else { throw Failure("it was ended by a signal") }
        #expect([69, 100].contains(code))
        #expect(second.logText.hasPrefix("supervisor: "))
        #expect(second.logText.contains("another"))
        // The first has not noticed.
        #expect(try first.request("POST", "/predictions", "{}").status == 200)
        #expect(TestDirectory.names(in: first.stateDirectory).count == 1)
    }

    @Test func severalAddresses() throws {
        let directory = try TestDirectory()
        let path = "\(directory.path)/s"
        let server = try RunningSupervisor(
            arguments: ["--listen", "127.0.0.1:0", "--listen", "unix:\(path)"], in: directory)
        try server.waitUntilReady()
        #expect(try server.request("GET", "/livez").status == 200)
        let other = try Client(.unix(path: path))
        try other.send("GET", "/livez")
        #expect(try other.response().status == 200)
    }

    @Test func addressThatOthersCanReachIsSaid() throws {
        let server = try RunningSupervisor(arguments: ["--host", "0.0.0.0", "--port", "0"])
        let line = try server.waitForLog("the warning") { $0.level == "warning" }
        #expect(line.message.contains("reached from other machines"))
    }

    @Test func portOfTheEnvironment() throws {
        let server = try RunningSupervisor(arguments: [], environment: [(name: "PORT", value: "0")])
        try server.waitUntilReady()
        #expect(try server.request("GET", "/livez").status == 200)
    }

    @Test func stateDirectoryIsPrivateAndSwept() throws {
        let directory = try TestDirectory()
        let listen = ["--listen", "unix:\(directory.path)/s"]
        let first = try RunningSupervisor(arguments: listen, in: directory)
        try first.waitUntilReady()
        let names = TestDirectory.names(in: first.stateDirectory)
        #expect(names.count == 1)
        let folder = "\(first.stateDirectory)/\(names[0])"
        for path in [first.stateDirectory, folder, "\(folder)/spool"] {
            #expect(try TestDirectory.mode(path) == 0o700, "\(path)")
        }
        first.signal(.kill)
        try first.waitForEnd()
        // What a process that was killed has left is gone with the next start.
        try directory.write("state/\(names[0])/spool/left-over", "x")
        let second = try RunningSupervisor(arguments: listen, in: directory)
        try second.waitUntilReady()
        #expect(TestDirectory.names(in: "\(folder)/spool").isEmpty)
        #expect(TestDirectory.names(in: second.stateDirectory) == names)
    }
}
