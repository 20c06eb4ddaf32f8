/// The run has ended: its handler has returned, and nothing can be sent for it any more.
///
/// Only code that outlives its handler sees it: a task that was started and not awaited.
public struct RunEnded: Error, Sendable, CustomStringConvertible {
    /// Says so.
    public var description: String { "the run has ended; its handler must await what it starts" }
}
