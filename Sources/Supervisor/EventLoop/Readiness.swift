import CLinux

/// What the kernel says about a registered descriptor.
package struct Readiness: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Reading will not block: bytes, a connection, or the end of the stream.
    package static let readable = Readiness(rawValue: UInt32(CL_READABLE))
    /// Writing will not block.
    package static let writable = Readiness(rawValue: UInt32(CL_WRITABLE))
    /// The peer writes no more (sockets, where asked for by `Interest.peerHangUp`). It may still read.
    package static let peerHangUp = Readiness(rawValue: UInt32(CL_PEER_HANG_UP))
    /// The connection is gone, or no writer of a pipe is left. Bytes may still wait to be read. Told unasked.
    package static let hangUp = Readiness(rawValue: UInt32(CL_HANG_UP))
    /// An error waits on the descriptor, or no reader of a pipe is left. Told unasked.
    package static let error = Readiness(rawValue: UInt32(CL_ERROR))

    /// Whether a read will answer at once: with bytes, the end of the stream or the error.
    package var isWorthReading: Bool {
        rawValue & UInt32(CL_READABLE | CL_PEER_HANG_UP | CL_HANG_UP | CL_ERROR) != 0
    }

    /// Whether the peer's side has ended, behind the bytes that may still wait to be read.
    package var isEnding: Bool { rawValue & UInt32(CL_PEER_HANG_UP | CL_HANG_UP | CL_ERROR) != 0 }
}
