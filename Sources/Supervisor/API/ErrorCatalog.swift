import Engine
import HTTP
import WireProtocol

/// In which shape a client expects refusals: `{"error":TEXT,"status":"failed"}`, which is Cog's of a prediction, an
/// object with a code on the typed stream, or for operators the shape of the answer to a command.
package enum AnswerStyle: Equatable, Sendable {
    case cog
    case coded
    case administrative
}

/// Every error that a client can meet, with its status and text: there is no other place that words one.
package struct ErrorCatalog: Equatable, Sendable {
    package let status: Status
    package let code: String
    package let message: String
    package let isRetryable: Bool
    /// Seconds.
    let retryAfter: Int?

    private init(
        _ status: Status, _ code: String, _ message: String, isRetryable: Bool = false, retryAfter: Int? = nil
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.isRetryable = isRetryable
        self.retryAfter = retryAfter
    }

    /// Seconds after which a client may try again where nothing better is known.
    private static let soon = 1

    static let notReady = ErrorCatalog(
        .serviceUnavailable, "not_ready",
        "Setup has not finished yet. Wait until it has finished, or GET /health-check for status.", isRetryable: true,
        retryAfter: soon)
    static let atCapacity = ErrorCatalog(
        .conflict, "at_capacity", "At capacity - all prediction slots busy", isRetryable: true)
    static let draining = ErrorCatalog(
        .serviceUnavailable, "draining", "The server is shutting down and takes no new predictions.",
        isRetryable: true, retryAfter: soon)
    static let notStreaming = ErrorCatalog(
        .notAcceptable, "not_streaming",
        "This model does not support streaming responses. Its handler has not opted in: declare it with @Streaming "
            + "(Swift) or @streaming (Python), or leave text/event-stream out of Accept for one JSON answer.")
    static let trainingsDoNotStream = ErrorCatalog(
        .notAcceptable, "not_streaming", "Training endpoints do not support streaming responses.")
    static let unknownPrediction = ErrorCatalog(
        .notFound, "unknown_prediction",
        "No prediction with this id is known. It was never created here, or its retention time is over.")
    static let tooManyReadersOfPrediction = ErrorCatalog(
        .tooManyRequests, "subscriber_limit", "Too many stream subscribers", isRetryable: true, retryAfter: soon)
    static let tooManyReaders = ErrorCatalog(
        .serviceUnavailable, "subscriber_limit", "The server has as many stream subscribers as it may have.",
        isRetryable: true, retryAfter: soon)

    static func unknownDeployment(_ name: String, known: [String]) -> ErrorCatalog {
        ErrorCatalog(
            .notFound, "unknown_deployment", "There is no deployment \"\(name)\". Deployments: \(list(known)).")
    }

    static func noDefaultDeployment(known: [String]) -> ErrorCatalog {
        ErrorCatalog(
            .notFound, "no_default_deployment",
            "No deployment is marked as default, so routes need a name in front: /NAME/predictions. "
                + "Deployments: \(list(known)).")
    }

    static func otherDeployment(_ name: String) -> ErrorCatalog {
        ErrorCatalog(
            .conflict, "id_in_use",
            "A prediction with this id belongs to the deployment \"\(name)\". Choose another id.")
    }

    static let unknownPath = ErrorCatalog(.notFound, "unknown_path", "There is nothing at this path.")

    static func methodNotAllowed(allow: String) -> ErrorCatalog {
        ErrorCatalog(.methodNotAllowed, "method_not_allowed", "This path can only be asked with \(allow).")
    }

    static let schemaUnavailable = ErrorCatalog(
        .serviceUnavailable, "schema_unavailable", "OpenAPI schema not available", isRetryable: true)

    static let unknownAdminPath = ErrorCatalog(
        .notFound, "unknown_path",
        "There is nothing at this path. Here are the operator's routes, such as GET /status; those of clients are on the "
            + "server's own address.")
    static let adminTokenMissing = ErrorCatalog(
        .unauthorized, "unauthorized",
        "This needs the header `Authorization: Bearer TOKEN` with the token of the file that `admin.token_file` names.")

    /// - Parameter problem: says what is wrong, beginning with what it is about.
    static func badAdminRequest(_ problem: String) -> ErrorCatalog {
        ErrorCatalog(.badRequest, "bad_request", "\(problem).")
    }

    private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }

    package func response(_ style: AnswerStyle) -> Response {
        var body: [UInt8] = []
        JSONWriter.openObject(in: &body)
        switch style {
        case .cog:
            JSONWriter.appendMember("error", message, to: &body)
            JSONWriter.appendMember("status", "failed", to: &body)
        case .coded:
            JSONWriter.beginMember("error", in: &body)
            JSONWriter.openObject(in: &body)
            JSONWriter.appendMember("code", code, to: &body)
            JSONWriter.appendMember("message", message, to: &body)
            JSONWriter.appendMember("retryable", isRetryable, to: &body)
            JSONWriter.closeObject(in: &body)
        case .administrative:
            JSONWriter.appendMember("outcome", AdminAnswer.Outcome.refused.rawValue, to: &body)
            JSONWriter.appendMember("code", code, to: &body)
            JSONWriter.appendMember("message", message, to: &body)
        }
        JSONWriter.closeObject(in: &body)
        var response = Response.json(status, body)
        if let retryAfter { response.headers.append(("retry-after", "\(retryAfter)")) }
        return response
    }
}

extension ErrorCatalog {
    /// What a refusal of the engine is to a client; nil for the two that are no errors with a text.
    init?(_ rejection: Rejection) {
        switch rejection {
        case .notReady: self = .notReady
        case .atCapacity: self = .atCapacity
        case .draining: self = .draining
        case .unknownPrediction: self = .unknownPrediction
        case .tooManyReadersOfPrediction: self = .tooManyReadersOfPrediction
        case .tooManyReaders: self = .tooManyReaders
        case .nothingToCancel, .nothingFollows: return nil
        }
    }
}

extension Response {
    static func json(_ status: Status, _ body: [UInt8]) -> Response {
        Response(status, headers: [("content-type", "application/json")], body: .bytes(body))
    }
}
