import CLinux

/// What a registration wants to hear of its descriptor.
///
/// Level-triggered unless `edgeTriggered` is set: the handler is called in each turn as long as the state lasts, so
/// that one read per call is enough and none is spent on seeing `wouldBlock`. Edge-triggered: called once when the
/// state begins (and once for a state that exists when registering or modifying), so the handler reads or writes until
/// `wouldBlock` or until less came than there was room for.
package struct Interest: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// There is something to read, a connection to accept, or the end of the stream.
    package static let readable = Interest(rawValue: UInt32(CL_READABLE))
    /// There is room to write.
    package static let writable = Interest(rawValue: UInt32(CL_WRITABLE))
    /// The peer of a socket has closed its writing side, even while unread bytes are left.
    package static let peerHangUp = Interest(rawValue: UInt32(CL_PEER_HANG_UP))
    /// Once per change instead of as long as it lasts.
    package static let edgeTriggered = Interest(rawValue: CL_EDGE_TRIGGERED)

    /// Whether the interest asks for any event. One that does not silences the descriptor altogether: not even a
    /// hang-up is told, which a level-triggered registration that is paused would otherwise hear in every turn.
    var isSilent: Bool { isDisjoint(with: [.readable, .writable, .peerHangUp]) }
}
