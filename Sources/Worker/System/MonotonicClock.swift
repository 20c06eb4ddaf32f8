import Glibc

/// The clock that no one sets.
enum MonotonicClock {
    /// Nanoseconds in a second.
    static let second: UInt64 = 1_000_000_000

    /// Nanoseconds since the machine started.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * second + UInt64(time.tv_nsec)
    }
}
