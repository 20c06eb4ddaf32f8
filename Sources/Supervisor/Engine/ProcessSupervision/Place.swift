/// One of the workers that a deployment wants: who fills it now, who filled it before, and when it is filled again.
///
/// A place keeps its number, and with it its device, whatever becomes of the workers in it. Besides its `current` worker
/// it can have an `incoming` one, which loads in order to take over, and `outgoing` ones, which were followed and finish
/// their runs.
package struct Place {
    /// Why nobody fills it.
    package enum Vacancy: Equatable, Sendable {
        /// The next start is after this time, in nanoseconds.
        case backoff(until: UInt64)
        /// It waits for its turn to load.
        case queued
        /// The deployment was given up.
        case failed
        /// Nobody is wanted: by an operator's word or by the restart policy.
        case stopped
    }

    /// Which version of the configuration its next workers get, while a new one is rolled out; nil: the deployment's.
    var generation: Int?

    /// A worker is to take over from `current`.
    struct Replacement: Equatable {
        let cause: ExitReason
    }

    package internal(set) var current: WorkerID?
    package internal(set) var incoming: WorkerID?
    package internal(set) var outgoing: [WorkerID] = []
    /// Means something while there is no `current`.
    package internal(set) var vacancy = Vacancy.stopped
    /// Since when (nanoseconds) it is vacant in that way.
    package internal(set) var since: UInt64
    /// `workers` was lowered: it fills no more, and is there for those who still leave it.
    package internal(set) var isRetired = false
    /// The restart policy wants no further worker here until an operator does.
    var isResting = false
    var replacement: Replacement?
    var backoff = Backoff()
    /// Once `current` is swept: when its successor may start; nil: it has none.
    var startAt: UInt64?
    package internal(set) var restarts = 0
    package internal(set) var lastExit: ExitRecord?
    /// What the feed was told last of the vacancy.
    var announced: WorkerStatus.State?
    /// It has been filled before.
    var wasFilled = false

    init(now: UInt64) {
        since = now
    }

    /// All who live here, the ones who leave first.
    var lives: [WorkerID] { outgoing + [current, incoming].compactMap { $0 } }
}
