import Glibc

/// The time of day, for what people and other machines read. Decisions are made with the monotonic clock.
package enum WallClock {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    package static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
