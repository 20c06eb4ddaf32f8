import Engine
import SSE
import TestSupport

extension Simulation {
    private static let usual = EngineSettings.testing {
        $0.streams = StreamSettings(
            history: HistoryLimits(events: 6, bytes: 2_000), window: LiveWindow(events: 5, bytes: 600))
        $0.retention = PredictionRegistry.Retention(age: 20 * second, count: 5, bytes: 400_000)
        $0.pendingCancellations = PendingCancellations.Limits(count: 3, age: 5 * second)
        $0.drain = DrainSequence.Times(delay: second, finish: 3 * second, cancel: second)
        $0.inlineLimit = 200
        $0.patience = second / 5
        $0.heartbeat = 5 * second
        $0.writeTimeout = 8 * second
        $0.idempotentGrace = 2 * second
        $0.readersPerPrediction = 4
        $0.readersInAll = 10
    }

    /// The usual settings, and sometimes the ends of their scales.
    static func settings(_ generator: inout SeededGenerator) -> EngineSettings {
        var settings = usual
        settings.streams.history.events = [0, 6, 6, 1_000].randomElement(using: &generator) ?? 6
        settings.streams.history.bytes = [2_000, 100_000].randomElement(using: &generator) ?? 2_000
        settings.retention.count = [0, 5, 5].randomElement(using: &generator) ?? 5
        settings.patience = [0, second / 5].randomElement(using: &generator) ?? 0
        settings.attachedGrace = [0, 0, second].randomElement(using: &generator) ?? 0
        settings.heartbeat = [0, 5 * second].randomElement(using: &generator) ?? 0
        settings.delivery.throttle = [0, second / 2].randomElement(using: &generator) ?? 0
        settings.delivery.heldLimit = [3_000, 1 << 20].randomElement(using: &generator) ?? 0
        settings.loads.host = Int.random(in: 1...3, using: &generator)
        settings.deployments = [deployment("first", workers: 2, &generator)]
        if Bool.random(using: &generator) {
            settings.deployments.append(
                deployment("second", workers: Int.random(in: 1...3, using: &generator), &generator))
        }
        if Int.random(in: 0...2, using: &generator) == 0 {
            for rank in 0...1 {
                var member = deployment("rank\(rank)", workers: 1, &generator)
                member.supervision.group = "tensor"
                settings.deployments.append(member)
            }
        }
        return settings
    }

    private static func deployment(
        _ name: String, workers: Int, _ generator: inout SeededGenerator
    ) -> DeploymentSettings {
        var settings = DeploymentSettings.testing(name, workers: workers) {
            $0.loadTimeout = 30 * second
            $0.stopGrace = 2 * second
            $0.limits = PredictionLimits(output: 200_000, logs: 300, metrics: 50)
        }
        settings.supervision = supervision(&generator)
        return settings
    }

    private static func supervision(_ generator: inout SeededGenerator) -> SupervisionSettings {
        var settings = SupervisionSettings()
        settings.restart.policy = [.always, .always, .onFailure, .never].randomElement(using: &generator) ?? .always
        settings.restart.maximumFailures = [2, 5, 1_000].randomElement(using: &generator) ?? 5
        settings.restart.window = 10 * second
        settings.restart.probeInterval = [0, 5 * second].randomElement(using: &generator) ?? 0
        settings.restart.steadyAfter = 10 * second
        settings.restart.immediateAfter = 3 * second
        settings.retry.window = RetrySettings.Window.allCases.randomElement(using: &generator) ?? .never
        settings.retry.attempts = Int.random(in: 1...3, using: &generator)
        settings.retry.budgetRate = 0.1
        settings.retry.budgetBurst = [0, 1, 10].randomElement(using: &generator) ?? 0
        settings.retry.patience = 5 * second
        settings.cancel.grace = [0, second, second].randomElement(using: &generator) ?? 0
        settings.cancel.signalGrace = second / 2
        settings.watchdog.interval = [0, 4 * second].randomElement(using: &generator) ?? 0
        settings.watchdog.trustsProcessorTime = Bool.random(using: &generator)
        settings.watchdog.abortGrace = second / 2
        settings.watchdog.stallTimeout = [0, 3 * second].randomElement(using: &generator) ?? 0
        settings.recycle.maximumRuns = [0, 2].randomElement(using: &generator) ?? 0
        settings.recycle.runJitter = 1
        settings.recycle.maximumAge = [0, 15 * second].randomElement(using: &generator) ?? 0
        settings.recycle.softMemory = [0, 500].randomElement(using: &generator) ?? 0
        settings.recycle.hardMemory = [0, 700].randomElement(using: &generator) ?? 0
        settings.recycle.surge = Int.random(in: 0...1, using: &generator)
        settings.recycle.maximumUnavailable = Int.random(in: 1...2, using: &generator)
        if Bool.random(using: &generator) { settings.devices = ["0", "0"] }
        return settings
    }
}
