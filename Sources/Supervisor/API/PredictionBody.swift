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
            return parse(members, request.body)
        } catch {
            return .failure(refusal(of: request.body, error))
        }
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
            return Self.string(value) == nil ? Self.wrongShape("webhook: expected a string", in: key) : Self.noWebhooks
        case "webhook_events_filter" where !Self.isEventsFilter(value):
            return Self.wrongShape(
                "webhook_events_filter: expected an array of \"start\", \"output\", \"logs\", \"completed\"", in: key)
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

    private static let noWebhooks = Refusal(
        .unprocessableContent,
        RequestProblem(
            ["body", "webhook"],
            "this server does not deliver webhooks; leave `webhook` out and read GET /predictions/{id} or its /events"))

    private static func string(_ value: ArraySlice<UInt8>) -> String? {
        guard value.first == UInt8(ascii: "\"") else { return nil }
        return (try? JSONValue.parse(Array(value)))?.stringValue
    }

    private static func isStringMap(_ value: ArraySlice<UInt8>) -> Bool {
        guard let members = (try? JSONValue.parse(Array(value)))?.objectValue else { return false }
        return members.allSatisfy { $0.value.stringValue != nil }
    }

    private static func isEventsFilter(_ value: ArraySlice<UInt8>) -> Bool {
        guard let elements = (try? JSONValue.parse(Array(value)))?.arrayValue else { return false }
        let known: Set<String> = ["start", "output", "logs", "completed"]
        return elements.allSatisfy { $0.stringValue.map { known.contains($0) } ?? false }
    }
}

/// An answer that ends a request before it reaches the engine.
struct Refusal: Error {
    let response: Response

    init(_ response: Response) {
        self.response = response
    }
}
