/// The protocol version a request was made in, as far as it changes our behaviour. 1.2 and above count as 1.1
/// (RFC 9110 § 2.5: a minor version only adds); other major versions never get this far.
package enum Version: Equatable, Sendable {
    /// No chunked framing, no `100 Continue`, closed after each answer unless the client asked otherwise.
    case http10

    /// Kept open unless a side says `close`.
    case http11
}
