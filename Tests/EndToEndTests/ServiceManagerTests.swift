import EventLoop
import Glibc
import Testing
import WireProtocol

/// What systemd and its like get to hear, and the sockets that they pass.
struct ServiceManagerTests {
    // MARK: Notices

    /// A service's whole life as its manager sees it; `@`: at an abstract name.
    @Test(arguments: [false, true]) func notices(isAbstract: Bool) throws {
        let directory = try TestDirectory()
        let manager = try Manager(in: directory, isAbstract: isAbstract)
        let server = try RunningSupervisor(
            [TestDeployment(start: "gate:load")], gates: ["load"],
            environment: [("NOTIFY_SOCKET", manager.name), ("WATCHDOG_USEC", "200000")], in: directory)
        try manager.waitFor("WATCHDOG=1")
        #expect(manager.received.contains { $0.hasPrefix("EXTEND_TIMEOUT_USEC=") })
        #expect(!manager.received.contains("READY=1"))
        server.gate("load").open()
        try manager.waitFor("READY=1")
        try manager.waitFor("STATUS=ready: gen 1/1")
        // It goes on.
        for _ in 0..<3 { try manager.waitFor("WATCHDOG=1") }
        server.signal(.terminate)
        try manager.waitFor("STOPPING=1")
        #expect(try server.waitForEnd() == .exited(code: 0))
        #expect(manager.received.count { $0 == "READY=1" } == 1)
    }

    /// A worker that spoke to the manager in the server's place would be believed.
    @Test func workersDoNotInheritWhatIsForTheServer() throws {
        let directory = try TestDirectory()
        let manager = try Manager(in: directory)
        let script = """
            import os, sys
            os.write(2, ("names: %s\\n" % [n for n in os.environ if n.startswith(("NOTIFY_", "WATCHDOG_", "LISTEN_"))]).encode())
            """
        let server = try RunningSupervisor(
            [TestDeployment(command: ["python3", "-S", "-E", "-c", script])],
            environment: [
                ("NOTIFY_SOCKET", manager.name), ("WATCHDOG_USEC", "20000000"), ("WATCHDOG_PID", "1"),
                ("LISTEN_PID", "1"), ("LISTEN_FDS", "1"), ("LISTEN_FDNAMES", "x"),
            ], in: directory)
        let line = try server.waitForLog("the names") { $0.message.hasPrefix("names: ") }
        #expect(line.message == "names: []")
    }

    @Test func aManagerThatIsNotThereIsNoReasonToStop() throws {
        let server = try RunningSupervisor(environment: [("NOTIFY_SOCKET", "/nowhere/notify")])
        try server.waitForLog("it is said") { $0.message.contains("the service manager was not told") }
        try server.waitUntilReady()
        #expect(try server.request("GET", "/readyz").status == 200)
    }

    // MARK: Sockets

    /// Binds, passes the socket on as descriptor 3 and becomes the server, as a service manager does it.
    private static func launcher(_ listen: String, names: String = "web", process: String = "os.getpid()") -> [String] {
        let script = """
            import os, socket, sys
            \(listen)
            s.listen(16)
            os.dup2(s.fileno(), 3, True)
            environment = dict(os.environ, LISTEN_FDS="1", LISTEN_FDNAMES="\(names)", LISTEN_PID=str(\(process)))
            os.execve(sys.argv[1], sys.argv[1:], environment)
            """
        return ["python3", "-S", "-E", "-c", script]
    }

    private static let tcp = #"s = socket.socket(); s.bind(("127.0.0.1", 0))"#

    @Test(arguments: ["systemd:", "systemd:web"]) func passedTCPSocket(address: String) throws {
        let server = try RunningSupervisor(
            arguments: ["--listen", address], launcher: Self.launcher(Self.tcp))
        try server.waitUntilReady()
        #expect(try server.request("GET", "/readyz").status == 200)
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
    }

    /// The file belongs to the manager, who goes on listening there.
    @Test func passedUnixSocketStays() throws {
        let directory = try TestDirectory()
        let path = "\(directory.path)/web.sock"
        let listen = "s = socket.socket(socket.AF_UNIX); s.bind(\(path.json)); os.chmod(\(path.json), 0o666)"
        let server = try RunningSupervisor(
            arguments: ["--listen", "systemd:web"], launcher: Self.launcher(listen), in: directory)
        try server.waitUntilReady()
        #expect(try server.waitUntilListening() == .unix(path: path))
        #expect(try server.request("GET", "/readyz").status == 200)
        #expect(try TestDirectory.mode(path) == 0o666)
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
        #expect(TestDirectory.names(in: directory.path).contains("web.sock"))
    }

    @Test(arguments: [
        ([], "systemd:", "cannot listen on systemd:: no socket was passed"),
        (launcher(tcp), "systemd:wep", "there are `web`"),
        (launcher(tcp, process: "1"), "systemd:", "meant for process 1"),
        (launcher("s = open('/dev/null'); s.listen = print"), "systemd:", "no stream socket that listens"),
    ])
    func socketsThatAreNotThere(launcher: [String], address: String, text: String) throws {
        let server = try RunningSupervisor(arguments: ["--listen", address], launcher: launcher)
        #expect(try server.waitForEnd() == .exited(code: 78))
        #expect(server.logText.contains(text), "\(server.logText)")
    }

    @Test func socketThatNobodyAsksFor() throws {
        let server = try RunningSupervisor(launcher: Self.launcher(Self.tcp))
        try server.waitForLog("it is said") { $0.message.contains("no address asks for (`web`)") }
        try server.waitUntilReady()
    }
}

/// A service manager's end of its notification socket.
private final class Manager {
    let name: String
    /// All lines so far.
    private(set) var received: [String] = []
    private var searched = 0
    private let raw: Int32

    init(in directory: TestDirectory, isAbstract: Bool = false) throws {
        let path = "\(directory.path)/notify"
        name = isAbstract ? "@\(path)" : path
        raw = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = (isAbstract ? [0] : []) + Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let result = withUnsafeBytes(of: &address) {
            bind(raw, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), length)
        }
        guard result == 0 else { throw Failure("bind: \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(raw)
    }

    /// Waits for a line that no earlier call has looked at.
    func waitFor(_ line: String, _ deadline: Deadline = Deadline()) throws {
        while true {
            while searched < received.count {
                searched += 1
                if received[searched - 1] == line { return }
            }
            do {
                try deadline.wait(for: raw, POLLIN, line)
            } catch {
                throw Failure("\(error)\n\(received.suffix(20))")
            }
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = recv(raw, &buffer, buffer.count, 0)
            if count > 0 {
                received += String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
            }
        }
    }
}
