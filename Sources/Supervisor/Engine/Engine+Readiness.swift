/// Whether predictions can be sent, as probes ask. Full slots change nothing here: overload is told to who sends a
/// prediction, and must not look like death to who may end the process for it.
extension SupervisorEngine {
    /// Every deployment that is required serves, and the server is not on its way out. Where none is required, one that
    /// serves is enough: nothing at all is never ready.
    package var isReady: Bool {
        guard !isLeaving else { return false }
        var isAnyRequired = false
        for index in deployments.indices where deployments[index].isRequired {
            guard deployments[index].isServing else { return false }
            isAnyRequired = true
        }
        return isAnyRequired || deployments.contains { $0.isServing }
    }

    /// Notes which deployments serve. To be called at the end of each turn, so that none is missed that probes do not see.
    mutating func noteReadiness() {
        guard !hasStarted else { return }
        var isAnyRequired = false
        var isAnyReady = false
        var isComplete = true
        for index in deployments.indices where !deployments[index].isRemoved {
            if !deployments[index].hasServed, deployments[index].isServing { deployments[index].hasServed = true }
            let hasServed = deployments[index].hasServed
            isAnyReady = isAnyReady || hasServed
            guard deployments[index].isRequired else { continue }
            isAnyRequired = true
            isComplete = isComplete && hasServed
        }
        hasStarted = isComplete && (isAnyRequired || isAnyReady)
    }
}

extension Deployment {
    /// The server is not ready without it. One that a reload has added counts from its first readiness on: what serves
    /// meanwhile is not taken out of service for it.
    package var isRequired: Bool { settings.supervision.isRequired && !isRemoved && !isNewcomer }

    /// So many of its workers are ready as must be for it to count; of a group, all of all members. How many of their
    /// slots are free does not matter.
    package var isServing: Bool { isReady && readyCount >= settings.supervision.minimumReady }
}
