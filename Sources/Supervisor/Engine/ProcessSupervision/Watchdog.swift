/// Watches one ready worker for signs of life: its frames, heartbeats among them, and where that is trusted the processor
/// time that it uses.
///
/// It says when the worker counts as unresponsive; what then follows is a stop ladder. It is asked at regular looks, at
/// least four in an interval, so that a token costs it nothing: whoever reads frames only notes when.
package struct Watchdog: Sendable {
    package enum Verdict: Equatable, Sendable {
        case alive
        /// It has been silent for a while: find out whether it uses its processor, and tell with `sampled`.
        case doubtful
        case unresponsive
    }

    /// A process counts as busy when it used at least this part of one core: the thread that beats, waiting for its turn,
    /// uses about a thousandth.
    private static let busyPart: UInt64 = 50

    private let interval: UInt64
    private let trustsProcessorTime: Bool
    /// When (nanoseconds) something other than a frame last spoke for it.
    private var evidence: UInt64
    private var lastSample: (processorTime: UInt64, time: UInt64)?

    /// Nil where heartbeats are off.
    package init?(_ settings: WatchdogSettings, now: UInt64) {
        guard settings.interval > 0 else { return nil }
        interval = settings.interval
        trustsProcessorTime = settings.trustsProcessorTime
        evidence = now
    }

    /// Its silence was not its own doing: its frames were left unread, or the supervisor itself was held up.
    package mutating func excused(now: UInt64) { evidence = now }

    /// A regular look. `lastFrame`: when (nanoseconds) the last bytes of it were read.
    package func look(lastFrame: UInt64, now: UInt64) -> Verdict {
        let life = max(lastFrame, evidence)
        let silence = now > life ? now - life : 0
        if silence >= interval { return .unresponsive }
        return trustsProcessorTime && silence >= interval / 2 ? .doubtful : .alive
    }

    /// What it has used since its start, in nanoseconds.
    package mutating func sampled(processorTime: UInt64, now: UInt64) {
        guard trustsProcessorTime else { return }
        // An old sample would let work of long ago speak for a worker that hangs now.
        if let lastSample, now > lastSample.time, now - lastSample.time <= interval,
            processorTime > lastSample.processorTime,
            processorTime - lastSample.processorTime >= (now - lastSample.time) / Watchdog.busyPart
        {
            evidence = now
        }
        lastSample = (processorTime, now)
    }
}
