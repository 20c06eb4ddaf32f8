/// What the owner of a connection has to do next.
package enum ConnectionEvent: Sendable {
    /// A whole request. Answer it (`ConnectionState.willRespond(with:)` … `responseFinished()`); no further event
    /// comes before that.
    case request(Request)

    /// Send `ResponseEncoder.continueResponse`: the client holds its body back for it.
    case sendContinue

    /// Answer with this refusal, then close. Input is ignored from now on.
    case failed(HTTPError)
}
