/// Replaces the workers of one deployment by such of a new version, place by place; and takes that back when a new one
/// does not become ready.
///
/// Decides by what is seen of the places, not by what has happened: it may be asked at any time, and as often as one
/// likes. The first place that is not as it should be is the one in hand, the rest waits for it. So never more than one
/// worker is on trial, and never more than one is beyond what the deployment wants.
package struct RollingReload: Equatable, Sendable {
    /// What is seen of one place.
    package struct Occupancy: Equatable, Sendable {
        package enum Worker: Equatable, Sendable {
            case none
            /// It is on its way to readiness.
            case starting
            case ready
            /// It finishes its runs, or is being ended.
            case leaving
        }

        /// Who fills it.
        package var worker: Worker
        /// The version of that worker; without one, of the next that is started here.
        package var generation: Int
        /// Somebody is about to take over, or has been followed and is not gone yet.
        package var isChanging = false
        /// Nobody is wanted there, or nobody will come: it is as good as it gets.
        package var isIdle = false

        package init(_ worker: Worker, generation: Int) {
            self.worker = worker
            self.generation = generation
        }
    }

    package enum Step: Equatable, Sendable {
        /// Nothing can be done before something happens.
        case wait
        /// Start a worker beside the one there, which takes over when it is ready.
        case replace(Int)
        /// Have the one there finish its runs; its successor starts when it is gone.
        case drain(Int)
        /// Nobody is there: start one.
        case start(Int)
        case finish
    }

    /// The version that is rolled out, and what it says.
    package let generation: Int
    package let settings: DeploymentSettings
    /// A worker may run beyond those that are wanted.
    package let surges: Bool
    /// Why it is taken back; nil: it is not.
    package private(set) var failure: String?

    package init(generation: Int, settings: DeploymentSettings, surges: Bool) {
        self.generation = generation
        self.settings = settings
        self.surges = surges
    }

    /// A worker of the new version did not become ready.
    package mutating func failed(_ detail: String) { failure = failure ?? detail }

    /// The end of a worker that was never ready means that the new version is no good.
    package func isOnTrial(_ generation: Int) -> Bool { failure == nil && generation == self.generation }

    /// A worker of that version is what is wanted now.
    package func isWanted(_ generation: Int) -> Bool { (generation == self.generation) == (failure == nil) }

    package func next(_ places: [Occupancy]) -> Step {
        for (number, place) in places.enumerated() where !place.isIdle {
            if place.isChanging { return .wait }
            switch (place.worker, isWanted(place.generation)) {
            case (.ready, true): continue
            case (.starting, true), (.none, true):
                // Whether the old version works is the restart policy's affair: it may never have.
                if failure == nil { return .wait }
            case (.leaving, _): return .wait
            case (.none, false): return .start(number)
            case (.ready, false): return surges ? .replace(number) : .drain(number)
            // It is of no use to anybody, whether it becomes ready or not.
            case (.starting, false): return .drain(number)
            }
        }
        return .finish
    }
}
