import Engine
import SSE

/// A second in the engine's unit.
let second: UInt64 = 1_000_000_000

extension EngineSettings {
    /// One deployment with one worker of one slot and the server's usual limits; a test changes what it is about.
    static func testing(_ change: (inout EngineSettings) -> Void = { _ in }) -> EngineSettings {
        let large = 8 << 20
        var settings = EngineSettings(
            deployments: [.testing()],
            streams: StreamSettings(
                history: HistoryLimits(events: 1_024, bytes: large), window: LiveWindow(events: 1_024, bytes: large)),
            retention: PredictionRegistry.Retention(age: 300 * second, count: 1_000, bytes: 64 * large),
            pendingCancellations: PendingCancellations.Limits(count: 1_000, age: 60 * second),
            drain: DrainSequence.Times(delay: 10 * second, finish: 300 * second, cancel: 5 * second),
            frameLimit: 1 << 20, inlineLimit: 64 << 10, patience: second, heartbeat: 15 * second,
            writeTimeout: 30 * second, idempotentGrace: 30 * second, attachedGrace: 0, readersPerPrediction: 64,
            readersInAll: 1_000, spoolDirectory: "/spool")
        change(&settings)
        return settings
    }
}

extension DeploymentSettings {
    static func testing(
        _ name: String = "echo", workers: Int = 1, _ change: (inout DeploymentSettings) -> Void = { _ in }
    ) -> DeploymentSettings {
        var settings = DeploymentSettings(
            name: name, handler: nil, workers: workers, concurrency: nil, streaming: nil,
            loadTimeout: 600 * second, stopGrace: 10 * second,
            limits: PredictionLimits(output: 1 << 20, logs: 1 << 20, metrics: 1 << 20))
        // Who is about a second run says so.
        settings.supervision.retry.window = .never
        change(&settings)
        return settings
    }
}

extension StreamRequest {
    static let cog = StreamRequest(profile: .native, flavor: .cog, resume: .beginning)
    static let events = StreamRequest(profile: .native, flavor: .events, resume: .beginning)
    static let typed = StreamRequest(profile: .typed, flavor: .typed, resume: .beginning)
    static let flat = StreamRequest(profile: .typedFlat, flavor: .typed, resume: .beginning)

    func resuming(_ point: ResumePoint) -> StreamRequest {
        var request = self
        request.resume = point
        return request
    }
}
