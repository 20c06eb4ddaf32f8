/// Gives a deployment up whose workers fail too often, and tries it again from time to time: a circuit breaker over a
/// sliding window.
///
///     closed ── too many failures, or one that needs no more ──► open ── probe ──► probing
///        ▲                                                        ▲                  │
///        └── reset, or a worker became ready ─────────────────────┴── it failed ─────┘
package struct RestartIntensity: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        case closed
        /// No worker is started.
        case open
        /// One is, to see.
        case probing
    }

    package private(set) var state = State.closed
    /// When the failures within the window were, the oldest first.
    private var failures: [UInt64] = []

    package init() {}

    /// Answers whether the deployment is given up now; false also when it already was.
    package mutating func workerFailed(_ settings: RestartSettings, now: UInt64) -> Bool {
        failures.removeAll { $0 + settings.window <= now }
        failures.append(now)
        // More than it takes to see that they are too many need not be remembered.
        if failures.count > settings.maximumFailures + 1 { failures.removeFirst() }
        switch state {
        case .open: return false
        case .probing: break
        case .closed: guard failures.count > settings.maximumFailures else { return false }
        }
        state = .open
        return true
    }

    /// Given up for a reason that needs no second failure.
    package mutating func gaveUp() { state = .open }

    package mutating func probeBegan() {
        precondition(state == .open, "only what was given up is probed")
        state = .probing
    }

    /// A worker became ready, or an operator says that the cause is gone.
    package mutating func reset() {
        state = .closed
        failures = []
    }
}
