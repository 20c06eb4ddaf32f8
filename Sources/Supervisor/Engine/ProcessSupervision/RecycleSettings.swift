/// When a healthy worker is replaced by a fresh one, and when one that holds too much memory is ended.
package struct RecycleSettings: Equatable, Sendable {
    /// Runs after which it is replaced; 0: never.
    package var maximumRuns = 0
    /// Each worker's number of runs is shifted by up to this many, either way.
    package var runJitter = 0
    /// Nanoseconds of readiness after which it is replaced; 0: never.
    package var maximumAge: UInt64 = 0
    /// Resident bytes, descendants included, above which it is replaced after its runs; 0: never.
    package var softMemory: UInt64 = 0
    /// Resident bytes, descendants included, above which it is ended at once; 0: never.
    package var hardMemory: UInt64 = 0
    /// So many workers of the deployment may be away for it at a time.
    package var maximumUnavailable = 1
    /// So many may run beyond `workers` meanwhile: the replacement loads before the old one leaves. 0: it leaves first.
    package var surge = 1

    package init() {}
}
