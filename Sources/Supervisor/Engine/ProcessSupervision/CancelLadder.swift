/// What follows when a run does not end after it was asked to: its handler is interrupted, where the worker takes that,
/// then its worker is ended.
package struct CancelLadder: Equatable, Sendable {
    package enum Step: Equatable, Sendable {
        /// SIGUSR1, and so many nanoseconds for its effect.
        case interrupt(wait: UInt64)
        /// There is no way left but to end the worker.
        case endWorker
    }

    private let signalGrace: UInt64
    private var mayInterrupt: Bool
    /// Nanoseconds that the run has after the cancel frame.
    package let firstWait: UInt64

    /// Nil where a run may take for ever to end.
    package init?(_ settings: CancelSettings, takesInterrupts: Bool) {
        guard settings.grace > 0 else { return nil }
        firstWait = settings.grace
        signalGrace = settings.signalGrace
        mayInterrupt = takesInterrupts && settings.signalGrace > 0
    }

    /// The time of the last step is over and the run has not ended.
    package mutating func timeOver() -> Step {
        guard mayInterrupt else { return .endWorker }
        mayInterrupt = false
        return .interrupt(wait: signalGrace)
    }
}
