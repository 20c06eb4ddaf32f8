/// The code points that a string of a valid JSON text stands for, escapes resolved, without a copy.
///
/// Surrogate escapes that form a pair are one code point; a lone one is given out as it is, which is why this yields
/// numbers and not `Unicode.Scalar`.
struct CodePoints: IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private var position: Int
    private let end: Int

    /// - Parameter string: Where the string lies, quotes included.
    init(in bytes: UnsafeRawBufferPointer, string: Range<Int>) {
        self.bytes = bytes
        position = string.lowerBound + 1
        end = string.upperBound - 1
    }

    mutating func next() -> UInt32? {
        guard position < end else { return nil }
        let byte = bytes[position]
        if byte == UInt8(ascii: "\\") { return escape() }
        if byte < 0x80 {
            position += 1
            return UInt32(byte)
        }
        let length = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
        // The lead byte of a sequence of n bytes carries 7 - n bits.
        var point = UInt32(byte & (0x7F >> length))
        for index in position + 1..<min(position + length, end) { point = point << 6 | UInt32(bytes[index] & 0x3F) }
        position += length
        return point
    }

    private mutating func escape() -> UInt32 {
        let letter = bytes[position + 1]
        guard letter == UInt8(ascii: "u") else {
            position += 2
            return Self.meaning(of: letter)
        }
        let unit = codeUnit(at: position)
        position += 6
        guard unit & 0xFC00 == 0xD800, position + 6 <= end, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { return unit }
        let trail = codeUnit(at: position)
        guard trail & 0xFC00 == 0xDC00 else { return unit }
        position += 6
        return 0x10000 + ((unit & 0x3FF) << 10 | (trail & 0x3FF))
    }

    private func codeUnit(at position: Int) -> UInt32 {
        (position + 2..<min(position + 6, end)).reduce(0) { $0 << 4 | Self.digit(bytes[$1]) }
    }

    private static func digit(_ byte: UInt8) -> UInt32 {
        byte <= UInt8(ascii: "9") ? UInt32(byte & 0x0F) : UInt32(byte & 0x0F) + 9
    }

    private static func meaning(of letter: UInt8) -> UInt32 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: UInt32(letter)
        }
    }
}
