/// Every number of the HTTP side, with its reason. All are settings of the server: change the value, not the constant.
///
/// Sizes are bytes, times are nanoseconds of a monotonic clock. The time-outs are kept by the owner of the socket
/// (`ConnectionState.deadline` says which one runs); everything else is kept by the parser.
package struct HTTPLimits: Equatable, Sendable {
    /// Request line and all header lines with their line ends, up to and with the empty line; beyond it 431.
    /// 64 KiB: four times what common proxies let through, and little enough that 10,000 half-sent heads fit in memory.
    package var headBytes = 65_536

    /// The request line with its line end; beyond it 414.
    /// 16 KiB: twice the 8,000 bytes every server should take (RFC 9112 § 3).
    package var requestLineBytes = 16_384

    /// One header line with its line end; beyond it 431.
    /// 16 KiB: cookies and bearer tokens stay below 8 KiB at every common proxy.
    package var headerLineBytes = 16_384

    /// Header lines of one request; beyond it 431. 128: browsers behind three proxies send fewer than 40.
    package var headerCount = 128

    /// The method's name; beyond it 501 (RFC 9112 § 3). 32: the longest registered one has 17 letters.
    package var methodBytes = 32

    /// The body after removal of the chunk framing; beyond it 413. 100 MiB: what Cog's server takes.
    package var bodyBytes = 104_857_600

    /// One chunk-size line with its line end; beyond it 400.
    /// 256: a size has at most 15 digits and nobody sends extensions; those of old proxies stay below 100 bytes.
    package var chunkLineBytes = 256

    /// Extensions of all chunks of one body; beyond it 400.
    /// 16 KiB: they are read and thrown away, so they must not become a way to keep a connection busy for free.
    package var chunkExtensionBytes = 16_384

    /// The trailer section of a chunked body with its line ends; beyond it 431.
    /// 8 KiB: trailers are checked and thrown away; checksums and signatures are the only ones seen.
    package var trailerBytes = 8_192

    /// Lines of the trailer section; beyond it 431. 32: a quarter of what a head may have.
    package var trailerCount = 32

    /// Bytes kept of requests that follow one which is not answered yet. When they are reached the connection wants
    /// no more input (`ConnectionState.wantsMoreInput`); one read more is kept, never lost.
    /// 16 KiB: dozens of small pipelined requests; more would only move the client's queue into our memory.
    package var pipelinedBytes = 16_384

    /// How long a connection may lie open without a request.
    /// 75 s: longer than the 60 s of common balancers' pools, so that the other side closes first and no request
    /// crosses our close on the wire.
    package var idleTimeout: UInt64 = 75_000_000_000

    /// How long a head may take from its first byte to its last; then 408.
    /// 30 s: a head is one packet; a minute of lost packets is a dead link, and a trickle is an attack (slow loris).
    package var headTimeout: UInt64 = 30_000_000_000

    /// How often a body that is being read must have made progress: at least `bodyProgressBytes`; else 408.
    /// 20 s: survives a few lost packets with their doubled retransmission times.
    package var bodyProgressInterval: UInt64 = 20_000_000_000

    /// Bytes of body that must arrive in each `bodyProgressInterval`, the last and shorter piece excepted.
    /// 10,000: 500 bytes a second, below any modem, yet a 100 MiB slot costs an attacker real traffic.
    package var bodyProgressBytes = 10_000

    /// How long to read and discard after a refusal before the socket is closed: closing with unread input makes the
    /// kernel reset the connection and the client lose the answer (RFC 9112 § 9.6). 2 s: two slow round trips.
    package var lingerTimeout: UInt64 = 2_000_000_000

    package init() {}
}
