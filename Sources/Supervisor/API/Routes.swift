import HTTP

/// What the server does for a request.
package enum Endpoint: Equatable, Sendable {
    case discovery
    case health
    case live
    case ready
    case started
    case openAPI
    case shutdown
    case create(RunKind)
    case put(RunKind)
    case read
    case events
    case cancel
    case typedStream
    /// Those of KServe's version 2, which Triton and others answer, too: what is asked of the server, and of a model.
    case serverLive
    case serverReady
    case serverMetadata
    case modelReady
    case modelMetadata
}

/// What a run is asked for as. Both kinds share ids, slots and the handler.
package enum RunKind: String, Hashable, Sendable {
    case prediction
    case training
}

/// The one table of paths.
///
/// What concerns predictions stands in it twice: without a prefix for the default deployment, and under the name of each
/// deployment. A name can never be taken for one of the literal segments: the configuration refuses such names.
package enum Routes {
    package static let router: Router<Endpoint> = {
        var router = Router<Endpoint>()
        router.add(.get, "/", .discovery)
        router.add(.get, "/livez", .live)
        router.add(.get, "/readyz", .ready)
        router.add(.get, "/startupz", .started)
        // What probes ask for out of habit.
        router.add(.get, "/health", .ready)
        router.add(.get, "/healthz", .ready)
        router.add(.get, "/v2", .serverMetadata)
        router.add(.get, "/v2/health/live", .serverLive)
        router.add(.get, "/v2/health/ready", .serverReady)
        router.add(.get, "/v2/models/{deployment}", .modelMetadata)
        router.add(.get, "/v2/models/{deployment}/ready", .modelReady)
        router.add(.post, "/shutdown", .shutdown)
        for prefix in ["", "/{deployment}"] {
            router.add(.get, prefix + "/health-check", .health)
            router.add(.get, prefix + "/openapi.json", .openAPI)
            for (collection, kind) in [("/predictions", RunKind.prediction), ("/trainings", .training)] {
                router.add(.post, prefix + collection, .create(kind))
                router.add(.put, prefix + collection + "/{id}", .put(kind))
                router.add(.get, prefix + collection + "/{id}", .read)
                router.add(.post, prefix + collection + "/{id}/cancel", .cancel)
            }
            router.add(.get, prefix + "/predictions/{id}/events", .events)
        }
        router.add(.post, "/{deployment}/stream", .typedStream)
        return router
    }()
}
