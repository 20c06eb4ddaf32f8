/// What an operator asks for over the control socket.
package struct AdminCommand: Equatable, Sendable {
    package enum Verb: Equatable, Sendable {
        /// Workers are replaced one after the other; with `worker` only the one in that place.
        case restart(worker: Int?)
        /// No worker runs until `start`.
        case stop
        case start
        /// So many workers.
        case scale(workers: Int)
        /// No new predictions until `start`; those that run may finish. Without a deployment: the whole server, which ends.
        case drain
        /// Forgets failures: a deployment that is `failed` is started again at once.
        case reset
        /// Reads the configuration again and rolls what has changed.
        case reload
    }

    package var verb: Verb
    /// Nil: all, where that makes sense.
    package var deployment: DeploymentIndex?
    /// Answer when it is done; else as soon as it has begun.
    package var waits: Bool

    package init(_ verb: Verb, deployment: DeploymentIndex?, waits: Bool) {
        self.verb = verb
        self.deployment = deployment
        self.waits = waits
    }
}

/// What became of an operator's command.
package struct AdminAnswer: Equatable, Sendable {
    package enum Outcome: String, Sendable {
        /// It is done.
        case done
        /// It has begun.
        case accepted
        /// It cannot be done now, or not at all; nothing was changed.
        case refused
        /// It was begun and has failed; what it had changed was taken back.
        case failed
    }

    package let outcome: Outcome
    /// One sentence for people.
    package let message: String

    package init(_ outcome: Outcome, _ message: String) {
        self.outcome = outcome
        self.message = message
    }
}
