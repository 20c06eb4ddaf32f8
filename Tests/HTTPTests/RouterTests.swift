import HTTP
import Testing

@Suite struct RouterTests {
    private static let router: Router<String> = {
        var router = Router<String>()
        router.add(.get, "/", "root")
        router.add(.get, "/health-check", "health")
        router.add(.post, "/predictions", "create")
        router.add(.put, "/predictions/{id}", "put")
        router.add(.get, "/predictions/{id}", "get")
        router.add(.get, "/predictions/{id}/events", "events")
        router.add(.post, "/predictions/{id}/cancel", "cancel")
        router.add(.post, "/{name}/predictions", "named create")
        router.add(.put, "/{name}/predictions/{id}", "named put")
        router.add(.post, "/{name}/stream", "named stream")
        router.add(.head, "/own", "own head")
        router.add(.get, "/own", "own get")
        return router
    }()

    private static func match(_ method: Method, _ path: String) throws -> String {
        switch try router.match(method, Array(path.utf8)[...]) {
        case .found(let endpoint, let parameters):
            let values = ["name", "id"].compactMap { name in parameters[name].map { "\(name)=\($0)" } }
            return ([endpoint] + values).joined(separator: " ")
        case .methodNotAllowed(let allow): return "405 \(allow)"
        case .notFound: return "404"
        }
    }

    @Test(arguments: [
        (Method.get, "/", "root"), (.get, "/health-check", "health"), (.head, "/health-check", "health"),
        (.post, "/predictions", "create"), (.put, "/predictions/a", "put id=a"),
        (.get, "/predictions/a%2Fb", "get id=a/b"), (.get, "/predictions/..", "get id=.."),
        (.get, "/predictions/health-check", "get id=health-check"),
        (.get, "/predictions/%65vents", "get id=events"),
        (.post, "/predictions/a/cancel", "cancel id=a"), (.get, "/predictions/a/events", "events id=a"),
        (.head, "/predictions/a/events", "events id=a"),
        (.post, "/model/predictions", "named create name=model"),
        (.put, "/my%20model/predictions/b", "named put name=my model id=b"),
        (.post, "/m/stream", "named stream name=m"), (.head, "/own", "own head"), (.get, "/own", "own get"),
        // The literal way wins where it leads to a route, else the parameter's way is tried.
        (.put, "/predictions/predictions", "put id=predictions"),
        (.put, "/predictions/predictions/x", "named put name=predictions id=x"),
        (.put, "/health-check/predictions/x", "named put name=health-check id=x"),
    ])
    func found(method: Method, path: String, expected: String) throws {
        #expect(try Self.match(method, path) == expected)
    }

    @Test(arguments: [
        "", "*", "//", "/nothing", "/predictions/", "/health-check/", "//predictions", "/predictions//cancel",
        "/predictions/a/cancel/", "/predictions/a/b", "/Predictions", "/health%2Dcheck", "/%70redictions",
        "/a/b/c/d/e/f", "/docs", "/%2F", "predictions", "/stream",
    ])
    func notFound(path: String) throws {
        for method in [Method.get, .post, .options, .other("get")] {
            #expect(try Self.match(method, path) == "404")
        }
    }

    @Test(arguments: [
        (Method.get, "/predictions", "405 POST"), (.head, "/predictions", "405 POST"),
        (.post, "/", "405 GET,HEAD"), (.options, "/health-check", "405 GET,HEAD"),
        (.other("get"), "/health-check", "405 GET,HEAD"), (.delete, "/predictions/a", "405 PUT,GET,HEAD"),
        (.put, "/predictions/a/cancel", "405 POST"), (.delete, "/own", "405 GET,HEAD"),
        // The method is judged before the parameters are decoded.
        (.delete, "/predictions/%FF", "405 PUT,GET,HEAD"),
    ])
    func methodNotAllowed(method: Method, path: String, expected: String) throws {
        #expect(try Self.match(method, path) == expected)
    }

    @Test func parameterThatCannotBeDecoded() {
        let error = HTTPError(.badRequest, "Invalid URL: Invalid UTF-8 in `id`", closesConnection: false)
        #expect(throws: error) { try Self.match(.put, "/predictions/%FF") }
    }

    @Test func requestPathsAreRoutedWithoutTheirQuery() throws {
        let request = try Request(.get, "http://h/health-check?a=b")
        guard case .found("health", _) = try Self.router.match(request.method, request.path) else {
            Issue.record("not found")
            return
        }
    }
}
