/// Whether a prediction is run again when its worker was lost.
package struct RetrySettings: Equatable, Sendable {
    package enum Window: String, CaseIterable, Sendable {
        case never
        /// While the worker has not acknowledged the run: the handler cannot have begun.
        case beforeStart = "before_start"
        /// While no output has come: for handlers that may safely run twice.
        case beforeFirstOutput = "before_first_output"
    }

    package var window = Window.beforeStart
    /// Runs of one prediction in all, the first included.
    package var attempts = 2
    /// Nanoseconds that the first wait has at most, and above which waits do not grow.
    package var backoff: UInt64 = 250_000_000
    package var maximumBackoff: UInt64 = 2_000_000_000
    /// Retries of a deployment per second that its budget gains, and the most that it holds; a burst of 0: no limit.
    package var budgetRate = 1.0
    package var budgetBurst = 10
    /// Nanoseconds for which a prediction waits at most for a worker that could run it again.
    package var patience: UInt64 = 60_000_000_000

    package init() {}
}
