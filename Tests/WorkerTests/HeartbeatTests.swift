import Testing
import WireProtocol
import Worker

private struct Busy: ModelWorker {
    /// Computes until it is cancelled, and never waits.
    @Handler var spin = { (input: String, run: RunContext) in
        while !run.isCancelled {}
        return input
    }
}

private struct Choosy: ModelWorker {
    @Handler var echo = { (input: String, run: RunContext) in input }

    struct Settings: HandlerInput {
        @Field("What to fail with.") var failure = "none"
    }

    func setup(_ setup: SetupContext) async throws {
        switch try setup.settings(as: Settings.self).failure {
        case "configuration": throw ConfigurationError("There are no weights at /weights; set `weights`.")
        case "other": throw HandlerError("no memory")
        default: break
        }
    }
}

@Suite struct HeartbeatTests {
    private static let often: UInt32 = 5

    @Test func aWorkerBeatsAsOftenAsItWasAskedWhateverItsRunsDo() throws {
        let supervisor = try ScriptedSupervisor(Busy.self)
        _ = try supervisor.prepare(heartbeat: Self.often)
        let run = try supervisor.predict("spin", "\"x\"")
        // What comes before the first beat of the run, and then some beats that nothing asks for.
        for _ in 0..<5 { while try supervisor.nextOrBeat() != .heartbeat {} }
        try supervisor.send(.cancel(slot: 0, run: run))
        #expect(try supervisor.untilDone().outcome == .canceled)
    }

    @Test func aWorkerThatWasNotAskedDoesNotBeat() throws {
        let supervisor = try ScriptedSupervisor(Busy.self)
        _ = try supervisor.prepare()
        try supervisor.send(.ping(nonce: 7))
        #expect(try supervisor.nextOrBeat() == .pong(nonce: 7))
    }

    @Test func aWorkerSaysWhatItCanDo() throws {
        let supervisor = try ScriptedSupervisor(Busy.self)
        try supervisor.send(.hello(SupervisorHello(supervisor: "test", spoolDirectory: "/tmp")))
        guard case .hello(let hello) = try supervisor.next() else { return #expect(Bool(false), "no hello") }
        // Nothing can interrupt compiled code, so `interrupt` would promise too much.
        #expect(hello.capabilities == [Capability.spill, Capability.upload, Capability.heartbeat])
    }
}

@Suite struct ConfigurationErrorTests {
    @Test(arguments: [
        ("configuration", ExitCode.configuration, "ConfigurationError"), ("other", .setupFailed, "HandlerError"),
    ])
    func theStatusSaysWhetherItMayHelpToStartAgain(failure: String, code: ExitCode, kind: String) throws {
        let supervisor = try ScriptedSupervisor(Choosy.self)
        let said = try supervisor.prepare(setup: #"{"failure":"\#(failure)"}"#)
        guard case .setupFailed(let told)? = said.last else { return #expect(Bool(false), "\(said)") }
        #expect(told.kind == kind)
        #expect(try supervisor.ended() == code)
    }

    @Test func settingsThatCannotBeReadAreOfTheConfiguration() throws {
        let supervisor = try ScriptedSupervisor(Choosy.self)
        _ = try supervisor.prepare(setup: #"{"failure":7}"#)
        #expect(try supervisor.ended() == .configuration)
    }

    @Test func aHandlerThatIsNotThereIsOfTheConfiguration() throws {
        let supervisor = try ScriptedSupervisor(Choosy.self)
        _ = try supervisor.prepare(handler: "other")
        #expect(try supervisor.ended() == .configuration)
    }
}
