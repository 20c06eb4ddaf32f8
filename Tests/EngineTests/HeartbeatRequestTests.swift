import Engine
import Testing
import WireProtocol

@Suite("Engine: what a worker is asked for by what its hello says")
struct HeartbeatRequestTests {
    /// Half the interval, so that one beat may be late; never 0, which would mean none.
    @Test(
        arguments: [
            (["heartbeat"], 30 * second, 15_000), (["heartbeat", "spill"], second, 500), (["heartbeat"], 1, 1),
            (["heartbeat"], 0, nil), ([], 30 * second, nil), (["interrupt"], 30 * second, nil),
            (["heartbeat"], .max, .max),
        ] as [([String], UInt64, UInt32?)])
    func heartbeatsAreAskedForWhereTheyAreWatched(capabilities: [String], interval: UInt64, expected: UInt32?) {
        var settings = EngineSettings.testing()
        settings.deployments[0].supervision.watchdog.interval = interval
        let runner = RecordingRunner(settings)
        runner.say(runner.worker, .hello(WorkerHello(worker: "w", capabilities: capabilities)))
        #expect(
            runner.worker.received.last
                == .initialize(Initialization(deployment: "echo", heartbeatMilliseconds: expected)))
    }

    @Test func theHelloNamesWhatTheSupervisorMakesUseOf() {
        let runner = RecordingRunner()
        guard case .hello(let hello)? = runner.worker.received.first else { return #expect(Bool(false), "no hello") }
        #expect(hello.capabilities.contains(Capability.heartbeat) && hello.capabilities.contains(Capability.interrupt))
    }
}
