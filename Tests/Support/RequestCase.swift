/// A request and what it has to be answered, for a server on which nothing has happened yet.
///
/// One body of cases for two suites: `APITests` puts them to the handler and the engine directly, `EndToEndTests` through
/// a live socket to the built program. They need no state, so they can run in any order and against one server.
package struct RequestCase: Sendable {
    /// Which server the request is put to.
    package enum World: String, CaseIterable, Sendable {
        /// Two deployments that are ready: `first`, the default, streams and has a schema; `plain` does neither.
        case ready
        /// The same, none of them the default.
        case withoutDefault
        /// One deployment, `first`, whose worker has not become ready.
        case starting
    }

    package enum Body: Sendable {
        case anything
        case empty
        case exactly(String)
        case containing([String])

        /// Whether a body is as it should be.
        package func fits(_ text: String) -> Bool {
            switch self {
            case .anything: true
            case .empty: text.isEmpty
            case .exactly(let wanted): text == wanted
            case .containing(let parts): parts.allSatisfy { text.contains($0) }
            }
        }
    }

    package let world: World
    package let method: String
    package let target: String
    package var headers: [(name: String, value: String)] = []
    package var body = ""
    package let status: Int
    package let answer: Body
    /// Headers that the answer must have, names in lower case.
    package var answerHeaders: [(name: String, value: String)] = []

    /// For messages.
    package var name: String { "\(world): \(method) \(target.prefix(60)) \(body.prefix(60)) → \(status)" }

    /// What the workers of `first` declare.
    package static let firstManifest = #"""
        {"handlers":[{"name":"run","streaming":true,"concurrency":4,"input":{"type":"object","properties":{\#
        "do":{"type":"array","items":{}},"n":{"type":"integer","maximum":100},"text":{"type":"string"}}}}]}
        """#
    package static let plainManifest = #"{"handlers":[{"name":"run","streaming":false,"concurrency":1}]}"#

    package static let json: (name: String, value: String) = ("content-type", "application/json")
    package static let events: (name: String, value: String) = ("accept", "text/event-stream")

    /// What they say with 503 is no refusal.
    package static let probes: Set<String> = ["/readyz", "/startupz", "/v2/health/ready"]

    package static let notReady =
        #"{"error":"Setup has not finished yet. Wait until it has finished, or GET /health-check for status.","status":"failed"}"#

    package static func of(_ world: World) -> [RequestCase] {
        all.filter { $0.world == world }
    }

    package static let all: [RequestCase] =
        paths + methods + documents + contentTypes + shapes + ids + order + deployments

    private static func ready(
        _ method: String, _ target: String, _ headers: [(name: String, value: String)] = [], _ body: String = "",
        is status: Int, _ answer: Body = .anything, with answerHeaders: [(name: String, value: String)] = []
    ) -> RequestCase {
        RequestCase(
            world: .ready, method: method, target: target, headers: headers, body: body, status: status, answer: answer,
            answerHeaders: answerHeaders)
    }

    // MARK: Paths and methods

    private static let paths = [
        "/nowhere", "/docs", "/predictions/", "/predictions/a/", "/predictions/a/b", "/predictions/a/stream",
        "/predictions//cancel/x", "//predictions", "/health-check/", "/first", "/first/", "/first/predictions/a/b",
        "/trainings/", "/trainings/a/b", "/trainings/a/events", "/Livez", "/livez/x", "/first/livez", "/first/shutdown",
    ].map { ready("GET", $0, is: 404, .exactly(refusal("There is nothing at this path."))) }

    private static let methods =
        [
            ("DELETE", "/", "GET,HEAD"), ("POST", "/livez", "GET,HEAD"), ("OPTIONS", "/health-check", "GET,HEAD"),
            ("PUT", "/openapi.json", "GET,HEAD"), ("GET", "/predictions", "POST"), ("HEAD", "/predictions", "POST"),
            ("OPTIONS", "/predictions", "POST"), ("PATCH", "/predictions", "POST"), ("get", "/predictions", "POST"),
            ("POST", "/predictions/a/events", "GET,HEAD"), ("GET", "/predictions/a/cancel", "POST"),
            ("DELETE", "/predictions/a", "PUT,GET,HEAD"), ("GET", "/trainings", "POST"),
            ("DELETE", "/trainings/a", "PUT,GET,HEAD"), ("GET", "/trainings/a/cancel", "POST"),
            ("GET", "/shutdown", "POST"),
            ("GET", "/first/stream", "POST"),
            ("GET", "/first/predictions", "POST"), ("BREW", "/livez", "GET,HEAD"),
        ].map { method, path, allowed in
            ready(
                method, path, is: 405,
                method == "HEAD" ? .empty : .exactly(refusal("This path can only be asked with \(allowed).")),
                with: [("allow", allowed), jsonType])
        }

    private static let documents = [
        ready(
            "GET", "/", is: 200,
            .containing([
                #"{"cog_version":""#,
                #"","healthcheck_url":"/health-check","openapi_url":"/openapi.json","#
                    + #""predictions_cancel_url":"/predictions/{prediction_id}/cancel","#
                    + #""predictions_idempotent_url":"/predictions/{prediction_id}","predictions_url":"/predictions","#
                    + #""shutdown_url":"/shutdown"}"#,
            ]), with: [("content-type", "application/json")]),
        ready("GET", "/?query=ignored", is: 200),
        ready("POST", "/predictions?from=now&id=x", [json], "{}", is: 200),
        // The bytes are taken as they are, whatever is said of them; and answers are never compressed.
        ready(
            "POST", "/predictions", [json, ("content-encoding", "gzip"), ("accept-encoding", "gzip")], "{}", is: 200,
            .containing([#""status":"succeeded""#])),
        ready("HEAD", "/", is: 200),
        ready("GET", "/livez", is: 200, .exactly(#"{"status":"ok"}"#)),
        ready(
            "GET", "/readyz", is: 200,
            .exactly(
                #"{"status":"ready","deployments":{"first":{"status":"READY","state":"ready","required":true,"ready":1,"#
                    + #""wanted":1,"min_ready":1,"slots":4,"busy":0,"restarts":0},"plain":{"status":"READY","#
                    + #""state":"ready","required":true,"ready":1,"wanted":1,"min_ready":1,"slots":1,"busy":0,"#
                    + #""restarts":0}}}"#)),
        ready("GET", "/health", is: 200, .containing([#"{"status":"ready","deployments""#])),
        ready("GET", "/healthz", is: 200, .containing([#"{"status":"ready","deployments""#])),
        ready(
            "GET", "/startupz", is: 200,
            .exactly(
                #"{"status":"started","deployments":{"first":{"state":"ready","required":true,"was_ready":true},"#
                    + #""plain":{"state":"ready","required":true,"was_ready":true}}}"#)),
        ready("GET", "/v2/health/live", is: 200, .exactly(#"{"live":true}"#)),
        ready("GET", "/v2/health/ready", is: 200, .exactly(#"{"ready":true}"#)),
        ready("GET", "/v2/models/plain/ready", is: 200, .exactly(#"{"name":"plain","ready":true}"#)),
        ready("GET", "/v2/models/nobody/ready", is: 404, .containing(["nobody", "first, plain"])),
        ready("GET", "/v2/models/first", is: 200, .containing([#"{"name":"first","platform":"supervisor""#])),
        ready("GET", "/v2", is: 200, .containing([#"{"name":"supervisor","version":"#])),
        ready("GET", "/health-check", is: 200, .containing([#"{"status":"READY","setup":{"started_at":""#, "+00:00"])),
        ready("GET", "/plain/health-check", is: 200, .containing([#"{"status":"READY""#])),
        ready("GET", "/nobody/health-check", is: 404, .containing(["nobody", "first, plain"])),
        ready(
            "GET", "/openapi.json", is: 200,
            .containing([
                #""x-cog-streaming":true"#, #""Input":{"type":"object","properties":{"do""#, "PredictionRequest",
            ])),
        ready("GET", "/first/openapi.json", is: 200, .containing([#""title":"first""#])),
        RequestCase(
            world: .starting, method: "GET", target: "/openapi.json", status: 503,
            answer: .exactly(refusal("OpenAPI schema not available"))),
        RequestCase(
            world: .starting, method: "GET", target: "/health-check", status: 200,
            answer: .containing([#"{"status":"STARTING","setup":{"started_at":""#, #""status":"starting"}"#])),
        RequestCase(
            world: .starting, method: "GET", target: "/readyz", status: 503,
            answer: .exactly(
                #"{"status":"unready","deployments":{"first":{"status":"STARTING","state":"starting","required":true,"#
                    + #""ready":0,"wanted":1,"min_ready":1,"slots":0,"busy":0,"restarts":0}}}"#)),
        RequestCase(
            world: .starting, method: "GET", target: "/startupz", status: 503,
            answer: .containing([#"{"status":"starting","#, #""was_ready":false"#])),
        RequestCase(
            world: .starting, method: "GET", target: "/v2/health/ready", status: 503,
            answer: .exactly(#"{"ready":false}"#)),
        RequestCase(
            world: .starting, method: "GET", target: "/v2/health/live", status: 200, answer: .exactly(#"{"live":true}"#)
        ),
        RequestCase(world: .starting, method: "GET", target: "/livez", status: 200, answer: .anything),
    ]

    // MARK: Bodies

    private static let unsupported = failure(
        #""header","content-type""#, "Expected request with `Content-Type: application/json`")
    private static let jsonType: (name: String, value: String) = ("content-type", "application/json")

    private static let contentTypes =
        ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "json", "application/", ""].map {
            ready("POST", "/predictions", [("content-type", $0)], "{}", is: 415, unsupported, with: [jsonType])
        }
        + ["application/json; charset=utf-8", "APPLICATION/JSON", "application/problem+json", "application/json;"].map {
            ready("POST", "/predictions", [("content-type", $0)], "{}", is: 200)
        } + [
            ready("POST", "/predictions", [], "{}", is: 415, unsupported),
            ready("PUT", "/predictions/without-a-body", [], "", is: 200, .containing([#""id":"without-a-body""#])),
            ready(
                "POST", "/predictions", [json], "", is: 400,
                failure(
                    #""body""#,
                    "Failed to parse the request body as JSON: EOF while parsing a value at line 1 column 0",
                    type: "value_error.jsondecode"),
                with: [jsonType]),
        ]

    private static let shapes =
        [
            "{", "}", "{\"input\":}", "{\"a\":1,}", "{'a':1}", "{\"input\":{\"n\":NaN}}", "{} {}", "{\"a\":\"\u{1}\"}",
            "\u{FEFF}{}", "{\"a\":01}", "nul", "{\"a\":\"\\x\"}", String(repeating: "[", count: 600),
        ].map {
            ready(
                "POST", "/predictions", [json], $0, is: 400,
                .containing([
                    #"{"detail":[{"loc":["body"],"msg":"Failed to parse the request body as JSON: "#,
                    #","type":"value_error.jsondecode"}],"error":"Failed to parse the request body as JSON: "#,
                    #"","status":"failed"}"#,
                ]),
                with: [jsonType])
        }
        + [
            "[]", "[\"id\"]", "1", "null", "\"{}\"", "{\"id\":1}", "{\"id\":{}}", "{\"context\":1}",
            "{\"context\":null}",
            "{\"context\":{\"a\":1}}", "{\"webhook\":1}", "{\"webhook_events_filter\":null}",
            "{\"webhook_events_filter\":[\"begin\"]}", "{\"webhook_events_filter\":\"start\"}",
        ].map {
            ready(
                "POST", "/predictions", [json], $0, is: 422,
                .containing([
                    #"{"detail":[{"loc":["body""#,
                    #""error":"Failed to deserialize the JSON body into the target type: "#, #"","status":"failed"}"#,
                ]), with: [jsonType])
        }
        + [
            "{}", "{\"input\":null}", "{\"unknown\":[1,{}]}", "{\"id\":null}", "{\"context\":{\"a\":\"b\"}}",
            "{\"webhook\":null,\"webhook_events_filter\":[]}", "{\"id\":1,\"id\":\"last-wins\"}",
            "{\"\\u0069d\":\"escaped-key\"}", " \t\r\n{ \"input\" : { } }\n",
        ].map { ready("POST", "/predictions", [json], $0, is: 200) } + [
            ready(
                "POST", "/predictions", [json], "{\"webhook\":\"ftp://h/\"}", is: 422,
                failure(#""body","webhook""#, "must be an http or https URL"))
        ]

    // MARK: Ids

    /// The body of a refusal without a place.
    private static func refusal(_ text: String) -> String { #"{"error":"\#(text)","status":"failed"}"# }

    /// The body of a refusal for one thing that is wrong.
    private static func failure(
        _ place: String, _ message: String, type: String = "value_error", summary: String? = nil
    ) -> Body {
        .exactly(
            #"{"detail":[{"loc":[\#(place)],"msg":"\#(message)","type":"\#(type)"}],"#
                + #""error":"\#(summary ?? message)","status":"failed"}"#)
    }

    private static let long = String(repeating: "i", count: 255)
    private static let badLength = "the prediction ID must be 1 to 255 bytes of UTF-8"

    private static let ids = [
        ready("PUT", "/predictions/\(long)", [json], "{}", is: 200, .containing([long])),
        ready(
            "PUT", "/predictions/\(long)i", [json], "{}", is: 422, failure(#""path","prediction_id""#, badLength)),
        ready("PUT", "/predictions/" + String(repeating: "%C3%A9", count: 127), [json], "{}", is: 200),
        ready(
            "PUT", "/predictions/" + String(repeating: "%C3%A9", count: 128), [json], "{}", is: 422,
            failure(#""path","prediction_id""#, badLength)),
        ready("POST", "/predictions", [json], "{\"id\":\"\"}", is: 422, failure(#""body","id""#, badLength)),
        ready("POST", "/predictions", [json], "{\"id\":\"\(long)i\"}", is: 422, failure(#""body","id""#, badLength)),
        ready("PUT", "/predictions/a%2F..%2Fb", [json], "{}", is: 200, .containing([#""id":"a/../b""#])),
        ready("PUT", "/predictions/..", [json], "{}", is: 200, .containing([#""id":"..""#])),
        ready("PUT", "/predictions/%2e%2E", [json], "{\"id\":\"..\"}", is: 200, .containing([#""id":"..""#])),
        ready("PUT", "/predictions/%F0%9F%8D%80%20x", [json], "{}", is: 200, .containing(["\"id\":\"🍀 x\""])),
        ready("PUT", "/predictions/a+b", [json], "{}", is: 200, .containing([#""id":"a+b""#])),
        ready(
            "PUT", "/predictions/%FF", [json], "{}", is: 400, .exactly(refusal("Invalid URL: Invalid UTF-8 in `id`"))),
        ready("PUT", "/predictions/%", [json], "{}", is: 400, .containing(["Invalid URL"])),
        ready("PUT", "/predictions/%4", [json], "{}", is: 400, .containing(["Invalid URL"])),
        ready("PUT", "/predictions/a%00b", [json], "{}", is: 400, .containing(["Invalid URL"])),
        ready(
            "PUT", "/predictions/a", [json], "{\"id\":\"b\"}", is: 422,
            failure(#""body","id""#, "prediction ID must match the ID supplied in the URL")),
        ready("GET", "/predictions/never-seen", is: 404, .containing(["No prediction with this id is known"])),
        ready("GET", "/predictions/\(long)i", is: 404),
        ready("GET", "/predictions/never-seen/events", is: 404),
        ready("HEAD", "/predictions/never-seen/events", is: 404),
        ready("POST", "/predictions/never-seen/cancel", is: 404, .exactly("{}")),
        ready("POST", "/predictions/\(long)i/cancel", is: 404, .exactly("{}")),
        ready("POST", "/predictions/%FF/cancel", is: 400),
    ]

    // MARK: Order of checks and forms of answers

    private static let wrongInput = "{\"input\":{\"n\":101,\"text\":5}}"

    private static let order = [
        ready(
            "POST", "/predictions", [json], wrongInput, is: 422,
            .containing([
                #"{"loc":["body","input","n"],"msg":"101 is greater than the maximum of 100","type":"value_error"}"#,
                #"{"loc":["body","input","text"],"msg":"5 is not of type \"string\"","type":"value_error"}"#,
                #""error":"n: 101 is greater than the maximum of 100; text: 5 is not of type \"string\"","status":"failed"}"#,
            ])),
        ready(
            "POST", "/predictions", [json], "{\"input\":[1]}", is: 422,
            failure(
                #""body","input","__root__""#, #"[1] is not of type \"object\""#,
                summary: #"__root__: [1] is not of type \"object\""#)),
        // The content type before the id, the body's shape before the id's match.
        ready("PUT", "/predictions/a", [], "{\"id\":\"b\"}", is: 415),
        ready("PUT", "/predictions/a", [json], "{\"id\":\"b\",\"context\":1}", is: 422, .containing(["deserialize"])),
        // The match before streaming and input.
        ready(
            "PUT", "/plain/predictions/a", [json, events], "{\"id\":\"b\"}", is: 422,
            .containing(["must match the ID"])),
        // Streaming before the input.
        ready(
            "POST", "/plain/predictions", [json, events], "{\"input\":1}", is: 406,
            .containing([#"{"error":"This model does not support streaming responses."#, "@streaming"])),
        ready("POST", "/plain/predictions", [json, ("accept", "text/html, TEXT/Event-Stream;q=0.9")], "{}", is: 406),
        ready(
            "POST", "/plain/predictions", [json, ("accept", "application/json, text/event-stream;q=0.1")], "{}", is: 200
        ),
        ready("POST", "/plain/predictions", [json, ("accept", "text/event-stream;q=0")], "{}", is: 200),
        ready("POST", "/plain/predictions", [json, ("accept", "text/*")], "{}", is: 200),
        ready("POST", "/plain/predictions", [json, events, ("prefer", "respond-async")], "{}", is: 406),
        // The input before readiness; without a manifest nothing is known of the input.
        RequestCase(
            world: .starting, method: "POST", target: "/predictions", headers: [json], body: wrongInput, status: 503,
            answer: .exactly(notReady)),
        RequestCase(
            world: .starting, method: "POST", target: "/predictions", headers: [json, events], body: "{}", status: 503,
            answer: .exactly(notReady), answerHeaders: [("retry-after", "1")]),
        RequestCase(
            world: .starting, method: "POST", target: "/predictions", headers: [json], body: "{", status: 400,
            answer: .anything),
        RequestCase(
            world: .starting, method: "POST", target: "/first/stream", headers: [json], body: "{}", status: 503,
            answer: .containing([#"{"error":{"code":"not_ready","message":""#, #""retryable":true}}"#])),
        RequestCase(
            world: .starting, method: "POST", target: "/predictions/early/cancel", status: 404, answer: .exactly("{}")),
        ready(
            "PUT", "/predictions/in-background", [json, ("prefer", "respond-async")], "{}", is: 202,
            .exactly(#"{"id":"in-background","status":"starting"}"#)),
        ready(
            "PUT", "/predictions/in-background-2", [json, ("prefer", "wait=5, Respond-Async")], "{}", is: 202),
        ready("POST", "/predictions", [json, ("prefer", "respond-asynchronously")], "{}", is: 200),
        ready(
            "POST", "/predictions", [json, ("prefer", "wait=5")], "{}", is: 200, .containing([#""status":"succeeded""#])
        ),
    ]

    // MARK: Deployments

    private static let deployments =
        [
            ready("POST", "/plain/predictions", [json], "{}", is: 200),
            ready("POST", "/nobody/predictions", [json], "{}", is: 404, .containing(["nobody", "first, plain"])),
            ready(
                "POST", "/nobody/stream", [json], "{}", is: 404,
                .containing([#"{"error":{"code":"unknown_deployment""#, "first, plain"])),
            ready("POST", "/First/predictions", [json], "{}", is: 404),
            ready("PUT", "/nobody/predictions/%FF", [json], "{}", is: 400),
        ]
        + [
            ("POST", "/predictions", 404), ("GET", "/health-check", 404), ("GET", "/openapi.json", 404),
            ("PUT", "/predictions/x", 404), ("POST", "/first/predictions", 200), ("GET", "/readyz", 200),
            ("GET", "/plain/health-check", 200),
        ].map { method, path, status in
            RequestCase(
                world: .withoutDefault, method: method, target: path, headers: method == "GET" ? [] : [json],
                body: method == "GET" ? "" : "{}", status: status,
                answer: status == 404 ? .containing(["first, plain", "/NAME/predictions"]) : .anything)
        }
}
