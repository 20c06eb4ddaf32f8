/// What follows when a run does not end after it was cancelled.
package struct CancelSettings: Equatable, Sendable {
    /// Nanoseconds that the handler has to end after the cancel frame; 0: for ever.
    package var grace: UInt64 = 5_000_000_000
    /// Nanoseconds after SIGUSR1, for workers that declare that they take it.
    package var signalGrace: UInt64 = 5_000_000_000

    package init() {}
}
