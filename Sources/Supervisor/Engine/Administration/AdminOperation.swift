/// What an operator waits for: something of several deployments, each of which has to get there.
struct AdminOperation: Equatable {
    let connection: ConnectionID
    let verb: AdminCommand.Verb
    /// When (nanoseconds) it was wished for.
    let since: UInt64
    /// What is said when all is done.
    let success: String
    private(set) var pending: [DeploymentIndex]
    private(set) var failures: [String] = []

    init(
        _ verb: AdminCommand.Verb, _ deployments: [DeploymentIndex], for connection: ConnectionID, since: UInt64,
        success: String
    ) {
        self.verb = verb
        self.connection = connection
        self.since = since
        self.success = success
        pending = deployments
    }

    /// - Parameter failure: why it did not get there; nil: it did.
    mutating func settled(_ deployment: DeploymentIndex, failure: String?) {
        guard pending.contains(deployment) else { return }
        pending.removeAll { $0 == deployment }
        if let failure { failures.append(failure) }
    }

    /// Nil: something is still to come.
    var answer: AdminAnswer? {
        guard pending.isEmpty else { return nil }
        return failures.isEmpty
            ? AdminAnswer(.done, success) : AdminAnswer(.failed, failures.joined(separator: "; "))
    }
}
