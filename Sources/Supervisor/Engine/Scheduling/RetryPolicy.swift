/// How far a run had come when it was lost, by the worker's own word.
package enum RunProgress: Int, Comparable, Sendable {
    /// The worker has not acknowledged it: the handler cannot have begun.
    case dispatched
    case started
    case hasOutput

    package static func < (left: RunProgress, right: RunProgress) -> Bool { left.rawValue < right.rawValue }
}

/// A run that did not come to its end, and all that decides whether the prediction gets another one.
package struct LostRun: Equatable, Sendable {
    package enum Cause: Equatable, Sendable {
        /// Its worker ended, or is being ended.
        case workerLost(ExitReason)
        /// The worker lives and says that another try may do better.
        case flaggedByWorker
    }

    package var cause: Cause
    package var progress: RunProgress
    /// Runs of the prediction so far, the lost one included.
    package var attempts: Int
    package var isCancelRequested: Bool
    /// The server is on its way out: nobody would be there to run it.
    package var isDraining: Bool

    package init(
        _ cause: Cause, progress: RunProgress, attempts: Int = 1, isCancelRequested: Bool = false,
        isDraining: Bool = false
    ) {
        self.cause = cause
        self.progress = progress
        self.attempts = attempts
        self.isCancelRequested = isCancelRequested
        self.isDraining = isDraining
    }
}

/// Whether a prediction whose run was lost is run again. Whether it may right now is the `RetryBudget`'s answer.
package struct RetryPolicy: Sendable {
    private let settings: RetrySettings

    package init(_ settings: RetrySettings) {
        self.settings = settings
    }

    package func allowsAnotherRun(after lost: LostRun) -> Bool {
        guard !lost.isCancelRequested, !lost.isDraining, lost.attempts < settings.attempts else { return false }
        return isWithinWindow(lost.progress) && isWorthIt(lost.cause)
    }

    private func isWithinWindow(_ progress: RunProgress) -> Bool {
        switch settings.window {
        case .never: false
        case .beforeStart: progress == .dispatched
        case .beforeFirstOutput: progress < .hasOutput
        }
    }

    private func isWorthIt(_ cause: LostRun.Cause) -> Bool {
        guard case .workerLost(let reason) = cause else { return true }
        switch reason {
        case .ok, .error, .signal, .protocol, .config, .setup, .loadTimeout, .spawn: return true
        // The worker went for the sake of another run or of its group, or fell while it was being replaced.
        case .cancel, .group, .recycle, .reload: return true
        // An input that eats all memory, or hangs, would do so again, and take the next worker with it.
        case .oom, .memory, .watchdog: return false
        // Somebody wants it gone.
        case .stopped: return false
        }
    }

    /// Nanoseconds to wait before the run after `attempts` of them: anything up to a bound that doubles with each, so
    /// that the runs of one dead worker do not come back in step.
    package func wait(after attempts: Int, using generator: inout some RandomNumberGenerator) -> UInt64 {
        var bound = settings.backoff
        for _ in 1..<max(attempts, 1) where bound < settings.maximumBackoff { bound *= 2 }
        return UInt64.random(in: 0...min(bound, settings.maximumBackoff), using: &generator)
    }
}
