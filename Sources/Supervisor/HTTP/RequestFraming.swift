/// How the body of a request is delimited, and what becomes of the connection after it.
struct RequestFraming {
    enum Body: Equatable {
        /// So many bytes follow; 0 when the head says nothing about a body (RFC 9112 § 6.3 rule 7).
        case length(Int)
        case chunked
    }

    let body: Body
    let keepAlive: Bool

    /// The client holds its body back until it reads `100 Continue`.
    let expectsContinue: Bool
}
