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

/// How a process ended.
package enum ExitReason: Equatable, Sendable {
    case exited(Int32)
    case signaled(Int32)
    /// It is gone, but the system could not say how.
    case unknown

    /// One phrase, for error texts and logs.
    package var text: String {
        switch self {
        case .exited(let code): "exit status \(code)"
        case .unknown: "an unknown end"
        case .signaled(let number): "signal \(number)\(ExitReason.names[number].map { " (\($0))" } ?? "")"
        }
    }

    /// The signals that end worker processes in practice; the numbers are those of x86-64 and arm64 Linux.
    private static let names: [Int32: String] = [
        1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL",
        11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM",
    ]
}
