/// What a configuration that was read again says otherwise. Pure.
package struct ConfigurationDifference: Equatable, Sendable {
    package struct Change: Equatable, Sendable {
        /// Its number among the server's deployments.
        package let index: Int
        package let deployment: DeploymentConfiguration
        /// Workers see the difference; else it only concerns how the server keeps them.
        package let needsNewWorkers: Bool
    }

    package private(set) var changed: [Change] = []
    package private(set) var added: [DeploymentConfiguration] = []
    /// Numbers of those that the new one does not have.
    package private(set) var removed: [Int] = []
    /// Names of settings that take effect with the next start of the server only.
    package private(set) var ignored: [String] = []

    /// - Parameters:
    ///   - deployments: those that are served, by their numbers; nil: it is gone.
    ///   - start: what the server was started with.
    package init(
        from deployments: [DeploymentConfiguration?], startedWith start: Configuration, to new: Configuration
    ) {
        for (index, old) in deployments.enumerated() {
            guard let old else { continue }
            guard let same = new.deployments.first(where: { $0.name == old.name }) else {
                removed.append(index)
                continue
            }
            guard Self.withoutRoutes(old) != Self.withoutRoutes(same) else { continue }
            changed.append(
                Change(
                    index: index, deployment: same,
                    needsNewWorkers: Self.asWorkersSeeIt(old) != Self.asWorkersSeeIt(same)))
        }
        let known = Set(deployments.compactMap { $0?.name })
        added = new.deployments.filter { !known.contains($0.name) }
        ignored = Settings.all.filter { setting in
            if setting.name == "listen" {
                // What it is without a word of its own, host and port say.
                return start.listen != new.listen
            }
            return !Self.inheritedSettings.contains(setting.name) && setting.read(start) != setting.read(new)
        }.map(\.name)
    }

    /// Server-wide settings that are nothing but defaults of deployments: these have taken them over already.
    /// (`port` is another thing there: the first of the workers' own.)
    private static let inheritedSettings = Set(Settings.deployment.map(\.name)).subtracting(["port"])
        .union(["shutdown.stop_grace"])

    /// Which routes lead to it is no affair of its workers.
    private static func withoutRoutes(_ deployment: DeploymentConfiguration) -> DeploymentConfiguration {
        var deployment = deployment
        deployment.isDefault = false
        return deployment
    }

    /// With all that only the server goes by at one value.
    private static func asWorkersSeeIt(_ deployment: DeploymentConfiguration) -> DeploymentConfiguration {
        var seen = withoutRoutes(deployment)
        seen.loadTimeout = nil
        seen.stopGrace = 0
        (seen.outputLimit, seen.logLimit, seen.appendMetricLimit) = (0, 0, 0)
        let supervision = deployment.supervision
        seen.supervision = .init()
        seen.supervision.group = supervision.group
        seen.supervision.devices = supervision.devices
        // It is told how often it shall beat.
        seen.supervision.watchdog.interval = supervision.watchdog.interval
        // A pool can grow and shrink; a group is a fixed set.
        if supervision.group == nil { seen.workers = 1 }
        return seen
    }
}
