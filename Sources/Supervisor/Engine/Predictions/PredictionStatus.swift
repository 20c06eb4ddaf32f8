/// What a client is told of a prediction's progress; the words are Cog's.
package enum PredictionStatus: String, Sendable {
    /// Accepted; the worker has not said yet that it began.
    case starting
    case processing
    case succeeded
    case failed
    case canceled

    package var isTerminal: Bool {
        switch self {
        case .starting, .processing: false
        case .succeeded, .failed, .canceled: true
        }
    }
}

/// Why a prediction failed, from a closed set, so that a client can tell causes apart without reading texts.
package enum FailureCode: String, Sendable {
    /// The handler failed, and said why.
    case predictionFailed = "prediction_failed"
    /// The worker process ended in the middle of it.
    case workerExited = "worker_exited"
    /// The worker broke the protocol and was stopped.
    case workerProtocolError = "worker_protocol_error"
    /// The output grew over its cap.
    case outputTooLarge = "output_too_large"
    /// The input is larger than the worker's protocol can carry.
    case inputTooLarge = "input_too_large"
    /// The run gave no sign of life for too long, and its worker was ended for it.
    case stalled
    /// Its worker gave no sign of life for too long, and was ended.
    case workerUnresponsive = "worker_unresponsive"
    /// The server stopped before it was done.
    case shuttingDown = "shutting_down"

    /// Whether the same request can be expected to succeed if it is sent again.
    package var isRetryable: Bool {
        switch self {
        case .workerExited, .workerProtocolError, .workerUnresponsive, .shuttingDown: true
        // What stalled once is likely to again.
        case .predictionFailed, .outputTooLarge, .inputTooLarge, .stalled: false
        }
    }
}

/// How a prediction ended.
package enum Outcome: Equatable, Sendable {
    case succeeded
    case failed(Failure)
    case canceled

    package var status: PredictionStatus {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .canceled: .canceled
        }
    }

    static func failed(
        message: String, code: FailureCode, kind: String? = nil, isRetryable: Bool? = nil
    ) -> Outcome {
        .failed(Failure(message: message, code: code, kind: kind, isRetryable: isRetryable ?? code.isRetryable))
    }
}

/// Why a prediction failed.
package struct Failure: Equatable, Sendable {
    /// For the client.
    package let message: String
    package let code: FailureCode
    /// The class of the error in the language of the worker, where that said so: `ValueError`.
    package let kind: String?
    /// Whether the same request may do better at another try.
    package let isRetryable: Bool
}
