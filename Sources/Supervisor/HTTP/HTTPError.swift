/// Why a request is refused: the status to answer and one sentence for the client, which says what is wrong.
///
/// The peer's fault in every case; misuse by our own side is a precondition. The texts of this layer all stand in
/// `HTTPError+Refusals.swift`.
package struct HTTPError: Error, Equatable, Sendable {
    /// The status to answer with.
    package let status: Status

    /// The sentence for the body of the answer, plain text.
    package let message: String

    /// Whether the connection has to be closed after the answer: the bytes that follow cannot be trusted to be a
    /// request. True for everything the parser refuses.
    package let closesConnection: Bool

    package init(_ status: Status, _ message: String, closesConnection: Bool = true) {
        self.status = status
        self.message = message
        self.closesConnection = closesConnection
    }
}
