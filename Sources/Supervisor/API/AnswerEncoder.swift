import Engine
import HTTP
import SSE
import WireProtocol

/// The engine's answers as responses.
package enum AnswerEncoder {
    package static func response(to answer: Answer, _ style: AnswerStyle) -> Response {
        switch answer {
        case .accepted(let id):
            var body: [UInt8] = []
            JSONWriter.openObject(in: &body)
            JSONWriter.appendMember("id", id.text, to: &body)
            JSONWriter.appendMember("status", PredictionStatus.starting.rawValue, to: &body)
            JSONWriter.closeObject(in: &body)
            return .json(.accepted, body)
        case .finished(_, let body), .document(_, let body): return .json(.ok, body)
        case .running(_, let body): return .json(.accepted, body)
        case .health(let report): return HealthRoutes.health(report)
        case .administered(let answer): return administered(answer)
        case .cancelRequested, .shutdownBegun: return .json(.ok, emptyObject)
        case .rejected(.nothingToCancel): return .json(.notFound, emptyObject)
        case .rejected(.nothingFollows): return Response(.noContent)
        case .rejected(let rejection):
            guard let entry = ErrorCatalog(rejection) else {
                preconditionFailure("the two rejections without a text are answered above")
            }
            return entry.response(style)
        }
    }

    private static func administered(_ answer: AdminAnswer) -> Response {
        var body: [UInt8] = []
        JSONWriter.openObject(in: &body)
        JSONWriter.appendMember("outcome", answer.outcome.rawValue, to: &body)
        JSONWriter.appendMember("message", answer.message, to: &body)
        JSONWriter.closeObject(in: &body)
        switch answer.outcome {
        case .done: return .json(.ok, body)
        case .accepted: return .json(.accepted, body)
        case .refused: return .json(.conflict, body)
        case .failed: return .json(.internalServerError, body)
        }
    }

    package static func response(opening: StreamOpening) -> Response {
        StreamHead.response(id: opening.id, replay: opening.replay, from: opening.replayFrom)
    }
}

/// The head of every stream of events.
enum StreamHead {
    static func response(id: PredictionID, replay: StreamOpening.Replay?, from: EventID?) -> Response {
        let encoded = PercentEncoding.segment(id.text)
        var headers: [(name: String, value: String)] = [
            ("content-type", "text/event-stream"),
            // Nothing on the way may keep, change or hold back the bytes: `no-transform` for compressing proxies, the
            // second header for nginx, which otherwise collects a whole answer.
            ("cache-control", "no-cache, no-store, no-transform"), ("x-accel-buffering", "no"),
            ("vary", "Accept, Origin"), ("x-prediction-id", encoded),
            ("x-prediction-stream", "/predictions/\(encoded)/events"),
        ]
        if let replay { headers.append(("x-prediction-replay", replay.rawValue)) }
        if let from { headers.append(("x-prediction-replay-from", from.text)) }
        return Response(.ok, headers: headers, body: .stream)
    }
}

/// Ids in paths and headers (RFC 3986 § 2.1).
enum PercentEncoding {
    private static let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
    private static let digits = Array("0123456789ABCDEF".utf8)

    static func segment(_ text: String) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            if unreserved.contains(byte) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
