import Dispatch
import EventLoop
import Glibc
import Testing

@Suite struct ListenerTests {
    @Test(arguments: ["127.0.0.1", "::1"])
    func bytesTravelBothWaysOverTCP(host: String) throws {
        let loop = try Loop()
        let connections = Connections()
        let wanted = try #require(SocketAddress(host: host, port: 0))
        let listener: Listener
        do {
            listener = try Listener(on: loop, at: wanted)
        } catch {
            // A machine without IPv6 has nothing to test.
            if error.errno == EADDRNOTAVAIL || error.errno == EAFNOSUPPORT { return }
            throw error
        }
        try listener.start(accepted: connections.add, failed: { Issue.record($0) })
        #expect(listener.address.port != 0)

        let client = try Socket.connect(to: listener.address)
        #expect(try loop.turns { connections.raw.count == 1 })
        let server = FileDescriptor(adopting: connections.raw.removeFirst())
        #expect(fcntl(server.raw, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(server.raw, F_GETFD) & FD_CLOEXEC != 0)
        var noDelay: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(server.raw, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, &size)
        #expect(noDelay != 0)

        try expectRoundTrip(loop, client, server)
        listener.close()
        #expect(loop.registrationCount == 0)
    }

    @Test func bytesTravelBothWaysOverAPath() throws {
        let loop = try Loop()
        let directory = TemporaryDirectory()
        let connections = Connections()
        let path = "\(directory.path)/socket"
        let listener = try Listener(on: loop, at: .unix(path: path))
        try listener.start(accepted: connections.add, failed: { Issue.record($0) })
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)

        let client = try Socket.connect(to: listener.address)
        #expect(try loop.turns { connections.raw.count == 1 })
        let server = FileDescriptor(adopting: connections.raw.removeFirst())
        try expectRoundTrip(loop, client, server)
        listener.close()
        #expect(lstat(path, &status) < 0 && errno == ENOENT)
    }

    @Test func takesOverAStaleSocketFileButNoOther() throws {
        let loop = try Loop()
        let directory = TemporaryDirectory()
        let path = "\(directory.path)/socket"
        let address = SocketAddress.unix(path: path)
        let inUse = SystemError("bind", EADDRINUSE, subject: address.description)

        let living = try Listener(on: loop, at: address)
        #expect(throws: inUse) { _ = try Listener(on: loop, at: address) }

        // What a killed process leaves behind: a second name survives the end of the listener.
        #expect(link(path, "\(path)2") == 0)
        living.close()
        #expect(rename("\(path)2", path) == 0)
        let successor = try Listener(on: loop, at: address)
        // Replaced under its feet: a listener removes no file but its own.
        #expect(unlink(path) == 0)
        _ = directory.file("socket", "precious")
        successor.close()
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_size == "precious".utf8.count)
        #expect(throws: inUse) { _ = try Listener(on: loop, at: address) }
    }

    @Test func aPathThatDoesNotFitIsRefused() throws {
        let loop = try Loop()
        let path = "/" + String(repeating: "p", count: SocketAddress.maximumPathLength)
        #expect(throws: SystemError("sockaddr_un", ENAMETOOLONG, subject: path)) {
            _ = try Listener(on: loop, at: .unix(path: path))
        }
    }

    @Test func aCrowdIsAcceptedOverSeveralTurns() throws {
        let loop = try Loop()
        let connections = Connections()
        let listener = try Listener(on: loop, at: #require(SocketAddress(host: "127.0.0.1", port: 0)))
        try listener.start(accepted: connections.add, failed: { Issue.record($0) })
        var clients: [Int32] = []
        for _ in 0..<(Listener.acceptsPerTurn + 10) {
            clients.append(try Socket.connect(to: listener.address).take())
        }
        try loop.turn(waitingAtMost: testPatience)
        #expect(connections.raw.count == Listener.acceptsPerTurn)
        try listener.pause()
        try loop.turn(waitingAtMost: 0)
        #expect(connections.raw.count == Listener.acceptsPerTurn)
        try listener.resume()
        try loop.turn(waitingAtMost: testPatience)
        #expect(connections.raw.count == clients.count)
        listener.close()
        for raw in clients { close(raw) }
    }

    /// In a process of its own: it uses up all descriptors.
    @Test func refusesConnectionsWhileDescriptorsAreShort() async {
        await #expect(processExitsWith: .success) { () async throws in
            // The runtime's dispatch manager opens descriptors at its first timer, and stops the process if it cannot.
            let isManagerUp = DispatchSemaphore(value: 0)
            DispatchQueue.global().asyncAfter(deadline: .now()) { isManagerUp.signal() }
            isManagerUp.wait()
            let loop = try Loop()
            let connections = Connections()
            var errors: [SystemError] = []
            let listener = try Listener(on: loop, at: #require(SocketAddress(host: "127.0.0.1", port: 0)))
            try listener.start(accepted: connections.add, failed: { errors.append($0) })
            var clients: [Int32] = []
            for _ in 0..<20 { clients.append(try Socket.connect(to: listener.address).take()) }
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = rlim_t(openDescriptors().max()! + 1)
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            while dup(0) >= 0 {}

            // They wait in the backlog since before, and now there is no number left for them (but for one or two that
            // the runtime may have given back meanwhile).
            #expect(
                try loop.turns { listener.refusedCount + UInt64(connections.raw.count) == UInt64(clients.count) })
            #expect(listener.refusedCount >= 10)
            #expect(errors.count >= 1 && errors.allSatisfy(\.isDescriptorShortage))
            #expect(clients.filter { readAvailable($0).isAtEnd }.count == Int(listener.refusedCount))
            for raw in clients { close(raw) }
            let acceptedCount = connections.raw.count

            // With room again, all is well again.
            let client = try Socket.connect(to: listener.address)
            #expect(try loop.turns { connections.raw.count == acceptedCount + 1 })
            #expect(writeAll("x", to: client.raw))
            listener.close()
        }
    }

    private func expectRoundTrip(
        _ loop: Loop, _ client: borrowing FileDescriptor, _ server: borrowing FileDescriptor
    ) throws {
        var readiness: Readiness = []
        let registration = try loop.register(
            server.raw, [.readable, .peerHangUp], handler: ClosureHandler { readiness = $0 })
        #expect(writeAll("ping", to: client.raw))
        #expect(try loop.turns { readiness == .readable })
        let question = readAvailable(server.raw)
        #expect(question.text == "ping" && !question.isAtEnd)
        #expect(writeAll("pong", to: server.raw))
        Socket.finishWriting(client.raw)
        #expect(try loop.turns { readiness.contains(.peerHangUp) })
        let end = readAvailable(server.raw)
        #expect(end.text.isEmpty && end.isAtEnd)
        loop.deregister(registration)

        var isAnswered = false
        let answer = try loop.register(client.raw, .readable, handler: ClosureHandler { _ in isAnswered = true })
        #expect(try loop.turns { isAnswered })
        #expect(readAvailable(client.raw).text == "pong")
        loop.deregister(answer)
    }
}

/// Takes what a listener accepts.
final class Connections {
    var raw: [Int32] = []

    func add(_ descriptor: consuming FileDescriptor) {
        raw.append(descriptor.take())
    }

    deinit {
        for descriptor in raw { close(descriptor) }
    }
}
