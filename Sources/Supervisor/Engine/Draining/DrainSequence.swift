/// The steps of an orderly stop. Each begins when the one before is done or its time is over; a further request to stop
/// goes on to the next at once.
package struct DrainSequence: Sendable {
    package struct Times: Equatable, Sendable {
        /// Nanoseconds in which requests are still accepted, since balancers learn late of a server that goes.
        package var delay: UInt64
        /// For running predictions to finish.
        package var finish: UInt64
        /// For predictions that were told to cancel to say so.
        package var cancel: UInt64
        /// For webhooks to be told, once no worker is left.
        package var deliver: UInt64

        package init(delay: UInt64, finish: UInt64, cancel: UInt64, deliver: UInt64 = 30_000_000_000) {
            self.delay = delay
            self.finish = finish
            self.cancel = cancel
            self.deliver = deliver
        }
    }

    package enum Phase: Int, Comparable, Sendable {
        case serving
        /// Accepts still, but says that it is not ready.
        case leaving
        /// Accepts no predictions; those that run may finish.
        case finishing
        /// Those that still run were told to cancel.
        case canceling
        /// No prediction runs; workers are being ended.
        case stoppingWorkers
        /// No worker runs; webhooks are still being told.
        case delivering
        case stopped

        package static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
    }

    /// What to do on entering a phase.
    enum Step: Equatable {
        case none
        case wait(UInt64)
        case cancelAll(wait: UInt64)
        /// End what did not react, then the workers.
        case stopWorkers
        case hurryWorkers
        case exit
    }

    private let times: Times
    package private(set) var phase = Phase.serving

    package init(times: Times) {
        self.times = times
    }

    /// New predictions are refused.
    package var refusesPredictions: Bool { phase >= .finishing }
    package var isLeaving: Bool { phase > .serving }

    mutating func requested(_ reason: StopReason) -> Step {
        switch phase {
        case .serving:
            if case .terminate(waits: true) = reason, times.delay > 0 {
                phase = .leaving
                return .wait(times.delay)
            }
            phase = .finishing
            return .wait(times.finish)
        case .leaving, .finishing: return beginCanceling()
        case .canceling: return beginStopping()
        case .stoppingWorkers: return .hurryWorkers
        case .delivering:
            phase = .stopped
            return .exit
        case .stopped: return .none
        }
    }

    mutating func timeOver() -> Step {
        switch phase {
        case .leaving:
            phase = .finishing
            return .wait(times.finish)
        case .finishing: return beginCanceling()
        case .canceling: return beginStopping()
        case .delivering:
            phase = .stopped
            return .exit
        case .serving, .stoppingWorkers, .stopped: return .none
        }
    }

    /// To be called whenever predictions, workers or deliveries may have come to their end.
    mutating func counted(predictions: Int, workers: Int, deliveries: Int) -> Step {
        switch phase {
        case .finishing, .canceling:
            return predictions == 0 ? beginStopping() : .none
        case .stoppingWorkers:
            guard workers == 0 else { return .none }
            if deliveries > 0, times.deliver > 0 {
                phase = .delivering
                return .wait(times.deliver)
            }
            phase = .stopped
            return .exit
        case .delivering:
            guard deliveries == 0 else { return .none }
            phase = .stopped
            return .exit
        case .serving, .leaving, .stopped: return .none
        }
    }

    private mutating func beginCanceling() -> Step {
        phase = .canceling
        return .cancelAll(wait: times.cancel)
    }

    private mutating func beginStopping() -> Step {
        phase = .stoppingWorkers
        return .stopWorkers
    }
}
