/// One question to the workers of a deployment whether they are well, and all clients who wait for the answer.
///
/// The deployment is well when each of them says so. The first complaint is what clients are told.
struct HealthRound {
    private(set) var waiting: [ConnectionID] = []
    private(set) var complaint: String?
    private var unanswered: Set<WorkerID>

    init(asking workers: [WorkerID]) {
        unanswered = Set(workers)
    }

    /// Nothing more can come.
    var isComplete: Bool { unanswered.isEmpty }

    mutating func joined(_ connection: ConnectionID) {
        waiting.append(connection)
    }

    mutating func left(_ connection: ConnectionID) {
        waiting.removeAll { $0 == connection }
    }

    /// Nil: the worker is well.
    mutating func answered(_ worker: WorkerID, complaint: String?) {
        guard unanswered.remove(worker) != nil else { return }
        self.complaint = self.complaint ?? complaint
    }

    /// The time is over for whoever has not answered.
    mutating func timeOver(complaint: String) {
        guard !unanswered.isEmpty else { return }
        unanswered = []
        self.complaint = self.complaint ?? complaint
    }
}
