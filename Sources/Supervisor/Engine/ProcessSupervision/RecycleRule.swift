/// When one life of a worker has served long enough. Its numbers are drawn once, when it becomes ready.
package struct RecycleRule: Equatable, Sendable {
    /// Why a healthy worker is replaced.
    package enum Cause: String, Sendable {
        case runs = "it has served its number of runs"
        case age = "it has served for its time"
        case memory = "it holds too much memory"
    }

    /// Nil: any number.
    package let maximumRuns: UInt64?
    /// When (nanoseconds) it is old; nil: never.
    package let ageEnd: UInt64?

    package init(_ settings: RecycleSettings, now: UInt64, using generator: inout some RandomNumberGenerator) {
        if settings.maximumRuns > 0 {
            let jitter = max(settings.runJitter, 0)
            let shift = jitter == 0 ? 0 : Int.random(in: -jitter...jitter, using: &generator)
            // A worker that served nothing would be replaced for ever.
            maximumRuns = UInt64(max(settings.maximumRuns + shift, 1))
        } else {
            maximumRuns = nil
        }
        ageEnd = settings.maximumAge > 0 ? now + settings.maximumAge : nil
    }

    /// - Parameter served: runs that the worker has ended.
    package func cause(served: UInt64, now: UInt64) -> Cause? {
        if let maximumRuns, served >= maximumRuns { return .runs }
        if let ageEnd, now >= ageEnd { return .age }
        return nil
    }
}
