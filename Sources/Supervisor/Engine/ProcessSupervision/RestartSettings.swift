/// When and how soon a worker that ended is followed by another.
package struct RestartSettings: Equatable, Sendable {
    package enum Policy: String, CaseIterable, Sendable {
        case always
        case onFailure = "on_failure"
        case never
    }

    package var policy = Policy.always
    /// Exit statuses that are no failure.
    package var successCodes: Set<Int32> = [0]
    /// Exit statuses after which starting again would not help: sysexits.h's EX_CONFIG.
    package var fatalCodes: Set<Int32> = [78]
    /// Nanoseconds that the first wait has at most; each further one doubles.
    package var backoff: UInt64 = 500_000_000
    /// Nanoseconds above which waits do not grow.
    package var maximumBackoff: UInt64 = 60_000_000_000
    /// Nanoseconds of readiness after which earlier failures do not lengthen the wait any more.
    package var steadyAfter: UInt64 = 60_000_000_000
    /// Nanoseconds of readiness after which the first restart is immediate.
    package var immediateAfter: UInt64 = 10_000_000_000
    /// More failures than this within `window` make the deployment `failed`.
    package var maximumFailures = 5
    /// Nanoseconds.
    package var window: UInt64 = 60_000_000_000
    /// Nanoseconds between two tries of a failed deployment; 0: none.
    package var probeInterval: UInt64 = 300_000_000_000

    package init() {}
}
