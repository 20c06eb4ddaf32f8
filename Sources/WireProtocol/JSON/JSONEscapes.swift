/// Turns the escapes inside a JSON string back into what they stand for.
enum JSONEscapes {
    /// The text that `contents`, the validated bytes between the quotes of a JSON string, stands for.
    ///
    /// A lone surrogate has no place in Unicode text and becomes U+FFFD; only the raw bytes keep it.
    static func resolve(_ contents: UnsafeRawBufferPointer) -> String {
        var resolved: [UInt8] = []
        resolved.reserveCapacity(contents.count)
        var position = 0
        while position < contents.count {
            let byte = contents[position]
            if byte == UInt8(ascii: "\\") {
                position += appendEscape(in: contents, at: position, to: &resolved)
            } else {
                resolved.append(byte)
                position += 1
            }
        }
        return String(decoding: resolved, as: UTF8.self)
    }

    /// Appends what the escape at `position` stands for and returns the count of bytes it takes up.
    private static func appendEscape(
        in contents: UnsafeRawBufferPointer, at position: Int, to resolved: inout [UInt8]
    ) -> Int {
        let letter = contents[position + 1]
        guard letter == UInt8(ascii: "u") else {
            resolved.append(character(of: letter))
            return 2
        }
        let unit = codeUnit(in: contents, at: position)
        if let scalar = Unicode.Scalar(unit) {
            resolved.append(contentsOf: String(Character(scalar)).utf8)
            return 6
        }
        if isLeadingSurrogate(unit), let trail = trailingSurrogate(in: contents, at: position + 6) {
            let value = 0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(trail & 0x3FF))
            // Ten bits from each half make at most U+10FFFF, which is never a surrogate.
            resolved.append(contentsOf: String(Character(Unicode.Scalar(value)!)).utf8)
            return 12
        }
        resolved.append(contentsOf: JSONWriter.replacementCharacter)
        return 6
    }

    private static func trailingSurrogate(in contents: UnsafeRawBufferPointer, at position: Int) -> UInt16? {
        guard position + 6 <= contents.count, contents[position] == UInt8(ascii: "\\"),
            contents[position + 1] == UInt8(ascii: "u")
        else { return nil }
        let unit = codeUnit(in: contents, at: position)
        return unit & 0xFC00 == 0xDC00 ? unit : nil
    }

    private static func isLeadingSurrogate(_ unit: UInt16) -> Bool {
        unit & 0xFC00 == 0xD800
    }

    /// The number in the four digits of the `\u` escape at `position`.
    private static func codeUnit(in contents: UnsafeRawBufferPointer, at position: Int) -> UInt16 {
        contents[position + 2..<position + 6].reduce(0) { $0 << 4 | (JSONCursor.hexadecimalValue($1) ?? 0) }
    }

    private static func character(of letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }
}
