/// How a run or a worker is brought to its end: steps from gentle to certain, each with the time that it has to work.
///
/// A ladder is climbed once, from below. Whoever climbs takes the `Step` that `next` answers, and calls again when its
/// time is over and the end has not come.
package struct StopLadder: Equatable, Sendable {
    package enum Action: Equatable, Sendable {
        /// The cancel frame of one run.
        case cancelRun
        /// SIGUSR1, for workers that declare that they take it.
        case interruptRun
        /// The shutdown frame; for a worker that cannot take it, the end of its death pipe.
        case ask
        /// SIGQUIT: the stacks of all threads go to the log.
        case dumpStacks
        /// SIGTERM to the process group.
        case terminate
        /// SIGKILL to the process group.
        case kill

        /// The worker survives it as a worker.
        package var isForOneRun: Bool { self == .cancelRun || self == .interruptRun }
    }

    package struct Step: Equatable, Sendable {
        package let action: Action
        /// Nanoseconds until the next step; nil: this one cannot fail to work, or was meant to be the last.
        package let wait: UInt64?

        package init(_ action: Action, wait: UInt64?) {
            self.action = action
            self.wait = wait
        }
    }

    package let steps: [Step]
    /// How many of them were taken.
    private var taken = 0

    package init(_ steps: [Step]) {
        precondition(!steps.isEmpty, "a ladder has a step")
        self.steps = steps
    }

    /// The usual end of a worker.
    ///
    /// - Parameter grace: nanoseconds for all of it: the first half for asking, the second for SIGTERM.
    package static func ordinary(grace: UInt64) -> StopLadder {
        StopLadder([
            Step(.ask, wait: grace / 2), Step(.terminate, wait: grace - grace / 2), Step(.kill, wait: nil),
        ])
    }

    /// The end of one run that was cancelled; from the first step that is not for one run it is the end of its worker.
    ///
    /// - Parameter grace: nanoseconds that the whole ending of the worker has, once it has come to that.
    package static func run(_ settings: CancelSettings, canInterrupt: Bool, grace: UInt64) -> StopLadder {
        guard settings.grace > 0 else { return StopLadder([Step(.cancelRun, wait: nil)]) }
        let interrupt = canInterrupt ? [Step(.interruptRun, wait: settings.signalGrace)] : []
        return StopLadder(
            [Step(.cancelRun, wait: settings.grace)] + interrupt
                + [Step(.terminate, wait: grace), Step(.kill, wait: nil)])
    }

    /// The end of a worker that gives no sign of life: it is asked where it hangs, and has time to say it.
    package static func unresponsive(abortGrace: UInt64) -> StopLadder {
        StopLadder([Step(.dumpStacks, wait: abortGrace), Step(.kill, wait: nil)])
    }

    /// The end of a worker that is not asked any more.
    ///
    /// - Parameter grace: nanoseconds for SIGTERM to work.
    package static func forced(grace: UInt64) -> StopLadder {
        StopLadder([Step(.terminate, wait: grace), Step(.kill, wait: nil)])
    }

    /// The step under way and all that follow it, as a ladder of its own.
    var fromCurrentStep: StopLadder { StopLadder(Array(steps[max(taken - 1, 0)...])) }

    /// Nothing that it could still say or do is wanted.
    package static let atOnce = StopLadder([Step(.kill, wait: nil)])

    /// Nanoseconds that the steps still to come may take; with a step under way, what comes after it.
    var remainingTime: UInt64 { steps[taken...].reduce(0) { $0 + ($1.wait ?? 0) } }

    /// The next step; nil: all were taken.
    package mutating func next() -> Step? {
        guard taken < steps.count else { return nil }
        taken += 1
        return steps[taken - 1]
    }

    /// Skips what is gentle: the next step is the last, also if it was taken already.
    mutating func hurry() { taken = steps.count - 1 }
}
