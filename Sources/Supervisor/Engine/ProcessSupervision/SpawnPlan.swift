/// Which worker to start: the specification is the owner's.
package struct SpawnPlan: Equatable, Sendable {
    package let deployment: DeploymentIndex
    /// Which version of the deployment's configuration: 0 at the start, one more with each that was loaded.
    package let generation: Int
    /// Which of the deployment's places it fills, from 0: it names devices and ports.
    package let place: Int

    package init(deployment: DeploymentIndex, generation: Int, place: Int) {
        self.deployment = deployment
        self.generation = generation
        self.place = place
    }
}
