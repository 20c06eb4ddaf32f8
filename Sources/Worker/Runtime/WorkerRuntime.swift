import Synchronization
import WireProtocol

/// A worker at work: speaks with the supervisor, sets the author's worker up and runs its handlers.
///
/// Threads: one reads frames and never waits for a write; one sends answers and minds deadlines (``Attendant``); one
/// beats where the supervisor wants that (``Heartbeat``); each slot that was ever used has one for its runs
/// (``SlotExecutor``).
package final class WorkerRuntime: Sendable {
    private struct State {
        var runs = RunTable<RunChannel>()
        /// What the set-up returned; nil until then.
        var model: (any Sendable)?
        var isShuttingDown = false
        /// When the time after `shutdown` is up.
        var graceEnd: Attendant.Appointment?
        var hasEnded = false
    }

    private let program: WorkerProgram
    private let pipe: WorkerPipe
    private let outlet: Outlet
    private let attendant = Attendant()
    private let heartbeat = Heartbeat()
    private let executors = ExecutorPool()
    private let state = Mutex(State())
    private let finish: @Sendable (ExitCode) -> Void

    /// Time that the author's health check has: 5 s, as for Cog models.
    static let healthCheckTime: UInt64 = 5 * MonotonicClock.second

    /// Stands for the set-up and health checks among the slots: no slot has this number.
    private static let ownExecutor = FrameHeader.noSlot

    private static let nanosecondsInMillisecond: UInt64 = 1_000_000

    /// A worker that has said nothing yet.
    ///
    /// - Parameter finish: Called once, from any thread, when the process is to end.
    package init(_ program: WorkerProgram, _ pipe: WorkerPipe, finish: @escaping @Sendable (ExitCode) -> Void) {
        self.program = program
        self.pipe = pipe
        self.finish = finish
        outlet = Outlet(pipe)
    }

    /// Starts the thread that reads.
    package func start() {
        Thread.start { self.read() }
    }

    /// Ends the worker, once.
    private func end(_ code: ExitCode) {
        let isFirst = state.withLock { state in
            defer { state.hasEnded = true }
            return !state.hasEnded
        }
        guard isFirst else { return }
        attendant.end()
        heartbeat.end()
        executors.end()
        finish(code)
    }
}

// MARK: - Reading

extension WorkerRuntime {
    /// Reads until there is no more or the supervisor is found at fault.
    private func read() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: WorkerPipe.readCapacity, alignment: 16)
        defer { buffer.deallocate() }
        var decoder = FrameDecoder()
        var limits: RunChannel.Limits?
        do throws(ProtocolError) {
            while true {
                let count = pipe.read(into: buffer)
                if count == 0 { break }
                let input = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                var position = 0
                while let frame = try decoder.next(from: input, at: &position) {
                    try receive(frame, &limits)
                    if let limits { decoder.maximumPayloadLength = limits.frame }
                }
            }
            try decoder.finish()
            supervisorClosed()
        } catch {
            StandardStreams.complain("The supervisor broke the protocol: \(error)")
            end(.protocolViolation)
        }
    }

    /// The supervisor closes its end after `shutdown`, when it has nothing more to say, or because it is gone.
    private func supervisorClosed() {
        let isExpected = state.withLock { $0.isShuttingDown && !$0.runs.isIdle }
        if !isExpected { end(.ended) }
    }

    private func receive(_ frame: Frame, _ limits: inout RunChannel.Limits?) throws(ProtocolError) {
        try outlet.withSession { session throws(ProtocolError) in
            try session.receive(frame.header, at: frame.offset)
        }
        let message = try SupervisorMessage.decode(frame)
        if case .hello(let hello) = message {
            limits = try greet(hello)
            return
        }
        guard let limits else { preconditionFailure("the session lets nothing pass before the hello") }
        switch message {
        case .hello: break
        case .initialize(let initialization): setUp(initialization)
        case .predict(let slot, let run, let request): start(request, slot, run, limits)
        case .spilledPredict(let slot, let run, let file): start(file, slot, run, limits, frame.offset)
        case .cancel(let slot, let run):
            state.withLock { $0.runs.cancel(slot: slot, number: run) }?.cancel()
        case .uploaded(let slot, let run, let result):
            state.withLock { $0.runs.run(slot: slot, number: run) }?.uploaded(result)
        case .ping(let nonce): attendant.send { [outlet] in outlet.send(.pong(nonce: nonce)) }
        case .healthCheck: checkHealth()
        case .shutdown(let grace): shutDown(graceMilliseconds: grace)
        }
    }

    private func greet(_ hello: SupervisorHello) throws(ProtocolError) -> RunChannel.Limits {
        let answer = WorkerHello(
            worker: program.identification,
            capabilities: [Capability.spill, Capability.upload, Capability.heartbeat])
        // Before the versions are compared, so that the supervisor can name both.
        outlet.send(.hello(answer))
        let agreement = try Agreement(hello, answer)
        try outlet.withSession { session throws(ProtocolError) in session.adopt(agreement) }
        return RunChannel.Limits(
            frame: agreement.maximumPayloadLength, inline: agreement.inlinePayloadLength,
            allowsSpill: agreement.allowsSpill, allowsUpload: agreement.allowsUpload,
            spool: Spool(directory: agreement.spoolDirectory))
    }
}

