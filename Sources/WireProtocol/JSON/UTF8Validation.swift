/// Checks of UTF-8 by the table of well-formed byte sequences (Unicode 3.9, table 3-7).
public enum UTF8Validation {
    /// The offset of the first byte that belongs to no well-formed sequence; nil when all of `bytes` is UTF-8.
    ///
    /// A sequence that is cut off by the end of `bytes` is reported at its first byte. ASCII is passed over eight bytes
    /// at a time.
    public static func firstInvalid(in bytes: UnsafeRawBufferPointer) -> Int? {
        var position = 0
        while true {
            position = skipASCII(in: bytes, from: position)
            guard position < bytes.count else { return nil }
            let length = sequenceLength(in: bytes, at: position)
            guard length > 0 else { return position }
            position += length
        }
    }

    /// The offset of the first byte from `start` on that is not ASCII, or the count of `bytes`.
    @inline(__always)
    static func skipASCII(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start
        while position &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let high = word & Word.highBits
            if high != 0 { return position &+ high.trailingZeroBitCount / 8 }
            position &+= 8
        }
        while position < bytes.count, bytes[position] < 0x80 { position &+= 1 }
        return position
    }

    /// The length of the well-formed sequence that begins at `position` with a byte of 0x80 or more; 0 when there is
    /// none.
    @inline(__always)
    static func sequenceLength(in bytes: UnsafeRawBufferPointer, at position: Int) -> Int {
        let available = bytes.count &- position
        let lead = bytes[position]
        switch lead {
        case 0xC2...0xDF:
            guard available >= 2, isContinuation(bytes[position &+ 1]) else { return 0 }
            return 2
        case 0xE0...0xEF:
            guard available >= 3, isContinuation(bytes[position &+ 2]) else { return 0 }
            let second = bytes[position &+ 1]
            // E0 must not be overlong, ED must not encode a surrogate.
            let low: UInt8 = lead == 0xE0 ? 0xA0 : 0x80
            let high: UInt8 = lead == 0xED ? 0x9F : 0xBF
            return second >= low && second <= high ? 3 : 0
        case 0xF0...0xF4:
            guard available >= 4, isContinuation(bytes[position &+ 2]), isContinuation(bytes[position &+ 3]) else {
                return 0
            }
            let second = bytes[position &+ 1]
            // F0 must not be overlong, F4 must not pass U+10FFFF.
            let low: UInt8 = lead == 0xF0 ? 0x90 : 0x80
            let high: UInt8 = lead == 0xF4 ? 0x8F : 0xBF
            return second >= low && second <= high ? 4 : 0
        default:
            return 0
        }
    }

    @inline(__always)
    private static func isContinuation(_ byte: UInt8) -> Bool {
        byte & 0xC0 == 0x80
    }
}
