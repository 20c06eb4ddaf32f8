import Worker

/// Sends the server's webhooks and uploads, in a process of its own: so the server links no network library, and neither
/// a slow name server nor a fault in that library holds up a token.
///
/// A worker like any other, with one handler. What is sent when, and again, is the server's to decide.
@main
struct DeliveryAgent: ModelWorker {
    static let identification = "supervisor-delivery"

    @Handler("Sends one request, follows redirects, and says what was answered.", concurrency: 32)
    var send = { (request: OutgoingRequest, run: RunContext, sender: HTTPSender) in
        try await sender.send(request)
    }

    func setup(_ setup: SetupContext) async throws -> HTTPSender {
        HTTPSender(token: AuthorizationToken.ofEnvironment { setup.log($0, to: .standardError) })
    }
}