// MARK: - Set-up and health

extension WorkerRuntime {
    private func setUp(_ initialization: Initialization) {
        if let interval = initialization.heartbeatMilliseconds, interval > 0 {
            heartbeat.start(every: UInt64(interval) * Self.nanosecondsInMillisecond) { [outlet] in
                outlet.send(.heartbeat)
            }
        }
        let context = SetupContext(initialization: initialization) { [outlet] in outlet.send($0) }
        Task(executorPreference: executors[Self.ownExecutor]) { [self] in
            do {
                try requireHandler(initialization.handler)
                let model = try await program.setup(context)
                state.withLock { $0.model = model }
            } catch {
                StandardStreams.flush()
                outlet.send(.setupFailed(SetupFailure(error)))
                end(ExitCode(setupError: error))
                return
            }
            StandardStreams.flush()
            try? outlet.withSession { $0.limitSlots(to: program.manifest.slotCount) }
            outlet.send(.ready(program.manifest))
        }
    }

    /// Loading for minutes is in vain when the configuration names a handler that does not exist.
    private func requireHandler(_ name: String?) throws {
        guard let name, program[name] == nil else { return }
        throw ConfigurationError("The worker has no handler `\(name)`; it has \(program.names).")
    }

    private func checkHealth() {
        guard let model = state.withLock({ $0.model }) else {
            // How far the set-up is, is told in other words.
            attendant.send { [outlet] in outlet.send(.healthResult(.healthy)) }
            return
        }
        let answer = OneAnswer { [outlet] in outlet.send(.healthResult($0)) }
        let timeout = attendant.schedule(after: Self.healthCheckTime) {
            let seconds = Self.healthCheckTime / MonotonicClock.second
            answer.give(.unhealthy(error: "The health check took longer than \(seconds) s."))
        }
        Task(executorPreference: executors[Self.ownExecutor]) { [self] in
            do {
                try await program.healthCheck(model)
                answer.give(.healthy)
            } catch {
                answer.give(.unhealthy(error: RunFailure.text(of: error)))
            }
            attendant.cancel(timeout)
        }
    }
}

// MARK: - Runs

extension WorkerRuntime {
    private func start(_ request: PredictRequest, _ slot: UInt16, _ number: UInt64, _ limits: RunChannel.Limits) {
        let channel = RunChannel(request, slot: slot, number: number, outlet: outlet, limits: limits)
        start(channel) { request.input }
    }

    /// Starts a run whose request lies in a file. What is wrong with the file is the run's failure, not the protocol's.
    private func start(
        _ file: SpillFile, _ slot: UInt16, _ number: UInt64, _ limits: RunChannel.Limits, _ offset: UInt64
    ) {
        do {
            let bytes = try limits.spool.take(file)
            let request = try bytes.withUnsafeBytes { try PredictRequest(spilled: $0, at: offset) }
            start(request, slot, number, limits)
        } catch {
            let request = PredictRequest(id: "unknown", handler: "unknown", input: .null)
            let channel = RunChannel(request, slot: slot, number: number, outlet: outlet, limits: limits)
            let failure = InputError(error)
            start(channel) { () throws(InputError) in throw failure }
        }
    }

