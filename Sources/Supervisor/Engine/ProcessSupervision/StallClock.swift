/// When a run that says nothing counts as stalled. Any frame of the run is a sign of life, whatever it holds; the
/// worker's heartbeats are not, since they come from a thread that knows nothing of runs.
package struct StallClock: Equatable, Sendable {
    /// Nanoseconds; 0: a run may be silent for ever.
    private let timeout: UInt64

    package init(_ settings: WatchdogSettings) {
        timeout = settings.stallTimeout
    }

    package var isOn: Bool { timeout > 0 }

    /// `lastSign`: when (nanoseconds) the last frame of the run was read, or the run was given out.
    package func isStalled(lastSign: UInt64, now: UInt64) -> Bool {
        isOn && now > lastSign && now - lastSign >= timeout
    }
}
