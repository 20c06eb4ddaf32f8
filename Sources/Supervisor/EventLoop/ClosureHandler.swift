/// An event handler made of a closure, for an owner with several descriptors.
package final class ClosureHandler: EventHandler {
    private let body: (Readiness) -> Void

    /// `body` is kept by the loop until the registration ends: capture the owner weakly if it lives shorter.
    package init(_ body: @escaping (Readiness) -> Void) {
        self.body = body
    }

    package func ready(_ readiness: Readiness) {
        body(readiness)
    }
}
