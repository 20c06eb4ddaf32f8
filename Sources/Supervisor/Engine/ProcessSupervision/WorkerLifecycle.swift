/// The stages of one life of a worker.
package enum WorkerStage: String, Sendable {
    /// The process is being started, or runs and has not said hello. → loading, stopping, exited
    case starting
    /// It has said hello and sets itself up. → ready, stopping, exited
    case loading
    /// It takes predictions. → stopping, exited
    case ready
    /// It was told to end, or is being made to. → exited
    case stopping
    /// The process is gone and all it wrote was read.
    case exited
}

/// How long each step of ending a worker may take before the next begins. In order: it is asked (by a shutdown frame;
/// one that has not said hello, by the end of its death pipe), then its process group gets SIGTERM, then SIGKILL.
package struct StopLadder: Equatable, Sendable {
    package enum Step: Equatable, Sendable {
        case ask
        case terminate
        case kill
    }

    /// Nanoseconds for the whole ladder: the first half for asking, the second for SIGTERM.
    package let grace: UInt64
    private(set) var step: Step?

    package init(grace: UInt64) {
        self.grace = grace
    }

    /// Begins, or goes on to the next step. Answers the step to take and how long to wait for its effect (nil: it
    /// cannot fail to have one).
    mutating func next() -> (step: Step, wait: UInt64?) {
        switch step {
        case nil:
            step = .ask
            return (.ask, grace / 2)
        case .ask:
            step = .terminate
            return (.terminate, grace - grace / 2)
        case .terminate, .kill:
            step = .kill
            return (.kill, nil)
        }
    }

    /// Skips what is gentle: the next step is the last.
    mutating func hurry() {
        step = .terminate
    }
}
