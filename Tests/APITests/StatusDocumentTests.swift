import API
import Engine
import HTTP
import Testing
import WireProtocol

/// The JSON of `GET /status`.
@Suite struct StatusDocumentTests {
    private static let second: UInt64 = 1_000_000_000
    private static let now = 1_800_000_000 * second

    private static let exit = ExitRecord(
        worker: 1, processID: 77, wall: now - 12 * second, lifetime: 90 * second, readyTime: 80 * second, reason: .oom,
        detail: "signal 9 (SIGKILL)",
        ending: WorkerEnding(
            .signaled(9),
            usage: ResourceUsage(userTime: 3 * second / 2, systemTime: second / 4, peakResidentBytes: 4096),
            wasOutOfMemory: true), strays: 2, logTail: "last\n")
    private static let loading = WorkerStatus(
        index: 1, state: .loading, processID: 78, device: "GPU-1", generation: 2, sinceWall: now - 3 * second,
        startedWall: now - 4 * second, slots: 0, busy: 0, served: 0, residentBytes: 1 << 30,
        processorTime: 2500 * 1_000_000, progress: 0.35, message: "shard 7/20", restarts: 1, nextStartWall: nil,
        lastExit: exit)
    private static let waiting = WorkerStatus(
        index: 0, state: .backoff, generation: 2, sinceWall: now, slots: 0, busy: 0, served: 0, restarts: 4,
        nextStartWall: now + 1500 * 1_000_000)
    private static let report = StatusReport(
        state: .degraded, startedWall: now - 3600 * second, nowWall: now,
        deployments: [
            DeploymentStatus(
                name: "llama", state: .degraded, detail: "why", ready: 0, wanted: 2, minimumReady: 1, slots: 4, busy: 3,
                waiting: 5, restarts: 5, generation: 2, group: "ranks", workers: [waiting, loading], exits: [exit])
        ])

    private func body(_ name: String?) throws -> JSONValue {
        let process = StatusDocument.Process(processID: 42, addresses: ["http://127.0.0.1:5000"])
        guard case .bytes(let bytes) = StatusDocument(Self.report, process).response(deployment: name).body else {
            throw NoBody()
        }
        return try JSONValue.parse(bytes)
    }

    private struct NoBody: Error {}

    @Test func saysEverythingWithItsUnits() throws {
        let expected = """
            {"state":"degraded","version":"\(ProductVersion.text)","pid":42,
            "started_at":"2027-01-15T07:00:00.000000000+00:00","now":"2027-01-15T08:00:00.000000000+00:00",
            "uptime":3600.0,"addresses":["http://127.0.0.1:5000"],"deployments":[
            {"name":"llama","state":"degraded","detail":"why","ready":0,"wanted":2,"min_ready":1,"slots":4,"busy":3,
            "waiting":5,"restarts":5,"generation":2,"group":"ranks",
            "last_exit":{"worker":1,"pid":77,"at":"2027-01-15T07:59:48.000000000+00:00","ago":12.0,"reason":"oom",
            "detail":"signal 9 (SIGKILL)"},"workers":[
            {"index":0,"state":"backoff","generation":2,"since":"2027-01-15T08:00:00.000000000+00:00","for":0.0,
            "slots":0,"busy":0,"served":0,"restarts":4,"next_start_in":1.5},
            {"index":1,"state":"loading","pid":78,"device":"GPU-1","generation":2,
            "since":"2027-01-15T07:59:57.000000000+00:00","for":3.0,"started_at":"2027-01-15T07:59:56.000000000+00:00",
            "slots":0,"busy":0,"served":0,"rss_bytes":1073741824,"cpu_seconds":2.5,"progress":0.35,
            "message":"shard 7/20","restarts":1,
            "last_exit":{"worker":1,"pid":77,"at":"2027-01-15T07:59:48.000000000+00:00","ago":12.0,"reason":"oom",
            "detail":"signal 9 (SIGKILL)"}}]}]}
            """
        #expect("\(try body(nil))" == expected.replacing("\n", with: ""))
    }

    /// Log tails are long, and only of interest to whoever asks about one deployment.
    @Test func evidenceIsWithOneDeployment() throws {
        let exits = try #require(try body("llama")["exits"]?.arrayValue)
        let expected = """
            {"worker":1,"pid":77,"at":"2027-01-15T07:59:48.000000000+00:00","ago":12.0,"reason":"oom",
            "detail":"signal 9 (SIGKILL)","lifetime":90.0,"ready_for":80.0,"signal":9,"user_seconds":1.5,
            "system_seconds":0.25,"peak_rss_bytes":4096,"strays":2,"log_tail":"last\\n"}
            """
        #expect(exits.map { "\($0)" } == [expected.replacing("\n", with: "")])
        #expect(try body(nil)["deployments"]?.arrayValue?.first?["exits"] == nil)
    }

    @Test func oneThatIsNotThere() {
        let document = StatusDocument(Self.report, StatusDocument.Process(processID: 1, addresses: []))
        #expect(document.response(deployment: "gone").status == .notFound)
    }

    @Test func stateChanges() throws {
        let change = StateChange(
            wall: Self.now, deployment: "llama", worker: 1, processID: 77, from: "busy", to: "exited", reason: .oom,
            detail: "signal 9 (SIGKILL)")
        #expect(
            String(decoding: StateChangeDocument.json(change), as: UTF8.self)
                == #"{"ts":"2027-01-15T08:00:00.000000000+00:00","deployment":"llama","worker":1,"pid":77,"#
                + #""from":"busy","to":"exited","reason":"oom","detail":"signal 9 (SIGKILL)"}"#)
        let server = StateChange(
            wall: Self.now, deployment: "", worker: nil, processID: nil, from: nil, to: "draining")
        #expect(
            String(decoding: StateChangeDocument.json(server), as: UTF8.self)
                == #"{"ts":"2027-01-15T08:00:00.000000000+00:00","to":"draining"}"#)
    }
}
