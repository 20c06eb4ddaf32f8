import Synchronization
import Testing
import WireProtocol
import Worker

private struct Cancelled: ModelWorker {
    @Streaming var endless = { (input: Int, run: RunContext) in (0...).lazy.map { $0 } }

    @Streaming(concurrency: 2) var polite = { (input: Int, run: RunContext) in
        Chunks<String> { emit in
            try emit("waiting")
            while !Task.isCancelled { await Task.yield() }
        }
    }

    @Handler var deaf = { (input: Int, run: RunContext) in
        try run.emit("waiting")
        Cancelled.gate.wait()
        return "too late"
    }

    @Handler var sleeping = { (input: Int, run: RunContext) in
        try run.emit("waiting")
        try await Task.sleep(for: .seconds(3600))
        return "too late"
    }

    @Handler var hasty = { (input: Int, run: RunContext) -> Int in throw CancellationError() }

    static let gate = Gate()
}

/// Holds a thread up until it is opened.
private final class Gate: Sendable {
    private let isOpen = Atomic<Bool>(false)

    func open() { isOpen.store(true, ordering: .releasing) }

    func wait() {
        while !isOpen.load(ordering: .acquiring) {}
    }
}

@Suite struct CancelTests {
    private let supervisor: ScriptedSupervisor

    init() throws {
        supervisor = try ScriptedSupervisor(Cancelled.self)
        _ = try supervisor.prepare()
    }

    /// Starts a run and waits for its first output.
    private func start(_ handler: String, slot: UInt16 = 0) throws -> UInt64 {
        let run = try supervisor.predict(handler, "1", slot: slot)
        while true {
            if case .output(slot, _, _) = try supervisor.next() { return run }
        }
    }

    @Test(arguments: ["endless", "polite", "sleeping"])
    func aCancelEndsTheRun(handler: String) throws {
        let run = try start(handler)
        try supervisor.send(.cancel(slot: 0, run: run))
        #expect(try supervisor.untilDone().outcome == .canceled)
    }

    @Test func aSecondCancelAndALateOneChangeNothing() throws {
        let first = try start("polite")
        try supervisor.send(.cancel(slot: 0, run: first))
        try supervisor.send(.cancel(slot: 0, run: first))
        #expect(try supervisor.untilDone().outcome == .canceled)
        let second = try start("polite")
        // As it crosses the end of the first run on its way; the session of a supervisor would not let it out.
        var late: [UInt8] = []
        try SupervisorMessage.cancel(slot: 0, run: first).encode(into: &late)
        try supervisor.send(late)
        try supervisor.send(.ping(nonce: 1))
        #expect(try supervisor.next() == .pong(nonce: 1))
        try supervisor.send(.cancel(slot: 0, run: second))
        #expect(try supervisor.untilDone().outcome == .canceled)
    }

    @Test func aCancelMeansOneOfSeveralRuns() throws {
        let first = try start("polite", slot: 0)
        let second = try start("polite", slot: 1)
        try supervisor.send(.cancel(slot: 1, run: second))
        #expect(try supervisor.next() == .done(slot: 1, sequence: 2, .canceled, isCollected: true))
        try supervisor.send(.cancel(slot: 0, run: first))
        #expect(try supervisor.next() == .done(slot: 0, sequence: 2, .canceled, isCollected: true))
    }

    @Test func aHandlerMayCancelItself() throws {
        #expect(try supervisor.run("hasty", "1").outcome == .canceled)
    }

    /// The worker answers while a handler blocks its thread, and ends without waiting for it when the time is up.
    @Test func aDeafRunHoldsUpNobody() throws {
        defer { Cancelled.gate.open() }
        let run = try start("deaf")
        try supervisor.send(.cancel(slot: 0, run: run))
        try supervisor.send(.ping(nonce: 7))
        #expect(try supervisor.next() == .pong(nonce: 7))
        try supervisor.send(.healthCheck)
        #expect(try supervisor.next() == .healthResult(.healthy))
        try supervisor.predict("hasty", "1", slot: 1)
        #expect(try supervisor.untilDone().outcome == .canceled)
        try supervisor.send(.shutdown(graceMilliseconds: 10))
        #expect(try supervisor.untilDone().outcome == .canceled)
        #expect(try supervisor.ended() == .ended)
    }

    @Test func aShutdownWaitsForTheRuns() throws {
        let run = try start("polite")
        try supervisor.send(.shutdown(graceMilliseconds: 3_600_000))
        try supervisor.send(.ping(nonce: 1))
        #expect(try supervisor.next() == .pong(nonce: 1))
        try supervisor.send(.cancel(slot: 0, run: run))
        #expect(try supervisor.untilDone().outcome == .canceled)
        #expect(try supervisor.ended() == .ended)
    }

    @Test func aSecondShutdownShortensTheTime() throws {
        _ = try start("polite")
        try supervisor.send(.shutdown(graceMilliseconds: 3_600_000))
        try supervisor.send(.shutdown(graceMilliseconds: 1))
        #expect(try supervisor.untilDone().outcome == .canceled)
        #expect(try supervisor.ended() == .ended)
    }
}
