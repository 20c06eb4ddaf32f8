/// What one non-blocking read or write came to.
package enum TransferResult: Equatable, Sendable {
    /// So many bytes were moved; at least one, unless there was nothing to write.
    case bytes(Int)
    /// Nothing can be moved now: wait for readiness.
    case wouldBlock
    /// Reading: the end of the stream. Writing: nobody reads any more (`EPIPE`, `ECONNRESET`).
    case closed
    /// The error number (`errno`) of anything else, such as a connection that the peer has reset while it was read.
    case failed(Int32)
}
