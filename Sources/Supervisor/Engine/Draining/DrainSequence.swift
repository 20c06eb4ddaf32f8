/// The steps of an orderly stop. Each begins when the one before is done or its time is over; a second request to stop goes
/// on to cancelling, a third to killing.
///
/// | Phase | What holds in it | It ends |
/// |---|---|---|
/// | `serving` | | with the first request |
/// | `leaving` | predictions are accepted, but the server says that it is not ready | after `delay` |
/// | `finishing` | predictions are refused, all else is answered | when none runs, or after `finish` |
/// | `canceling` | those that still run were told to cancel | when none runs, or after `cancel` |
/// | `closing` | nobody can connect any more; what is queued for clients leaves | when the last of them is gone |
/// | `stoppingWorkers` | the server is drained | when no worker is left |
/// | `delivering` | webhooks are still being told | when none is left, or after `deliver` |
package struct DrainSequence: Sendable {
    package struct Times: Equatable, Sendable {
        /// Nanoseconds in which requests are still accepted, since balancers learn late of a server that goes.
        package var delay: UInt64
        /// For running predictions to finish.
        package var finish: UInt64
        /// For predictions that were told to cancel to say so.
        package var cancel: UInt64
        /// For clients to take what is queued for them, once no prediction runs.
        package var close: UInt64
        /// For webhooks to be told, once no worker is left.
        package var deliver: UInt64

        /// - Parameter close: 2 s by default, longer than a change of network takes and not worth the wait of an operator.
        package init(
            delay: UInt64, finish: UInt64, cancel: UInt64, close: UInt64 = 2_000_000_000,
            deliver: UInt64 = 30_000_000_000
        ) {
            self.delay = delay
            self.finish = finish
            self.cancel = cancel
            self.close = close
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
        /// No prediction runs; the last clients leave.
        case closing
        /// No client is connected; workers are being ended.
        case stoppingWorkers
        /// No worker runs; webhooks are still being told.
        case delivering
        case stopped

        package static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
    }

    /// What to do on entering a phase, or to hurry in it.
    enum Step: Equatable {
        case none
        case wait(UInt64)
        /// Refuse predictions.
        case refuse(wait: UInt64)
        case cancelAll(wait: UInt64)
        /// End what did not react, then the connections; `kills`: and the workers, without asking them.
        case close(wait: UInt64, kills: Bool)
        case stopWorkers
        case killWorkers
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
    /// Workers that end are followed by others: predictions are still accepted.
    package var startsWorkers: Bool { phase <= .leaving }
    /// Nobody is connected, and nobody can be: nothing is accepted from here on.
    package var isDrained: Bool { phase >= .stoppingWorkers }

    mutating func requested(_ reason: StopReason) -> Step {
        switch phase {
        case .serving:
            guard reason == .terminate, times.delay > 0 else { return beginRefusing() }
            phase = .leaving
            return .wait(times.delay)
        case .leaving, .finishing: return beginCanceling()
        case .canceling: return beginClosing(kills: true)
        case .closing, .stoppingWorkers: return .killWorkers
        case .delivering:
            phase = .stopped
            return .exit
        case .stopped: return .none
        }
    }

    mutating func timeOver() -> Step {
        switch phase {
        case .leaving: return beginRefusing()
        case .finishing: return beginCanceling()
        case .canceling: return beginClosing(kills: false)
        case .delivering:
            phase = .stopped
            return .exit
        case .serving, .closing, .stoppingWorkers, .stopped: return .none
        }
    }

    /// The last connection is closed, and nobody listens any more.
    mutating func connectionsClosed() -> Step {
        guard phase == .closing else { return .none }
        phase = .stoppingWorkers
        return .stopWorkers
    }

    /// To be called whenever predictions, workers or deliveries may have come to their end.
    mutating func counted(predictions: Int, workers: Int, deliveries: Int) -> Step {
        switch phase {
        case .finishing, .canceling:
            return predictions == 0 ? beginClosing(kills: false) : .none
        case .stoppingWorkers:
            // One deployment after the other: the next begins when the one before is gone.
            guard workers == 0 else { return .stopWorkers }
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
        case .serving, .leaving, .closing, .stopped: return .none
        }
    }

    private mutating func beginRefusing() -> Step {
        phase = .finishing
        return .refuse(wait: times.finish)
    }

    private mutating func beginCanceling() -> Step {
        phase = .canceling
        return .cancelAll(wait: times.cancel)
    }

    private mutating func beginClosing(kills: Bool) -> Step {
        phase = .closing
        return .close(wait: times.close, kills: kills)
    }
}
