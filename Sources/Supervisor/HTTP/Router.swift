/// Method and path → what serves it, and the decoded parameters of the path.
///
/// The endpoint is the caller's type, usually an enum. Literal segments are compared byte for byte with the path as
/// sent, so `/%73hutdown` is not `/shutdown` and no rule of a proxy in front can be passed by spelling. A trailing
/// slash makes another path. Of two routes that fit, the one with the earlier literal segment wins.
package struct Router<Endpoint: Sendable>: Sendable {
    /// The verdict on a method and a path.
    package enum Match: Sendable {
        case found(Endpoint, PathParameters)

        /// 405; the value of the `allow` header, such as `GET,HEAD,PUT`.
        case methodNotAllowed(allow: String)

        /// 404.
        case notFound
    }

    private var table = RouteTable()
    private var endpoints: [Endpoint] = []

    package init() {}

    /// Adds a route.
    ///
    /// - Parameters:
    ///   - method: GET serves HEAD as well, unless HEAD has a route of its own.
    ///   - pattern: begins with `/`; a segment `{name}` takes one segment that is not empty. Adding the same method
    ///     and pattern twice is a mistake and stops the program, at start.
    package mutating func add(_ method: Method, _ pattern: String, _ endpoint: Endpoint) {
        table.add(method, pattern, endpoints.count)
        endpoints.append(endpoint)
    }

    /// Finds the route for a request. The query is no part of `path`.
    ///
    /// - Throws: 400 when a parameter cannot be decoded, see `PathDecoder`.
    package func match(_ method: Method, _ path: ArraySlice<UInt8>) throws(HTTPError) -> Match {
        switch try table.match(method, path) {
        case .found(let index, let parameters): .found(endpoints[index], parameters)
        case .methodNotAllowed(let allow): .methodNotAllowed(allow: allow)
        case .notFound: .notFound
        }
    }
}