    private func start(_ channel: RunChannel, input: @escaping @Sendable () throws(InputError) -> RawJSON) {
        let isFree = state.withLock { $0.runs.begin(channel, slot: channel.slot, number: channel.number) }
        precondition(isFree, "the session lets no run into a slot that has one")
        let task = Task(executorPreference: executors[channel.slot]) { [self] in
            await run(channel, input)
        }
        channel.attach(task)
    }

    private func run(_ channel: RunChannel, _ input: () throws(InputError) -> RawJSON) async {
        let handler = program[channel.handler]
        let outcome = await outcome(channel, handler, input)
        StandardStreams.flush()
        end(channel, outcome, streams: handler?.streams ?? false)
    }

    /// Runs the handler and says how that ended.
    private func outcome(
        _ channel: RunChannel, _ handler: HandlerDeclaration?, _ input: () throws(InputError) -> RawJSON
    ) async -> RunOutcome {
        do {
            let input = try input()
            guard let handler else {
                throw HandlerError(
                    "The worker has no handler `\(channel.handler)`; it has \(program.names).", kind: InputError.kind)
            }
            // One that was cancelled while it waited for its thread is not begun at all.
            if channel.isCancelled { return .canceled }
            try channel.begin()
            let run = RunContext(channel: channel)
            let model: any Sendable = state.withLock { $0.model } ?? ()
            try await RunContext.$current.withValue(run) { try await handler.execute(input, run, model) }
            // Handlers that see the cancel and return have not done what they should, though they say nothing.
            return channel.isCancelled ? .canceled : .succeeded
        } catch {
            return channel.isCancelled || error is CancellationError ? .canceled : .failed(RunFailure(error))
        }
    }

    private func end(_ channel: RunChannel, _ outcome: RunOutcome, streams: Bool) {
        let isWritten = channel.end(outcome, streams: streams) {
            state.withLock { $0.runs.end(slot: channel.slot, number: channel.number) }
        }
        guard isWritten else { return }
        let isLast = state.withLock { state in
            state.runs.endWritten()
            return state.isShuttingDown && state.runs.isIdle
        }
        if isLast || outlet.isBroken { end(.ended) }
    }
}

// MARK: - What it is doing

extension WorkerRuntime {
    /// One line for each run that has a slot, for people who look at a worker that hangs. Waits for nobody.
    package func describeRuns() -> [String] {
        guard let runs = state.withLockIfAvailable({ $0.runs.active }) else { return ["the runs are being changed"] }
        if runs.isEmpty { return ["no runs"] }
        return runs.map { run in
            "slot \(run.slot): run \(run.number) of `\(run.handler)`, prediction \(run.id)"
                + (run.isCancelled ? ", canceled" : "")
        }
    }
}

// MARK: - The end

extension WorkerRuntime {
    /// Ends when the last run has, or when the time is up.
    private func shutDown(graceMilliseconds: UInt64) {
        let earlier = state.withLock { state in
            state.isShuttingDown = true
            return state.graceEnd.take()
        }
        if let earlier { attendant.cancel(earlier) }
        guard state.withLock({ !$0.runs.isIdle }) else { return end(.ended) }
        let grace = graceMilliseconds.multipliedReportingOverflow(by: Self.nanosecondsInMillisecond)
        let appointment = attendant.schedule(after: grace.overflow ? .max : grace.partialValue) { [weak self] in
            self?.graceEnded()
        }
        state.withLock { $0.graceEnd = appointment }
    }

    /// Ends the runs that are left as if they had been cancelled, without waiting for them.
    private func graceEnded() {
        let runs = state.withLock { $0.runs.active }
        for run in runs { run.cancel() }
        for run in runs { end(run, .canceled, streams: program[run.handler]?.streams ?? false) }
        end(.ended)
    }
}

/// Passes on the first of several answers to one question.
private final class OneAnswer: Sendable {
    private let isGiven = Atomic<Bool>(false)
    private let send: @Sendable (HealthResult) -> Void

    init(_ send: @escaping @Sendable (HealthResult) -> Void) { self.send = send }

    func give(_ result: HealthResult) {
        if !isGiven.exchange(true, ordering: .relaxed) { send(result) }
    }
}
