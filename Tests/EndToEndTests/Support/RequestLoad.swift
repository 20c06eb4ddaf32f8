import EventLoop
import Glibc
import Synchronization
import WireProtocol

/// Clients that ask for one prediction after the other, each on a thread and a connection of its own, until they are
/// told to stop; and every answer that was not what it should be.
final class RequestLoad: Sendable {
    private struct State {
        var isStopping = false
        var running = 0
        var failures: [String] = []
    }

    private let state = Mutex(State())
    private let address: SocketAddress
    /// A byte for each prediction that has succeeded, and one for each client that has ended.
    private let reading: Int32
    private let writing: Int32

    /// - Parameter clients: as many as the server has slots for at any time.
    init(_ address: SocketAddress, clients: Int) throws {
        self.address = address
        let (reading, writing) = try Pipe().split()
        (self.reading, self.writing) = (reading, writing)
        for number in 0..<clients {
            state.withLock { $0.running += 1 }
            try RequestLoad.thread { [self] in run(number) }
        }
    }

    deinit {
        close(reading)
        close(writing)
    }

    /// Waits until so many further predictions have succeeded.
    func wait(_ count: Int, _ deadline: Deadline = Deadline()) throws {
        var left = count
        while left > 0 {
            guard failures.isEmpty else { throw Failure(failures.joined(separator: "\n")) }
            try deadline.wait(for: reading, Int32(POLLIN), "predictions succeed")
            var bytes = [UInt8](repeating: 0, count: left)
            left -= max(read(reading, &bytes, left), 0)
        }
    }

    /// Lets the clients end; answers what went wrong.
    func stop(_ deadline: Deadline = Deadline()) throws -> [String] {
        state.withLock { $0.isStopping = true }
        while state.withLock({ $0.running }) > 0 {
            try deadline.wait(for: reading, Int32(POLLIN), "the clients end")
            var bytes = [UInt8](repeating: 0, count: 1_024)
            _ = read(reading, &bytes, bytes.count)
        }
        return failures
    }

    private var failures: [String] { state.withLock { $0.failures } }

    // MARK: A client

    private func run(_ number: Int) {
        do {
            var client = try Client(address)
            var count = 0
            while !state.withLock({ $0.isStopping }) {
                // Some wait for one document, some read a stream, some open a connection for each.
                if count % 5 == 4 { client = try Client(address) }
                try ask(client, streams: (number + count) % 2 == 0)
                count += 1
                _ = write(writing, "x", 1)
            }
        } catch {
            state.withLock { $0.failures.append("client \(number): \(error)") }
        }
        state.withLock { $0.running -= 1 }
        _ = write(writing, "x", 1)
    }

    private func ask(_ client: Client, streams: Bool) throws {
        let body = RunningSupervisor.script(#"["emit","a"]"#, #"["emit","b"]"#)
        var headers = [(name: "content-type", value: "application/json")]
        if streams { headers.append((name: "accept", value: "text/event-stream")) }
        try client.send("POST", "/predictions", headers: headers, body: Array(body.utf8))
        let response = try client.response()
        let isWell =
            streams
            ? response.text.contains("event: completed") && response.text.contains(#""status":"succeeded""#)
            : try JSONValue.parse(response.body)["status"]?.stringValue == "succeeded"
        guard response.status == 200, isWell else { throw Failure("\(response.status): \(response.text)") }
    }

    // MARK: Threads

    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    private static func thread(_ run: @escaping @Sendable () -> Void) throws {
        let body = Unmanaged.passRetained(Body(run))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { context in
                Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        guard result == 0 else { throw Failure("pthread_create: \(result)") }
        pthread_detach(thread)
    }
}
