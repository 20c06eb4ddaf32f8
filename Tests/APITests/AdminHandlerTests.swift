import API
import Engine
import HTTP
import SSE
import Testing
import WireProtocol

/// What operators may ask, and how they are refused.
@Suite struct AdminHandlerTests {
    private static let token = "correct-horse-battery"
    private static let names = ["llama", "echo"]

    private func reply(
        _ method: Method, _ target: String, _ body: String = "", realm: Realm = .control,
        headers: [(name: String, value: String)] = []
    ) throws -> AdminReply {
        let handler = AdminHandler(token: try AdminToken(Array(Self.token.utf8)))
        return handler.reply(
            to: try Request(method, target, headers: headers, body: Array(body.utf8)), realm: realm,
            deployments: Self.names)
    }

    private func refusal(_ reply: AdminReply) throws -> (status: Int, json: JSONValue, response: Response) {
        guard case .respond(let response) = reply, case .bytes(let body) = response.body else {
            throw UnexpectedReply(reply: "\(reply)")
        }
        return (Int(response.status.code), try JSONValue.parse(body), response)
    }

    private struct UnexpectedReply: Error {
        let reply: String
    }

    // MARK: Commands

    @Test(
        arguments: [
            ("/deployments/echo/restart", "", .restart(worker: nil), 1),
            ("/deployments/llama/restart", #"{"worker":3}"#, .restart(worker: 3), 0),
            ("/deployments/llama/restart", "{}", .restart(worker: nil), 0),
            ("/deployments/llama/stop", "", .stop, 0), ("/deployments/echo/start", "", .start, 1),
            ("/deployments/echo/scale", #"{"workers":0}"#, .scale(workers: 0), 1),
            ("/deployments/echo/drain", "", .drain, 1), ("/deployments/echo/reset", "", .reset, 1),
            ("/drain", "", .drain, nil), ("/reload", "", .reload, nil),
        ] as [(String, String, AdminCommand.Verb, Int?)])
    func understandsCommands(path: String, body: String, verb: AdminCommand.Verb, index: Int?) throws {
        for (query, waits) in [("", false), ("?wait=true", true), ("?wait=false", false), ("?wait=1", true)] {
            guard case .command(.administer(let command)) = try reply(.post, path + query, body) else {
                Issue.record("\(path) is no command")
                return
            }
            #expect(command == AdminCommand(verb, deployment: index.map { DeploymentIndex($0) }, waits: waits))
        }
    }

    @Test(
        arguments: [
            ("/deployments/gone/stop", "", 404, "There is no deployment \"gone\". Deployments: llama, echo."),
            ("/deployments/echo/explode", "", 404, "There is nothing at this path."),
            ("/predictions", "", 404, "There is nothing at this path."),
            ("/shutdown", "", 404, "There is nothing at this path."),
            ("/status", "", 405, "This path can only be asked with GET,HEAD."),
            ("/deployments/echo/scale", "", 400, "`workers` is missing: send {\"workers\":N}."),
            ("/deployments/echo/scale", #"{"workers":-1}"#, 400, "`workers` must be a whole number from 0"),
            ("/deployments/echo/scale", #"{"workers":"2"}"#, 400, "`workers` must be a whole number from 0"),
            ("/deployments/echo/scale", #"{"workers":1e9}"#, 400, "`workers` must be a whole number from 0"),
            ("/deployments/echo/restart", #"{"workers":1}"#, 400, "`workers` is not known here"),
            ("/deployments/echo/restart", "[1]", 400, "the body must be a JSON object"),
            ("/deployments/echo/restart", "{", 400, "the body must be a JSON object"),
        ] as [(String, String, Int, String)])
    func refusesCommands(path: String, body: String, status: Int, message: String) throws {
        let refused = try refusal(try reply(.post, path, body))
        #expect(refused.status == status)
        #expect(refused.json["outcome"]?.stringValue == "refused")
        #expect(refused.json["message"]?.stringValue?.hasPrefix(message) == true, "\(refused.json)")
    }

    // MARK: Status and feeds

    @Test func understandsStatus() throws {
        guard case .status(nil) = try reply(.get, "/status") else {
            Issue.record("no status")
            return
        }
        guard case .status("echo") = try reply(.get, "/status/echo") else {
            Issue.record("no status of one")
            return
        }
        #expect(try refusal(try reply(.get, "/status/gone")).status == 404)
    }

    @Test func understandsFeeds() throws {
        func logs(_ target: String, _ headers: [(name: String, value: String)] = []) throws -> FeedRequest? {
            if case .logs(let wanted) = try reply(.get, target, headers: headers) { wanted } else { nil }
        }
        func events(_ target: String, _ headers: [(name: String, value: String)] = []) throws -> FeedRequest? {
            if case .events(let wanted) = try reply(.get, target, headers: headers) { wanted } else { nil }
        }
        #expect(try logs("/logs") == FeedRequest(lines: AdminHandler.defaultLines, follows: false))
        #expect(
            try logs("/logs?deployment=echo&worker=2&lines=7&follow=true")
                == FeedRequest(deployment: "echo", worker: 2, lines: 7))
        #expect(try events("/events") == FeedRequest())
        #expect(try events("/events?from=now&deployment=llama") == FeedRequest(deployment: "llama", resume: .now))
        let resumed = try events("/events", [(name: "last-event-id", value: "abcdef-12")])
        #expect(resumed?.resume == .after(EventID(epoch: Epoch(text: "abcdef"), sequence: 12)))
        // Who comes back with an id wants all that it missed.
        #expect(try logs("/logs?follow=1", [(name: "last-event-id", value: "a-1")])?.lines == nil)
    }

    @Test(arguments: ["/logs?worker=x", "/logs?lines=-1", "/events?lines=2000000000", "/logs?worker=-2"])
    func refusesFeeds(target: String) throws {
        #expect(try refusal(try reply(.get, target)).status == 400)
    }

    @Test func refusesFeedsOfUnknownDeployments() throws {
        #expect(try refusal(try reply(.get, "/logs?deployment=gone")).status == 404)
    }

    // MARK: The token

    @Test(
        arguments: [
            "Bearer correct-horse-battery", "bearer correct-horse-battery", "Bearer  correct-horse-battery",
        ])
    func letsInWhoShowsTheToken(header: String) throws {
        let answer = try reply(.get, "/status", realm: .admin, headers: [(name: "authorization", value: header)])
        guard case .status = answer else {
            Issue.record("\(header) is refused")
            return
        }
    }

    @Test(
        arguments: [
            nil, "", "Bearer", "Bearer ", "correct-horse-battery", "Basic correct-horse-battery",
            "Bearer correct-horse-batterx", "Bearer correct-horse-batter", "Bearer correct-horse-battery!",
            "Bearer correct-horse-batterycorrect-horse-battery", "Bearer correct-horse-battery more",
        ] as [String?])
    func keepsOutWhoDoesNot(header: String?) throws {
        for (method, path) in [(Method.get, "/status"), (.post, "/drain"), (.get, "/nothing"), (.get, "/events")] {
            let headers = header.map { [(name: "authorization", value: $0)] } ?? []
            let refused = try refusal(try reply(method, path, realm: .admin, headers: headers))
            #expect(refused.status == 401)
            #expect(
                refused.response.headers.contains { $0.name == "www-authenticate" && $0.value.hasPrefix("Bearer") })
            #expect(!"\(refused.json)".contains("correct"))
        }
    }

    /// Whoever can open the control socket may do everything already.
    @Test func theControlSocketNeedsNoToken() throws {
        guard case .status = try reply(.get, "/status") else {
            Issue.record("the control socket asks for a token")
            return
        }
    }

    @Test func withoutATokenNobodyGetsIn() throws {
        let request = try Request(.get, "/status", headers: [(name: "authorization", value: "Bearer ")])
        let answer = AdminHandler(token: nil).reply(to: request, realm: .admin, deployments: [])
        #expect(try refusal(answer).status == 401)
    }

    @Test func tokensAreReadFromFiles() throws {
        let request = try Request(
            .get, "/", headers: [(name: "authorization", value: "Bearer \(Self.token)")])
        #expect(try AdminToken(Array("\n  \(Self.token)\r\n".utf8)).isShown(by: request))
        #expect("\(try AdminToken(Array(Self.token.utf8)))" == "***")
        for (text, problem) in [
            ("short", AdminToken.Problem.tooShort), ("", .tooShort),
            (String(repeating: "x", count: 1025), .tooLong), ("two words and more of them", .notVisibleASCII),
            ("schlüssel-schlüssel", .notVisibleASCII),
        ] {
            #expect(throws: problem) { try AdminToken(Array(text.utf8)) }
        }
    }

    /// A client's listener has none of the operators' routes, and theirs none of the clients'.
    @Test func theTwoRealmsShareNoPath() throws {
        let server = DirectServer()
        for (method, path) in [
            ("GET", "/status"), ("GET", "/events"), ("GET", "/logs"), ("POST", "/drain"), ("POST", "/reload"),
            ("POST", "/deployments/first/stop"), ("GET", "/status/first"),
        ] {
            #expect(try server.answer(method, path).status == 404, "\(path)")
        }
        for path in ["/livez", "/readyz", "/health-check", "/openapi.json", "/predictions/x", "/"] {
            #expect(try refusal(try reply(.get, path)).status == 404, "\(path)")
        }
    }
}
