import Engine
import HTTP
import SSE

/// How a request says in which form it wants its answer.
enum PredictionForm {
    /// SSE where `Accept` names it and does not prefer JSON; else the short answer where `Prefer` asks for it.
    static func of(_ request: Request) -> AnswerForm {
        if wantsEvents(request) {
            return .stream(
                StreamRequest(profile: .native, flavor: .cog, resume: resumePoint(request, usesQuery: false)))
        }
        guard let prefer = request.headers.list("prefer") else { return .wait }
        return Preferences(prefer).respondAsync ? .background : .wait
    }

    private static func wantsEvents(_ request: Request) -> Bool {
        guard let header = request.headers.list("accept") else { return false }
        let accept = Accept(header)
        guard accept.names(.eventStream) else { return false }
        return !accept.names(.json) || accept.quality(of: .eventStream) >= accept.quality(of: .json)
    }

    /// Where a reader goes on: the header of EventSource first, then the parameters that stand in for it where headers
    /// cannot be set.
    static func resumePoint(_ request: Request, usesQuery: Bool) -> ResumePoint {
        if let header = request.headers["last-event-id"] { return ResumePoint(lastEventID: header) }
        guard usesQuery else { return .beginning }
        let query = QueryParameters(request.query)
        if let id = query["last_event_id"] ?? query["lastEventId"] { return ResumePoint(lastEventID: id) }
        switch query["from"] {
        case nil: return .beginning
        case "now": return .now
        case let place?:
            guard let sequence = UInt64(place), sequence > 1 else { return .beginning }
            return .afterSequence(sequence - 1)
        }
    }
}

/// The `name=value` pairs of a query, percent-decoded.
struct QueryParameters {
    private var values: [String: String] = [:]

    init(_ query: ArraySlice<UInt8>?) {
        for pair in query?.split(separator: UInt8(ascii: "&")) ?? [] {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = try? PathDecoder.decode(parts[0], name: "query"),
                let value = try? PathDecoder.decode(parts.count > 1 ? parts[1] : [], name: "query")
            else { continue }
            values[name] = value
        }
    }

    subscript(_ name: String) -> String? { values[name] }
}
