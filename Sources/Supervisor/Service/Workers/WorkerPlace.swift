import Engine

/// What tells one worker of a deployment from the others: its place, and by it its device and its port. The same after
/// each restart.
package struct WorkerPlace: Sendable, Equatable {
    /// From 0.
    package let index: Int
    /// Nil: workers have none of their own, and see all.
    package let device: String?
    /// Nil: workers have none of their own.
    package let port: Int?

    package init(index: Int, device: String? = nil, port: Int? = nil) {
        self.index = index
        self.device = device
        self.port = port
    }

    /// The place `index` in the pool of a deployment.
    package init(_ index: Int, of deployment: DeploymentConfiguration) {
        self.init(
            index: index, device: deployment.supervision.device(of: index),
            port: deployment.firstPort.map { $0 + index })
    }

    /// Tells a worker its place.
    package static let indexVariable = "SUPERVISOR_WORKER_INDEX"

    /// What makes libraries see one device alone: those for NVIDIA, AMD and Intel. NVIDIA_VISIBLE_DEVICES is read by
    /// container runtimes and not by workers. ROCR_VISIBLE_DEVICES is left alone since HIP_VISIBLE_DEVICES counts among
    /// what it leaves: with both, the second of two devices would be looked for among one.
    package static let deviceVariables = ["CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ZE_AFFINITY_MASK"]

    /// What the worker's environment has besides what is inherited: its place, its device, and `entries`, which win.
    package func environment(over entries: [EnvironmentEntry]) -> [EnvironmentEntry] {
        var result = [EnvironmentEntry(name: Self.indexVariable, value: String(index))]
        if let device { result += Self.deviceVariables.map { EnvironmentEntry(name: $0, value: device) } }
        let own = Set(entries.map(\.name))
        result.removeAll { own.contains($0.name) }
        return result
            + entries.map { EnvironmentEntry(name: $0.name, value: PlaceTemplate($0.value, .anyWord).text(for: self)) }
    }

    /// The worker's command.
    package func command(_ words: [String]) -> [String] {
        words.map { PlaceTemplate($0, .knownWords).text(for: self) }
    }
}
