/// Byte 5 of the header. Which type may carry which: ``FrameType/allowedFlags``.
@frozen
public struct FrameFlags: OptionSet, Hashable, Sendable {
    /// The byte on the wire.
    public let rawValue: UInt8

    /// Takes the byte from the wire, unknown bits included.
    @inlinable
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// On `predict` and `output`: the payload proper lies in a file that the payload names (``SpillFile``).
    @inlinable
    public static var spilled: FrameFlags { FrameFlags(rawValue: 0x80) }
    /// On `log`: the text came from standard error, else from standard output.
    @inlinable
    public static var standardError: FrameFlags { FrameFlags(rawValue: 0x01) }
    /// On `done`: the outputs form a list, else the one output is the value.
    @inlinable
    public static var collected: FrameFlags { FrameFlags(rawValue: 0x01) }
}
