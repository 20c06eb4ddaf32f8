/// What a deployment's health document is made of.
package struct HealthReport: Equatable, Sendable {
    package let status: DeploymentHealth
    package let setup: SetupReport
    /// Of what the worker is made of, by its own word: `python`, `python_sdk`.
    package let versions: [String: String]
    /// What the handler's own check found wrong.
    package let complaint: String?
    /// How the last worker ended, while none is ready.
    package let lastExit: String?
}

extension Deployment {
    /// - Parameter complaint: what the handler's own check found wrong; nil: nothing, or it was not asked.
    package func healthReport(complaint: String? = nil) -> HealthReport {
        HealthReport(
            status: complaint == nil ? health : .unhealthy, setup: setup, versions: handler?.versions ?? [:],
            complaint: complaint, lastExit: lastExit)
    }
}
