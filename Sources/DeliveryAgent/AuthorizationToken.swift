import FoundationEssentials

/// What webhook receivers know the server by. Never logged.
struct AuthorizationToken: Sendable {
    /// Cog's variable.
    static let variable = "WEBHOOK_AUTH_TOKEN"

    /// The value of the `authorization` header.
    let header: String

    /// Nil when the variable is not set, or holds what cannot be sent, which is said without repeating it.
    static func ofEnvironment(complain: (String) -> Void) -> AuthorizationToken? {
        guard let value = ProcessInfo.processInfo.environment[variable] else { return nil }
        // A file that was read into a variable ends with a line feed.
        let token = value.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty else { return nil }
        guard token.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            complain("\(variable) has characters that cannot stand in a header: requests are sent without it")
            return nil
        }
        return AuthorizationToken(header: "Bearer \(token)")
    }
}
