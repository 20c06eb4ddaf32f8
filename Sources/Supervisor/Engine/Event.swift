import SSE
import WireProtocol

/// A fact that the engine is told. There is no other way in, except for `receive`, the same for the bytes of a worker's
/// frames.
package enum Event: Sendable {
    case command(Command, ConnectionID)
    /// All that was queued for the connection has been written; its stream can go on.
    case connectionDrained(ConnectionID)
    /// The client is gone, or its connection was cut.
    case connectionClosed(ConnectionID)

    case workerSpawned(WorkerID, processID: Int32)
    case workerSpawnFailed(WorkerID, reason: String)
    /// The worker closed its pipe of frames.
    case workerOutputEnded(WorkerID)
    /// The process is gone, and what it wrote was read to the end.
    case workerExited(WorkerID, WorkerEnding)
    /// Nothing is left of what the worker had started; so many processes had to be ended for it.
    case workerSwept(WorkerID, ended: Int)
    /// What living workers use, in answer to `sample`.
    case workersSampled([ResourceSample])
    /// Bytes from its standard output or error.
    case workerLogged(WorkerID, LogSource, [UInt8])
    /// What had been written to both before the request was passed on with `workerLogged`.
    case logsDrained(WorkerID)
    case spillLoaded(WorkerID, [UInt8])
    /// The file is larger than the output may be.
    case spillTooLarge(WorkerID)
    case spillFailed(WorkerID, reason: String)

    /// What became of an outgoing request.
    case delivered(DeliveryID, DeliveryResult)

    case timerFired(TimerID)
    case stopRequested(StopReason)
    /// SIGHUP: read the configuration again, and roll out what has changed.
    case reloadRequested
    /// In answer to `loadConfiguration`: what there is to change; or every problem of the configuration, each a sentence.
    case configurationLoaded(ReloadPlan)
    case configurationRefused([String])
    /// In answer to `closeConnections`: no client is connected, and nobody listens any more.
    case connectionsClosed
}

/// What made the server stop.
package enum StopReason: Equatable, Sendable {
    /// SIGTERM: balancers may still send requests for a while, so keep accepting for `DrainSequence.Times.delay`.
    case terminate
    /// SIGINT or `POST /shutdown`: who says that knows of no balancer.
    case interrupt
}

/// What a client asks for.
package enum Command: Sendable {
    case create(CreatePrediction)
    /// Attach to a prediction that is known, running or finished.
    case join(PredictionKey, AnswerForm)
    case cancel(PredictionID)
    case read(PredictionID)
    case subscribe(PredictionID, StreamRequest)
    /// The health document of a deployment whose handler has a check of its own.
    case health(DeploymentIndex)
    case administer(AdminCommand)
    case shutdown
}

/// A prediction to begin; its input has been validated.
package struct CreatePrediction: Sendable {
    /// Nil: the engine makes one.
    package var id: PredictionID?
    package var deployment: DeploymentIndex
    /// What the client sent, to compare a repeated request with; nil: nothing.
    package var input: [UInt8]?
    /// Raw JSON object.
    package var context: [UInt8]?
    package var form: AnswerForm
    /// Created with PUT: its stream outlives its last reader for a while.
    package var isIdempotent: Bool
    /// Who is told what becomes of it.
    package var webhook: Webhook?

    package init(
        id: PredictionID?, deployment: DeploymentIndex, input: [UInt8]?, context: [UInt8]?, form: AnswerForm,
        isIdempotent: Bool, webhook: Webhook? = nil
    ) {
        self.id = id
        self.deployment = deployment
        self.input = input
        self.context = context
        self.form = form
        self.isIdempotent = isIdempotent
        self.webhook = webhook
    }
}

/// In which form a client wants the result.
package enum AnswerForm: Equatable, Sendable {
    /// One JSON document when it is done.
    case wait
    /// A short answer at once.
    case background
    case stream(StreamRequest)
}

package struct StreamRequest: Equatable, Sendable {
    package var profile: StreamProfile
    package var flavor: StreamFlavor
    package var resume: ResumePoint

    package init(profile: StreamProfile, flavor: StreamFlavor, resume: ResumePoint) {
        self.profile = profile
        self.flavor = flavor
        self.resume = resume
    }
}
