import Engine

extension SupervisorEngine {
    func provisionalStatus() -> StatusReport {
        let wall: UInt64 = 1_800_000_000_000_000_000
        return StatusReport(
            state: .ready, startedWall: wall, nowWall: wall,
            deployments: deployments.indices.map { index in
                DeploymentStatus(
                    name: deployments[index].settings.name, state: .ready, detail: nil,
                    ready: deployments[index].isReady ? 1 : 0, wanted: 1, minimumReady: 1, slots: 0, busy: 0,
                    waiting: 0, restarts: 0, generation: 0, group: nil, workers: [], exits: [])
            })
    }
}
