import SSE

/// Which records of the log, or of the feed of state changes, an operator wants.
package struct FeedRequest: Equatable, Sendable {
    /// Only those about this deployment.
    package var deployment: String?
    /// Only those about the worker in this place.
    package var worker: Int?
    /// Only so many of those that are in memory, the newest; nil: all.
    package var lines: Int?
    /// Where a reader that comes back goes on; counts more than `lines` unless it is `.beginning`.
    package var resume: ResumePoint
    /// Also what comes from now on.
    package var follows: Bool

    package init(
        deployment: String? = nil, worker: Int? = nil, lines: Int? = nil, resume: ResumePoint = .beginning,
        follows: Bool = true
    ) {
        self.deployment = deployment
        self.worker = worker
        self.lines = lines
        self.resume = resume
        self.follows = follows
    }
}
