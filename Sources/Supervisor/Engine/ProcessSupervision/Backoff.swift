/// How long a place waits between the end of a worker and the start of the next.
///
/// A wait is drawn evenly from zero to a bound that doubles with each failure ("full jitter"): workers that died together
/// do not come back together. With the usual settings, in seconds:
///
///     failures before    0    1    2    3    4    5    6    7 and more
///     at most            0.5  1    2    4    8    16   32   60
///     on average         0.25 0.5  1    2    4    8    16   30
///
/// A life that was steady clears the count: it was ready for `steadyAfter`, or has ended a run. After one that was ready
/// for longer than `immediateAfter` the first start has no wait at all.
package struct Backoff: Equatable, Sendable {
    /// Ends since the last steady life.
    package private(set) var failures = 0

    package init() {}

    /// - Parameters:
    ///   - readyTime: nanoseconds for which the life that has ended was ready; nil: it never was.
    ///   - served: how many runs it has ended.
    package mutating func workerEnded(
        readyTime: UInt64?, served: UInt64, _ settings: RestartSettings,
        using generator: inout some RandomNumberGenerator
    ) -> UInt64 {
        if let readyTime, readyTime >= settings.steadyAfter || served > 0 { failures = 0 }
        let bound = Backoff.bound(failures: failures, settings)
        failures += 1
        if let readyTime, readyTime > settings.immediateAfter { return 0 }
        return UInt64.random(in: 0...bound, using: &generator)
    }

    package mutating func reset() { failures = 0 }

    /// The longest wait after so many failures.
    package static func bound(failures: Int, _ settings: RestartSettings) -> UInt64 {
        // 63 doublings of a nanosecond are three centuries.
        let (product, isTooLarge) = settings.backoff.multipliedReportingOverflow(by: 1 << UInt64(min(failures, 63)))
        return isTooLarge ? settings.maximumBackoff : min(product, settings.maximumBackoff)
    }
}
