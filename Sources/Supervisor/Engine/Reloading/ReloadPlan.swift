/// What a configuration that was read again changes. It is valid as a whole.
package struct ReloadPlan: Equatable, Sendable {
    /// A deployment that says something else than before.
    package struct Change: Equatable, Sendable {
        package let deployment: DeploymentIndex
        package let settings: DeploymentSettings
        /// The number of the new version: what the owner starts for `SpawnPlan.generation`. Higher than all before.
        package let generation: Int
        /// Workers have to be replaced for it; else it takes effect as it is.
        package let needsNewWorkers: Bool

        package init(
            _ deployment: DeploymentIndex, _ settings: DeploymentSettings, generation: Int, needsNewWorkers: Bool
        ) {
            self.deployment = deployment
            self.settings = settings
            self.generation = generation
            self.needsNewWorkers = needsNewWorkers
        }
    }

    package var changed: [Change] = []
    /// They get the next indices, in this order.
    package var added: [DeploymentSettings] = []
    package var removed: [DeploymentIndex] = []
    /// What the configuration says and cannot be so before the server is started again; and other warnings.
    package var warnings: [String] = []

    package init() {}

    package var isEmpty: Bool { changed.isEmpty && added.isEmpty && removed.isEmpty }
}
