/// Which time-out runs on a connection, and for which request. Two equal values are the same deadline: a timer that
/// was started for one goes on for the other.
package struct ConnectionDeadline: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// `HTTPLimits.idleTimeout`, from the moment this value appeared.
        case idle
        /// `HTTPLimits.headTimeout`, from the moment this value appeared, however many bytes trickle in.
        case head
        /// Every `HTTPLimits.bodyProgressInterval` at least `HTTPLimits.bodyProgressBytes` must have come.
        case body
        /// No time-out of the reading side.
        case none
    }

    package let kind: Kind

    /// The number of requests complete before, so that the heads of two requests in a row are told apart.
    package let request: UInt64

    package init(kind: Kind, request: UInt64) {
        self.kind = kind
        self.request = request
    }
}
