/// What one pass over a payload found, before it goes into an event.
///
/// An event's data may not contain a line break, since that would end the field; and three further characters, U+0085,
/// U+2028 and U+2029, are taken for line breaks by several widespread clients although the standard names only CR and
/// LF (WHATWG HTML § 9.2.6).
package enum PayloadScan: Equatable, Sendable {
    /// Nothing to do: the bytes can be copied as they are.
    case clean
    /// Well-formed, but with a line break or one of the three separators: use `PayloadScan.appendRewritten`.
    case needsRewriting
    /// Not UTF-8, from this byte on.
    case invalidUTF8(at: Int)

    /// Scans eight bytes at a time while they are plain ASCII without line breaks, which nearly all output is.
    @inline(__always)
    package static func of(_ bytes: UnsafeRawBufferPointer) -> PayloadScan {
        guard let start = bytes.baseAddress else { return .clean }
        let count = bytes.count
        var at = 0
        while at &+ 8 <= count {
            let word = start.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            if !isPlain(word) { return slow(bytes, from: at) }
            at &+= 8
        }
        if at < count {
            if count >= 8 {
                // The last word overlaps bytes that are known to be plain.
                let word = start.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
                if !isPlain(word) { return slow(bytes, from: at) }
            } else {
                return slow(bytes, from: at)
            }
        }
        return .clean
    }

    /// No byte of the word has the high bit set or is CR or LF.
    @inline(__always)
    private static func isPlain(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let lineFeeds = word ^ 0x0A0A_0A0A_0A0A_0A0A
        let returns = word ^ 0x0D0D_0D0D_0D0D_0D0D
        let zeros = ((lineFeeds &- ones) & ~lineFeeds) | ((returns &- ones) & ~returns)
        return (word | zeros) & highs == 0
    }

    private static func slow(_ bytes: UnsafeRawBufferPointer, from first: Int) -> PayloadScan {
        var rewrite = false
        var at = first
        while at < bytes.count {
            let byte = bytes[at]
            if byte < 0x80 {
                if byte == 0x0A || byte == 0x0D { rewrite = true }
                at += 1
                continue
            }
            let length = scalarLength(bytes, at: at)
            guard length > 0 else { return .invalidUTF8(at: at) }
            if separator(bytes, at: at) != nil { rewrite = true }
            at += length
        }
        return rewrite ? .needsRewriting : .clean
    }

    /// Appends a well-formed payload so that it stays one event and one JSON value: CR and LF, which in JSON can only be
    /// white space, begin a new `data:` line; the three separators become their JSON escapes.
    package static func appendRewritten(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            if byte == 0x0A || byte == 0x0D {
                output.append(contentsOf: "\ndata: ".utf8)
                // CR LF is one line break.
                at += byte == 0x0D && at + 1 < bytes.count && bytes[at + 1] == 0x0A ? 2 : 1
            } else if byte >= 0x80, let (escape, length) = separator(bytes, at: at) {
                output.append(contentsOf: escape.utf8)
                at += length
            } else {
                output.append(byte)
                at += 1
            }
        }
    }

    /// The JSON escape of U+0085 (C2 85), U+2028 (E2 80 A8) or U+2029 (E2 80 A9), if one begins here.
    private static func separator(_ bytes: UnsafeRawBufferPointer, at: Int) -> (escape: String, length: Int)? {
        if bytes[at] == 0xC2, at + 1 < bytes.count, bytes[at + 1] == 0x85 { return ("\\u0085", 2) }
        guard bytes[at] == 0xE2, at + 2 < bytes.count, bytes[at + 1] == 0x80 else { return nil }
        if bytes[at + 2] == 0xA8 { return ("\\u2028", 3) }
        if bytes[at + 2] == 0xA9 { return ("\\u2029", 3) }
        return nil
    }

    /// The length of the well-formed UTF-8 sequence that begins here with a byte of 0x80 or above, or 0 (Unicode
    /// standard, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
    private static func scalarLength(_ bytes: UnsafeRawBufferPointer, at: Int) -> Int {
        let lead = bytes[at]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard at + length <= bytes.count, second.contains(bytes[at + 1]) else { return 0 }
        for next in (at + 2)..<(at + max(length, 2)) where !(0x80...0xBF).contains(bytes[next]) { return 0 }
        return length
    }
}
