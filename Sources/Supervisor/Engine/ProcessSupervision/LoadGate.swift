/// How many workers may load at a time: models that load together fight for the disk and the memory of one device, and
/// all are late.
package struct LoadLimits: Equatable, Sendable {
    /// On the whole host: one loads while the next one's process starts.
    package var host = 2
    /// On one device.
    package var device = 1
    /// Nanoseconds after which a load does not keep others from theirs any more: one that hangs must not hold up the
    /// restarts of its neighbours for ever.
    package var turn: UInt64 = 300_000_000_000

    package init() {}
}

/// A start that waits for its turn.
package struct StartTicket: Hashable, Sendable {
    package let deployment: DeploymentIndex
    package let place: Int
    /// It is to take the place of one that still runs.
    package let isReplacement: Bool

    package init(deployment: DeploymentIndex, place: Int, isReplacement: Bool) {
        self.deployment = deployment
        self.place = place
        self.isReplacement = isReplacement
    }
}

/// Lets workers load a few at a time, in the order in which they came.
///
/// Members of a group often wait for each other while they load: all of a group pass together and count as one.
package struct LoadGate {
    private struct Waiting {
        let ticket: StartTicket
        let device: String?
        let group: String?
    }

    private struct Load {
        let device: String?
        let group: String?
        let endsAt: UInt64
    }

    private let limits: LoadLimits
    private var waiting: [Waiting] = []
    private var loads: [WorkerID: Load] = [:]

    package init(limits: LoadLimits) {
        self.limits = limits
    }

    package var waitingCount: Int { waiting.count }

    /// Gets in line; a ticket that stands there already keeps its place.
    package mutating func enter(_ ticket: StartTicket, device: String?, group: String?) {
        guard !waiting.contains(where: { $0.ticket == ticket }) else { return }
        waiting.append(Waiting(ticket: ticket, device: device, group: group))
    }

    package mutating func withdraw(_ ticket: StartTicket) { waiting.removeAll { $0.ticket == ticket } }

    /// The next one that may load now, which leaves the line. Who takes it says `began` before asking again.
    package mutating func next(now: UInt64) -> StartTicket? {
        let current = loads.values.filter { $0.endsAt > now }
        let groups = Set(current.compactMap(\.group))
        let count = current.count { $0.group == nil } + groups.count
        let found = waiting.firstIndex { candidate in
            if let group = candidate.group, groups.contains(group) { return true }
            guard count < limits.host else { return false }
            guard let device = candidate.device, candidate.group == nil else { return true }
            return current.count { $0.device == device } < limits.device
        }
        return found.map { waiting.remove(at: $0).ticket }
    }

    package mutating func began(_ worker: WorkerID, device: String?, group: String?, now: UInt64) {
        loads[worker] = Load(device: device, group: group, endsAt: now + limits.turn)
    }

    /// It is ready, or gone.
    package mutating func left(_ worker: WorkerID) { loads[worker] = nil }

    /// When somebody's turn is over, if anybody waits for that.
    package func nextTurn(now: UInt64) -> UInt64? {
        waiting.isEmpty ? nil : loads.values.map(\.endsAt).filter { $0 > now }.min()
    }
}
