import CLinux
import Glibc

/// The time of day, for what people and other machines read. Decisions are made with the monotonic clock.
package enum WallClock {
    /// What to add to monotonic time for nanoseconds since 1970-01-01T00:00:00Z, both read one after the other.
    package static func offset() -> UInt64 { now() - cl_monotonic_now() }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    package static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
