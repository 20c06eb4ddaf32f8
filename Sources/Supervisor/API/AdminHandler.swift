import Engine
import HTTP
import SSE
import WireProtocol

/// What is to be done for an operator's request.
package enum AdminReply: Sendable {
    case respond(Response)
    /// The status of all, or of the deployment of this name, as `StatusDocument` words it.
    case status(deployment: String?)
    /// Tell the engine; its answer is worded in the style `administrative`.
    case command(Command)
    /// State changes, as events.
    case events(FeedRequest)
    /// The log: as events if it is followed, else as lines of JSON.
    case logs(FeedRequest)
}

/// The requests of operators. Decides nothing about workers, and reaches no socket.
package struct AdminHandler: Sendable {
    /// Lines of the log that are answered where the request does not say: two screens.
    package static let defaultLines = 100
    /// More than the ring has room for in practice.
    private static let maximumLines = 1_000_000
    /// More workers than any host has memory for: a typing error.
    private static let maximumWorkers = 10_000

    private let token: AdminToken?

    /// - Parameter token: what requests over `admin.listen` must show; nil: there is no such listener.
    package init(token: AdminToken?) {
        self.token = token
    }

    /// - Parameter deployments: their names, in the order of the engine's; empty: it is gone.
    package func reply(to request: Request, realm: Realm, deployments: [String]) -> AdminReply {
        if realm == .admin, token?.isShown(by: request) != true {
            var response = ErrorCatalog.adminTokenMissing.response(.administrative)
            response.headers.append(("www-authenticate", "Bearer realm=\"supervisor\""))
            return .respond(response)
        }
        do throws(HTTPError) {
            switch try AdminRoutes.router.match(request.method, request.path) {
            case .notFound: return refusal(.unknownAdminPath)
            case .methodNotAllowed(let allow):
                var response = ErrorCatalog.methodNotAllowed(allow: allow).response(.administrative)
                response.headers.append(("allow", allow))
                return .respond(response)
            case .found(let endpoint, let parameters):
                return reply(endpoint, parameters["name"], request, deployments)
            }
        } catch {
            return .respond(Response(error))
        }
    }

    private func refusal(_ entry: ErrorCatalog) -> AdminReply { .respond(entry.response(.administrative)) }

    private func reply(
        _ endpoint: AdminEndpoint, _ name: String?, _ request: Request, _ deployments: [String]
    ) -> AdminReply {
        let index = name.flatMap { deployments.lastIndex(of: $0) }
        if let name, index == nil {
            return refusal(.unknownDeployment(name, known: deployments.filter { !$0.isEmpty }))
        }
        let query = QueryParameters(request.query)
        let waits = query["wait"].map { $0 != "false" && $0 != "0" } ?? false
        switch endpoint {
        case .status, .deploymentStatus: return .status(deployment: name)
        case .drainServer: return .command(.administer(AdminCommand(.drain, deployment: nil, waits: waits)))
        case .reload: return .command(.administer(AdminCommand(.reload, deployment: nil, waits: waits)))
        case .administer(let verb):
            guard let index else { preconditionFailure("the path has a name") }
            return administer(verb, DeploymentIndex(index), request.body, waits: waits)
        case .events, .logs: return feed(endpoint, request, query, deployments)
        }
    }

    // MARK: Commands

    private func administer(
        _ verb: AdminVerb, _ deployment: DeploymentIndex, _ body: [UInt8], waits: Bool
    ) -> AdminReply {
        let number: Int?
        switch AdminHandler.number(verb == .scale ? "workers" : "worker", in: body) {
        case .success(let value): number = value
        case .failure(let problem): return refusal(.badAdminRequest(problem.text))
        }
        let meaning: AdminCommand.Verb
        switch verb {
        case .restart: meaning = .restart(worker: number)
        case .stop: meaning = .stop
        case .start: meaning = .start
        case .drain: meaning = .drain
        case .reset: meaning = .reset
        case .scale:
            guard let number else {
                return refusal(.badAdminRequest("`workers` is missing: send {\"workers\":N}"))
            }
            meaning = .scale(workers: number)
        }
        return .command(.administer(AdminCommand(meaning, deployment: deployment, waits: waits)))
    }

    private struct Problem: Error {
        let text: String
    }

    /// The one member that a body may have.
    private static func number(_ key: String, in body: [UInt8]) -> Result<Int?, Problem> {
        guard !body.isEmpty else { return .success(nil) }
        guard let value = try? JSONValue.parse(body), let members = value.objectValue else {
            return .failure(Problem(text: "the body must be a JSON object such as {\"\(key)\":1}, or be left out"))
        }
        if let other = members.first(where: { $0.key != key }) {
            return .failure(Problem(text: "`\(other.key)` is not known here; the body may have `\(key)`"))
        }
        guard let member = members.first else { return .success(nil) }
        guard let number = member.value.integerValue, (0...maximumWorkers).contains(number) else {
            return .failure(Problem(text: "`\(key)` must be a whole number from 0 to \(maximumWorkers)"))
        }
        return .success(number)
    }

    // MARK: Feeds

    private func feed(
        _ endpoint: AdminEndpoint, _ request: Request, _ query: QueryParameters, _ deployments: [String]
    ) -> AdminReply {
        var wanted = FeedRequest(resume: PredictionForm.resumePoint(request, usesQuery: true))
        if let name = query["deployment"] {
            guard deployments.contains(name) else {
                return refusal(.unknownDeployment(name, known: deployments.filter { !$0.isEmpty }))
            }
            wanted.deployment = name
        }
        if let text = query["worker"] {
            guard let worker = Int(text), worker >= 0 else {
                return refusal(.badAdminRequest("`worker` must be the index of a worker, from 0"))
            }
            wanted.worker = worker
        }
        if let text = query["lines"] {
            guard let lines = Int(text), (0...AdminHandler.maximumLines).contains(lines) else {
                return refusal(
                    .badAdminRequest("`lines` must be a whole number from 0 to \(AdminHandler.maximumLines)"))
            }
            wanted.lines = lines
        }
        guard endpoint == .logs else { return .events(wanted) }
        wanted.follows = query["follow"] == "true" || query["follow"] == "1"
        if wanted.lines == nil, wanted.resume == .beginning { wanted.lines = AdminHandler.defaultLines }
        return .logs(wanted)
    }
}

/// The heads of what an operator reads from feeds.
package enum FeedResponse {
    package static var stream: Response {
        Response(
            .ok,
            headers: [
                ("content-type", "text/event-stream"), ("cache-control", "no-cache, no-store, no-transform"),
                ("x-accel-buffering", "no"),
            ], body: .stream)
    }

    /// One JSON document on each line.
    package static func lines(_ body: [UInt8]) -> Response {
        Response(.ok, headers: [("content-type", "application/x-ndjson")], body: .bytes(body))
    }
}
