/// The sixteen bytes before each payload; all integers are little-endian.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | payload length, header not counted |
/// | 4 | 1 | type |
/// | 5 | 1 | flags |
/// | 6 | 2 | slot, 0xFFFF when the frame concerns no run |
/// | 8 | 8 | sequence: run number towards the worker, count within the run towards the supervisor |
@frozen
public struct FrameHeader: Equatable, Sendable {
    /// Bytes of a header.
    @inlinable
    public static var byteCount: Int { 16 }
    /// The slot of frames that concern the worker as a whole.
    @inlinable
    public static var noSlot: UInt16 { 0xFFFF }

    /// Bytes of payload that follow the header.
    public var payloadLength: UInt32
    /// What the frame says.
    public var type: FrameType
    /// How it says it.
    public var flags: FrameFlags
    /// Which of the worker's slots it concerns, or ``noSlot``.
    public var slot: UInt16
    /// From the supervisor: the run number, from 1. From the worker: the frame's place within its run, from 0.
    /// Zero where there is no slot.
    public var sequence: UInt64

    /// A header; by default of a frame that concerns the worker and carries nothing.
    @inlinable
    public init(
        _ type: FrameType, flags: FrameFlags = [], slot: UInt16 = FrameHeader.noSlot, sequence: UInt64 = 0,
        payloadLength: UInt32 = 0
    ) {
        self.payloadLength = payloadLength
        self.type = type
        self.flags = flags
        self.slot = slot
        self.sequence = sequence
    }

    /// Reads a header from the first ``byteCount`` bytes of `bytes`, which must be that many at least; nil when the
    /// type is none of ours. Flags, slot and sequence are not judged here.
    @inlinable
    public init?(_ bytes: UnsafeRawBufferPointer) {
        let first = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        guard let type = FrameType(rawValue: UInt8(truncatingIfNeeded: first >> 32)) else { return nil }
        self.type = type
        payloadLength = UInt32(truncatingIfNeeded: first)
        flags = FrameFlags(rawValue: UInt8(truncatingIfNeeded: first >> 40))
        slot = UInt16(truncatingIfNeeded: first >> 48)
        sequence = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    /// Appends the sixteen bytes.
    public func append(to output: inout [UInt8]) {
        let first =
            UInt64(payloadLength) | UInt64(type.rawValue) << 32 | UInt64(flags.rawValue) << 40 | UInt64(slot) << 48
        withUnsafeBytes(of: (first.littleEndian, sequence.littleEndian)) { output.append(contentsOf: $0) }
    }
}
