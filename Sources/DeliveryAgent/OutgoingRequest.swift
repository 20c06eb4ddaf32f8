/// What the server wants to have sent.
struct OutgoingRequest: Decodable, Sendable {
    let method: String
    let url: String
    let headers: [String: String]
    /// The body; nil: it lies in `file`.
    let body: String?
    /// Absolute path of a regular file, which stays where it is.
    let file: String?
    /// Milliseconds for all of it, redirects included.
    let timeout: Int
    /// Whether the receiver gets the token of the environment.
    let isAuthorized: Bool

    enum CodingKeys: String, CodingKey {
        case method, url, headers, body, file
        case timeout = "timeout_ms"
        case isAuthorized = "authorized"
    }
}

/// The last answer.
struct RequestAnswer: Encodable, Sendable {
    let status: Int
    /// What was asked last.
    let url: String
    /// The `location` header, made absolute.
    let location: String?
}
