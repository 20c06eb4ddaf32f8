import SSE
import WireProtocol

/// A wish of the engine, carried out by the owner of the descriptor that it concerns, in the order of the list.
package enum Action: Sendable {
    case respond(ConnectionID, Answer)
    case openStream(ConnectionID, StreamOpening)
    /// Bytes for an open stream that are not events of its history.
    case writeToStream(ConnectionID, [UInt8])
    /// The stream is complete: end the response in order.
    case endStream(ConnectionID)
    /// The same, so many nanoseconds from now: many streams end together, and their clients shall not come back together.
    case endStreamLater(ConnectionID, after: UInt64)
    /// The stream cannot be completed: close the connection without ending the response, so that the client sees a cut.
    case cutConnection(ConnectionID)

    case spawn(WorkerID, SpawnPlan)
    /// One or more whole frames.
    case sendToWorker(WorkerID, [UInt8])
    /// A payload too large for the pipe: write it to a file, then send the frame that names it.
    case spillToWorker(WorkerID, slot: UInt16, run: UInt64, [UInt8])
    /// Read the file whole (its size must be the given one, if one is given), delete it, and answer with `spillLoaded`. The path is what the worker said and
    /// must lie in the spool.
    case loadSpill(WorkerID, path: String, size: Int?, limit: Int)
    /// Read what the worker has written to its logs so far, then answer with `logsDrained`, before any later action.
    case drainLogs(WorkerID)
    case pauseReading(WorkerID)
    case resumeReading(WorkerID)
    /// Close the pipe whose end tells the worker that its parent is gone.
    case closeDeathPipe(WorkerID)
    case signal(WorkerID, WorkerSignal)
    /// End whatever the worker, which has exited, has left behind, in its group or not, and answer with `workerSwept`.
    case sweep(WorkerID)
    /// Answer with `workersSampled` what these workers use.
    case sample([WorkerID])
    /// The engine has no further use for it.
    case release(WorkerID)

    /// Send a request, and answer with `delivered`. A file that is its body stays.
    case deliver(DeliveryID, DeliveryRequest)
    /// A file in the spool that a worker gave away is not needed any more. The path is what the worker said and must lie
    /// in the spool.
    case removeFile(String)

    /// For operators who follow what happens.
    case announce(StateChange)
    case startTimer(TimerID, at: UInt64)
    case cancelTimer(TimerID)
    case log(LogEntry)
    /// The server goes: every answer from now on is the last on its connection.
    case endKeepAlive
    /// Listen no more, end idle connections, and the others after what is queued for them; what is left after so many
    /// nanoseconds is cut off. Answer with `connectionsClosed`. Operators' connections are not meant.
    case closeConnections(within: UInt64)
    /// Read the configuration again and answer with `configurationLoaded` or `configurationRefused`.
    case loadConfiguration
    /// Everything is done; end the process when what is queued for clients was written.
    case exit(code: Int32)
}

package enum WorkerSignal: Equatable, Sendable {
    /// SIGUSR1 to the worker process alone: end the runs that were cancelled. Only for workers that declare it.
    case interruptRun
    /// SIGQUIT to the worker process alone: libraries write the stacks of all threads to standard error.
    case dumpStacks
    /// To the worker's whole process group.
    case terminate
    /// To the worker's whole process group. When the worker itself has ended, the rest of its group is killed without
    /// being asked for.
    case kill
}

/// What a client is answered; the texts and status codes are the API's.
package enum Answer: Equatable, Sendable {
    /// Accepted, runs in the background.
    case accepted(PredictionID)
    /// A finished prediction's document.
    case finished(PredictionID, [UInt8])
    /// A running prediction's document, for a request that joined it.
    case running(PredictionID, [UInt8])
    /// The document of either, for a request that only read it.
    case document(PredictionID, [UInt8])
    case cancelRequested
    case health(HealthReport)
    case administered(AdminAnswer)
    case shutdownBegun
    case rejected(Rejection)
}

package enum Rejection: Equatable, Sendable {
    /// No worker of the deployment is ready.
    case notReady(DeploymentIndex)
    case atCapacity
    case draining
    case unknownPrediction
    /// Cancel for an id that does not run.
    case nothingToCancel
    case tooManyReadersOfPrediction
    case tooManyReaders
    /// The reader has seen everything, and nothing can follow.
    case nothingFollows
}

/// What the head of a stream says.
package struct StreamOpening: Equatable, Sendable {
    package enum Replay: String, Sendable {
        /// From the first event on.
        case full
        /// From behind the event that the client named.
        case resumed
        /// Events that the client does not have are lost.
        case truncated
        /// Only what comes from now on.
        case live
    }

    package let id: PredictionID
    package let replay: Replay
    /// The id of the event before the first that is sent; nil: the first is the first.
    package let replayFrom: EventID?
}

/// A line for the server's log.
package struct LogEntry: Equatable, Sendable {
    package enum Level: Int, Comparable, Sendable {
        case debug, info, warning, error

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    package var level: Level
    package var message: String
    package var deployment: String?
    package var predictionID: String?
    package var processID: Int32?
    /// The place of the worker that it is about.
    package var worker: Int?
    /// `stdout` or `stderr` for lines that a worker wrote.
    package var source: String?
    /// What was printed in a run: it is in the log of its prediction, not in the server's; operators who look at a worker
    /// see it all the same. May be of several lines.
    package var isForOperatorsOnly = false

    package init(
        _ level: Level, _ message: String, deployment: String? = nil, predictionID: String? = nil,
        processID: Int32? = nil, worker: Int? = nil, source: String? = nil
    ) {
        self.level = level
        self.message = message
        self.deployment = deployment
        self.predictionID = predictionID
        self.processID = processID
        self.worker = worker
        self.source = source
    }
}
