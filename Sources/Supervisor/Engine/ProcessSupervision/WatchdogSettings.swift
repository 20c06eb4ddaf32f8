/// When a worker that gives no sign of life is ended.
package struct WatchdogSettings: Equatable, Sendable {
    /// Nanoseconds without a heartbeat after which a ready worker is unresponsive; 0: heartbeats are not asked for.
    package var interval: UInt64 = 30_000_000_000
    /// Processor time that grew counts as a sign of life: for workers whose heartbeat one long call can hold up.
    package var trustsProcessorTime = false
    /// Nanoseconds between the request for a dump of its stacks and the kill.
    package var abortGrace: UInt64 = 3_000_000_000
    /// Nanoseconds without any frame of a run after which the run is stalled; 0: never.
    package var stallTimeout: UInt64 = 0

    /// Milliseconds from one heartbeat to the next, as the worker is asked for them: half the interval, so that one that
    /// is late is not the end. Nil: none are asked for.
    var heartbeatMilliseconds: UInt32? {
        interval == 0 ? nil : max(1, UInt32(clamping: interval / 2 / 1_000_000))
    }

    package init() {}
}
