import WireProtocol

/// Names one client connection for as long as it is open.
package struct ConnectionID: Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

/// Names one life of a worker process: its successor has another one, so that late news of the dead find no owner.
package struct WorkerID: Hashable, Sendable {
    package let handle: SlabHandle

    package init(handle: SlabHandle) {
        self.handle = handle
    }
}

/// Names one run of a prediction inside the engine; the client's name for it is `PredictionID`.
package struct PredictionKey: Hashable, Sendable {
    let handle: SlabHandle

    package init(handle: SlabHandle) {
        self.handle = handle
    }
}

extension PredictionID {
    /// A new one: `pred_` and 24 lower-case hexadecimal digits from the generator (96 bits).
    package init(using generator: inout some RandomNumberGenerator) {
        let digits = Array("0123456789abcdef".utf8)
        var bytes = Array("pred_".utf8)
        for (word, count) in [(generator.next(), 16), (generator.next(), 8)] {
            var rest = word
            for _ in 0..<count {
                bytes.append(digits[Int(rest & 15)])
                rest >>= 4
            }
        }
        guard let id = PredictionID(String(decoding: bytes, as: UTF8.self)) else {
            preconditionFailure("29 bytes are within the limits of an id")
        }
        self = id
    }
}

/// A deployment by its place in the configuration.
package struct DeploymentIndex: Hashable, Comparable, Sendable {
    package let value: Int

    package init(_ value: Int) {
        self.value = value
    }

    package static func < (left: DeploymentIndex, right: DeploymentIndex) -> Bool { left.value < right.value }
}

/// The timers that the engine asks for; at most one of each runs at a time.
package enum TimerID: Hashable, Sendable {
    /// A worker process is started (again) in this place of the deployment.
    case startWorker(DeploymentIndex, place: Int)
    /// A deployment that was given up is tried again.
    case probe(DeploymentIndex)
    /// A worker has loaded for so long that others need not wait for it any more.
    case loadTurn
    /// The worker has not become ready in time.
    case loadDeadline(WorkerID)
    /// The next step of stopping a worker.
    case stopStep(WorkerID)
    /// A worker that closed its pipe has not exited.
    case exitDeadline(WorkerID)
    /// The next step of having a run end that was cancelled.
    case cancelStep(Slot)
    /// Somebody in the deployment's `RetryLine` may go on, or has waited for too long.
    case retry(DeploymentIndex)
    /// A look at the deployment's workers.
    case watch(DeploymentIndex)
    /// Nobody has come back to the stream.
    case disconnectGrace(PredictionKey)
    /// The worker was held back long enough for the readers of this prediction.
    case patience(PredictionKey)
    /// The oldest finished prediction, or pending cancellation, is due to go.
    case retention
    case pendingCancellations
    /// The prediction's webhook may be told the next thing.
    case webhook(PredictionKey)
    /// Heartbeats and write time-outs of all streams.
    case streamTick
    /// Workers have not answered the question for their health.
    case healthCheck(DeploymentIndex)
    /// The runs of a worker that leaves for a new version have not ended.
    case drainTimeout(WorkerID)
    /// The next step of the drain.
    case drain
}
