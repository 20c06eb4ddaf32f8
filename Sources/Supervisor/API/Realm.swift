/// Which routes a connection has, by the listener that it came through. None has those of another.
package enum Realm: Equatable, Sendable {
    /// Predictions, health, and all else that clients want.
    case `public`
    /// The operator's routes, over the control socket: only the server's user can open it.
    case control
    /// The operator's routes, over `admin.listen`, for whoever shows the token.
    case admin
}
