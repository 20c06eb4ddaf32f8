import Engine

extension Server {
    /// How the server is, for the service manager.
    var condition: ServiceCondition {
        var condition = ServiceCondition()
        condition.isStopping = engine.isLeaving
        condition.isReady = engine.isReady
        var deployments: [ServiceText.Deployment] = []
        condition.isReloading = engine.isReloading
        for index in engine.deployments.indices where !engine.deployments[index].isRemoved {
            let (ready, wanted) = (engine.deployments[index].readyCount, engine.deployments[index].wantedCount)
            if engine.deployments[index].setup.status == .starting { condition.isLoading = true }
            deployments.append(
                ServiceText.Deployment(
                    name: engine.deployments[index].settings.name, ready: ready, wanted: wanted,
                    progress: engine.deployments[index].setup.progress))
        }
        condition.text = ServiceText.of(stateText(isReady: condition.isReady), deployments)
        return condition
    }

    private func stateText(isReady: Bool) -> String {
        switch engine.drain.phase {
        case .serving: engine.isReloading ? "reloading" : isReady ? "ready" : "not ready"
        case .leaving, .finishing: "draining, \(engine.activeCount) running"
        case .canceling: "canceling, \(engine.activeCount) running"
        case .closing: "closing connections"
        case .stoppingWorkers: "drained, stopping workers"
        case .delivering: "drained, telling webhooks"
        case .stopped: "stopped"
        }
    }
}
