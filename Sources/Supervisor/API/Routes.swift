import HTTP

/// What the server does for a request.
package enum Endpoint: Equatable, Sendable {
    case discovery
    case health
    case live
    case ready
    case openAPI
    case shutdown
    case createPrediction
    case putPrediction
    case readPrediction
    case predictionEvents
    case cancelPrediction
    case typedStream
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
        router.add(.post, "/shutdown", .shutdown)
        for prefix in ["", "/{deployment}"] {
            router.add(.get, prefix + "/health-check", .health)
            router.add(.get, prefix + "/openapi.json", .openAPI)
            router.add(.post, prefix + "/predictions", .createPrediction)
            router.add(.put, prefix + "/predictions/{id}", .putPrediction)
            router.add(.get, prefix + "/predictions/{id}", .readPrediction)
            router.add(.get, prefix + "/predictions/{id}/events", .predictionEvents)
            router.add(.post, prefix + "/predictions/{id}/cancel", .cancelPrediction)
        }
        router.add(.post, "/{deployment}/stream", .typedStream)
        return router
    }()
}
