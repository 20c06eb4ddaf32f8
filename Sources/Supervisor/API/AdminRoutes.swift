import HTTP

/// What the server does for an operator's request.
enum AdminEndpoint: Equatable, Sendable {
    case status
    case deploymentStatus
    case administer(AdminVerb)
    case drainServer
    case reload
    case events
    case logs
}

/// What can be asked of a deployment: the last segment of its path.
enum AdminVerb: String, CaseIterable, Sendable {
    case restart, stop, start, scale, drain, reset
}

/// The table of paths of the control socket and of `admin.listen`. It shares no path with `Routes`: neither realm answers
/// for the other, so that nothing an operator may do is one forgotten rule of a proxy away from a client.
enum AdminRoutes {
    static let router: Router<AdminEndpoint> = {
        var router = Router<AdminEndpoint>()
        router.add(.get, "/status", .status)
        router.add(.get, "/status/{name}", .deploymentStatus)
        for verb in AdminVerb.allCases { router.add(.post, "/deployments/{name}/\(verb.rawValue)", .administer(verb)) }
        router.add(.post, "/drain", .drainServer)
        router.add(.post, "/reload", .reload)
        router.add(.get, "/events", .events)
        router.add(.get, "/logs", .logs)
        return router
    }()
}
