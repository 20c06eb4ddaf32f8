import CLinux

/// A point in time on the kernel's monotonic clock: never set back, stands still while the machine sleeps.
///
/// Parts that may not import this module take the plain `nanoseconds`.
package struct MonotonicTime: Comparable, Hashable, Sendable {
    /// Nanoseconds since an arbitrary start (usually boot).
    package var nanoseconds: UInt64

    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// Reads the clock (about 20 ns). On the loop's thread take `Loop.now`, which is read once per turn.
    package static func now() -> MonotonicTime {
        MonotonicTime(nanoseconds: cl_monotonic_now())
    }

    /// The later point `nanoseconds` from here; the end of time instead of an overflow.
    package func advanced(by nanoseconds: UInt64) -> MonotonicTime {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return MonotonicTime(nanoseconds: overflow ? .max : sum)
    }

    /// Nanoseconds from `earlier` to here; 0 if `earlier` is not earlier.
    package func since(_ earlier: MonotonicTime) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}
