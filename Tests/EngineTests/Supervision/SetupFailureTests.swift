import Engine
import Testing
import WireProtocol

@Suite("Engine: what a failed set-up means for the next one")
struct SetupFailureTests {
    /// The worker has the last word: by its status it says whether starting it again could help.
    @Test(arguments: [
        (ProcessStatus.exited(1), ExitReason.setup), (.exited(78), .config), (.exited(0), .setup),
        (.signaled(15), .setup),
    ])
    func statusOfAWorkerWhoseSetupFailed(status: ProcessStatus, reason: ExitReason) {
        let runner = RecordingRunner()
        let worker = runner.worker
        runner.say(worker, .hello(WorkerHello(worker: "w")))
        runner.say(worker, .setupFailed(SetupFailure(message: "no weights", kind: "OSError")))
        runner.exit(worker, status)
        let deployment = runner.engine.statusReport().deployments[0]
        #expect(deployment.state == .failed)
        #expect(deployment.exits.map(\.reason) == [reason])
        // Only what may get better by itself is tried again.
        runner.advance(3_600 * second)
        #expect(runner.workers.count == (reason == .config ? 1 : 2))
    }
}
