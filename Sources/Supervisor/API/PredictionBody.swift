import Engine
import HTTP
import WireProtocol

/// What the body of a request for a prediction says.
struct PredictionBody {
    var id: PredictionID?
    /// Byte for byte as it was sent; nil: absent or null.
    var input: [UInt8]?
    /// A JSON object of strings.
    var context: [UInt8]?
    /// Who is told what becomes of the prediction.
    private(set) var webhook: Webhook?
    private var webhookURL: DeliveryURL?
    private var webhookEvents = WebhookEvents.all

    /// Reads the body in Cog's way; a refusal is a response.
    static func parse(_ request: Request) -> Result<PredictionBody, Refusal> {
        guard let type = request.headers.bytes("content-type") else {
            // Nothing was sent, so there is nothing to be misread.
            if request.body.isEmpty { return .success(PredictionBody()) }
            return .failure(unsupportedType)
        }
        guard let media = MediaType(type), media.isJSON else { return .failure(unsupportedType) }
        guard !request.body.isEmpty else {
            return .failure(malformed("EOF while parsing a value at line 1 column 0"))
        }
        do throws(JSONError) {
            let members = try request.body.withUnsafeBufferPointer { bytes throws(JSONError) in
                try JSONScanner.members(of: UnsafeRawBufferPointer(bytes))
            }
            return parse(members, request.body).map { $0.withWebhook(of: request) }
        } catch {
            return .failure(refusal(of: request.body, error))
        }
    }

    /// Puts the webhook together, with the trace context that the request came with.
    private func withWebhook(of request: Request) -> PredictionBody {
        guard let webhookURL else { return self }
        var body = self
        body.webhook = Webhook(
            url: webhookURL, events: webhookEvents, traceParent: request.headers["traceparent"],
            traceState: request.headers["tracestate"])
        return body
    }

    /// The search for members ends at the first byte of what is no object; only what is JSON can be of the wrong shape.
    private static func refusal(of body: [UInt8], _ error: JSONError) -> Refusal {
        guard error.reason == .expectedObject else { return malformed(error) }
        do throws(JSONError) {
            try JSONScanner.validate(body)
            return wrongShape("expected an object")
        } catch {
            return malformed(error)
        }
    }

    private static func malformed(_ error: JSONError) -> Refusal {
        malformed("\(error.message) at line \(error.line) column \(error.column)")
    }

    private static let unsupportedType = Refusal(
        .unsupportedMediaType,
        RequestProblem(["header", "content-type"], "Expected request with `Content-Type: application/json`"))

    private static func malformed(_ what: String) -> Refusal {
        Refusal(
            .badRequest,
            RequestProblem(
                ["body"], "Failed to parse the request body as JSON: \(what)", type: RequestProblem.notJSON))
    }

    /// `what` names the member, and what it has to be.
    private static func wrongShape(_ what: String, in member: String? = nil) -> Refusal {
        Refusal(
            .unprocessableContent,
            RequestProblem(
                ["body"] + (member.map { [$0] } ?? []),
                "Failed to deserialize the JSON body into the target type: \(what)"))
    }

    /// The last of several members of one name counts, as in Cog, also where an earlier one is wrong.
    private static func parse(_ members: [JSONMember], _ body: [UInt8]) -> Result<PredictionBody, Refusal> {
        var known: [String: JSONMember] = [:]
        for member in members where knownKeys.contains(member.key) { known[member.key] = member }
        var parsed = PredictionBody()
        for key in knownKeys {
            guard let member = known[key] else { continue }
            if let refusal = parsed.take(key, body[member.value]) { return .failure(refusal) }
        }
        return .success(parsed)
    }

    /// In the order in which they are checked.
    private static let knownKeys = ["id", "input", "context", "webhook", "webhook_events_filter"]

    private mutating func take(_ key: String, _ value: ArraySlice<UInt8>) -> Refusal? {
        let isNull = value.elementsEqual("null".utf8)
        switch key {
        case "id" where !isNull:
            guard let text = Self.string(value) else { return Self.wrongShape("id: expected a string", in: key) }
            guard let id = PredictionID(text) else { return Self.badID(["body", "id"]) }
            self.id = id
        case "input" where !isNull: input = Array(value)
        case "context":
            guard Self.isStringMap(value) else {
                return Self.wrongShape("context: expected an object whose values are strings", in: key)
            }
            context = Array(value)
        case "webhook" where !isNull:
            guard let text = Self.string(value) else { return Self.wrongShape("webhook: expected a string", in: key) }
            guard let url = DeliveryURL(text) else { return Self.badWebhook("must be an http or https URL") }
            webhookURL = url
        case "webhook_events_filter":
            guard let events = Self.events(value) else {
                return Self.wrongShape(
                    "webhook_events_filter: expected an array of "
                        + WebhookEvents.names.map { "\"\($0)\"" }.joined(separator: ", "), in: key)
            }
            webhookEvents = events
        default: break
        }
        return nil
    }

    /// The refusal of an id that is empty or too long, at the given place of the request.
    static func badID(_ place: [String]) -> Refusal {
        Refusal(
            .unprocessableContent,
            RequestProblem(
                place, "the prediction ID must be 1 to \(ProtocolLimits.maximumPredictionIDLength) bytes of UTF-8"))
    }

    /// The refusal of a webhook.
    static func badWebhook(_ problem: String) -> Refusal {
        Refusal(.unprocessableContent, RequestProblem(["body", "webhook"], problem))
    }

    private static func string(_ value: ArraySlice<UInt8>) -> String? {
        guard value.first == UInt8(ascii: "\"") else { return nil }
        return (try? JSONValue.parse(Array(value)))?.stringValue
    }

    private static func isStringMap(_ value: ArraySlice<UInt8>) -> Bool {
        guard let members = (try? JSONValue.parse(Array(value)))?.objectValue else { return false }
        return members.allSatisfy { $0.value.stringValue != nil }
    }

    private static func events(_ value: ArraySlice<UInt8>) -> WebhookEvents? {
        guard let elements = (try? JSONValue.parse(Array(value)))?.arrayValue else { return nil }
        var events: WebhookEvents = []
        for element in elements {
            guard let event = element.stringValue.flatMap({ WebhookEvents(name: $0) }) else { return nil }
            events.formUnion(event)
        }
        return events
    }
}

/// An answer that ends a request before it reaches the engine.
struct Refusal: Error {
    let response: Response

    init(_ response: Response) {
        self.response = response
    }
}
