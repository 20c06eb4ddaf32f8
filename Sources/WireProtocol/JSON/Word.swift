/// Eight bytes looked at in one machine word: constants and tests whose lowest set bit marks the first hit.
///
/// In each test a borrow can only spoil bits *above* a true hit, so the lowest one is always right.
enum Word {
    static let ones: UInt64 = 0x0101_0101_0101_0101
    static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Marks bytes equal to `byte`.
    @inline(__always)
    static func matches(_ word: UInt64, _ byte: UInt8) -> UInt64 {
        let difference = word ^ (ones &* UInt64(byte))
        return (difference &- ones) & ~difference & highBits
    }

    /// Marks bytes below `bound`, which is at most 0x80.
    @inline(__always)
    static func below(_ word: UInt64, _ bound: UInt8) -> UInt64 {
        (word &- ones &* UInt64(bound)) & ~word & highBits
    }

    /// The offset of the first byte from `start` on that cannot stand in a JSON string as itself or is not ASCII: quote,
    /// backslash, control byte, 0x80 and above. The count of `bytes` when there is none.
    @inline(__always)
    static func skipPlainASCII(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start
        while position &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let special =
                matches(word, UInt8(ascii: "\"")) | matches(word, UInt8(ascii: "\\")) | below(word, 0x20)
                | (word & highBits)
            if special != 0 { return position &+ special.trailingZeroBitCount / 8 }
            position &+= 8
        }
        while position < bytes.count, isPlainASCII(bytes[position]) { position &+= 1 }
        return position
    }

    @inline(__always)
    private static func isPlainASCII(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}
