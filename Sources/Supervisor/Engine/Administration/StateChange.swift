/// Something that happened to a worker or a deployment, for the feed of operators.
package struct StateChange: Equatable, Sendable {
    /// Nanoseconds since 1970.
    package let wall: UInt64
    /// Empty: it is about the whole server.
    package let deployment: String
    /// The place of the worker; nil: it is about the deployment.
    package let worker: Int?
    package let processID: Int32?
    /// State words as in `StatusReport`, but `ready` for idle and busy workers; nil: there was none.
    package let from: String?
    package let to: String
    /// With the end of a worker: why, in one word.
    package let reason: ExitReason?
    /// For people.
    package let detail: String?

    package init(
        wall: UInt64, deployment: String, worker: Int?, processID: Int32?, from: String?, to: String,
        reason: ExitReason? = nil, detail: String? = nil
    ) {
        self.wall = wall
        self.deployment = deployment
        self.worker = worker
        self.processID = processID
        self.from = from
        self.to = to
        self.reason = reason
        self.detail = detail
    }
}
