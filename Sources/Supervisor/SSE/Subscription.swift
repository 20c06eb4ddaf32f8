/// Names the connection of a subscriber; what it means is the owner's affair.
package struct SubscriberID: Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

/// What becomes of a reader that the history has moved past.
package enum LagPolicy: Equatable, Sendable {
    /// It is told what it missed, and goes on.
    case gapAndContinue
    /// It is told, and its stream ends.
    case errorAndEnd
}

/// One reader of one stream: a cursor into the history.
package struct Subscription: Sendable {
    package enum State: Equatable, Sendable {
        /// Everything written so far was taken; more can be written.
        case live
        /// The socket is full since the given time (nanoseconds); nothing is written until it has drained.
        case blocked(since: UInt64)
        /// Blocked, and the history has meanwhile moved past it: events from this sequence number on are lost to it.
        case lagged(missedFrom: UInt64, since: UInt64)
    }

    package let id: SubscriberID
    package let lagPolicy: LagPolicy
    /// The absolute offset of the next byte to write to it.
    package var cursor: UInt64
    package var state: State = .live
    /// When something was last written to it, for the heartbeat.
    package var lastWrite: UInt64

    /// Since when its socket has been full, if it is.
    package var blockedSince: UInt64? {
        switch state {
        case .live: nil
        case .blocked(let since), .lagged(_, let since): since
        }
    }
}
