/// Appends JSON to a byte buffer, without spaces.
///
/// Members and elements need no bookkeeping: a comma is written unless the buffer ends with an opening bracket, and no
/// value ends with one.
public enum JSONWriter {
    /// U+FFFD in UTF-8, which stands for what was no text.
    public static let replacementCharacter: [UInt8] = [0xEF, 0xBF, 0xBD]

    /// Appends a string with its quotes. See ``appendEscapedContents(_:to:)-(UnsafeRawBufferPointer,_)``.
    public static func appendString(_ utf8: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        appendEscapedContents(utf8, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    /// Appends a string with its quotes.
    public static func appendString(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        appendEscapedContents(text, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    /// Appends what stands between the quotes of a string, so that it may be put together from pieces.
    ///
    /// Escaped are the quote, the backslash, all below U+0020, and U+0085, U+2028 and U+2029, at which several clients
    /// of event streams break lines. Bytes that are not UTF-8 become U+FFFD, one for each maximal wrong part.
    public static func appendEscapedContents(_ utf8: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        var position = 0
        var plainStart = 0
        while true {
            position = Word.skipPlainASCII(in: utf8, from: position)
            guard position < utf8.count else { break }
            let isASCII = utf8[position] < 0x80
            let length = isASCII ? 1 : UTF8Validation.sequenceLength(in: utf8, at: position)
            let separator = lineSeparator(in: utf8, at: position)
            if !isASCII, length > 0, separator == nil {
                position += length
                continue
            }
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: utf8[plainStart..<position]))
            if length == 0 {
                output.append(contentsOf: replacementCharacter)
                position += wrongPartLength(in: utf8, at: position)
            } else {
                appendEscape(separator ?? UInt16(utf8[position]), to: &output)
                position += length
            }
            plainStart = position
        }
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: utf8[plainStart...]))
    }

    /// Appends what stands between the quotes of a string.
    public static func appendEscapedContents(_ text: String, to output: inout [UInt8]) {
        var text = text
        text.withUTF8 { appendEscapedContents(UnsafeRawBufferPointer($0), to: &output) }
    }

    /// Appends a whole number.
    public static func appendInteger(_ value: some FixedWidthInteger, to output: inout [UInt8]) {
        output.append(contentsOf: String(value).utf8)
    }

    /// Appends the shortest number that reads back as `value`; `null` when it is not finite, which JSON cannot say.
    public static func appendNumber(_ value: Double, to output: inout [UInt8]) {
        output.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
    }

    /// Appends `true` or `false`.
    public static func appendBool(_ value: Bool, to output: inout [UInt8]) {
        output.append(contentsOf: (value ? "true" : "false").utf8)
    }

    // MARK: Objects and arrays

    /// Appends `{`.
    public static func openObject(in output: inout [UInt8]) { output.append(UInt8(ascii: "{")) }

    /// Appends `}`.
    public static func closeObject(in output: inout [UInt8]) { output.append(UInt8(ascii: "}")) }

    /// Appends `[`.
    public static func openArray(in output: inout [UInt8]) { output.append(UInt8(ascii: "[")) }

    /// Appends `]`.
    public static func closeArray(in output: inout [UInt8]) { output.append(UInt8(ascii: "]")) }

    /// Appends the comma that must stand before the next element, if one must.
    public static func beginElement(in output: inout [UInt8]) {
        if let last = output.last, last != UInt8(ascii: "["), last != UInt8(ascii: "{") {
            output.append(UInt8(ascii: ","))
        }
    }

    /// Appends a key and its colon, with the comma before it if one must stand there; the value is to follow.
    public static func beginMember(_ key: String, in output: inout [UInt8]) {
        beginElement(in: &output)
        appendString(key, to: &output)
        output.append(UInt8(ascii: ":"))
    }

    /// Appends a member whose value is a string.
    public static func appendMember(_ key: String, _ value: String, to output: inout [UInt8]) {
        beginMember(key, in: &output)
        appendString(value, to: &output)
    }

    /// Appends a member whose value is a whole number.
    public static func appendMember(_ key: String, _ value: some FixedWidthInteger, to output: inout [UInt8]) {
        beginMember(key, in: &output)
        appendInteger(value, to: &output)
    }

    /// Appends a member whose value is `true` or `false`.
    public static func appendMember(_ key: String, _ value: Bool, to output: inout [UInt8]) {
        beginMember(key, in: &output)
        appendBool(value, to: &output)
    }

    /// Appends a member whose value is copied as it is.
    public static func appendMember(_ key: String, _ value: RawJSON, to output: inout [UInt8]) {
        beginMember(key, in: &output)
        output.append(contentsOf: value.bytes)
    }

    // MARK: Escapes

    /// U+0085, U+2028 or U+2029 if one stands at `position`.
    private static func lineSeparator(in utf8: UnsafeRawBufferPointer, at position: Int) -> UInt16? {
        let available = utf8.count - position
        if available >= 2, utf8[position] == 0xC2, utf8[position + 1] == 0x85 { return 0x0085 }
        if available >= 3, utf8[position] == 0xE2, utf8[position + 1] == 0x80, utf8[position + 2] & 0xFE == 0xA8 {
            return 0x2000 | UInt16(utf8[position + 2] & 0x3F)
        }
        return nil
    }

    /// The bytes from `position` on that one U+FFFD stands for: the longest beginning of a well-formed sequence, or
    /// one byte (Unicode 3.9, "maximal subpart").
    private static func wrongPartLength(in utf8: UnsafeRawBufferPointer, at position: Int) -> Int {
        let lead = utf8[position]
        let wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 1
        guard wanted > 1, lead <= 0xF4, position + 1 < utf8.count else { return 1 }
        let low: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
        let high: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
        guard utf8[position + 1] >= low, utf8[position + 1] <= high else { return 1 }
        guard wanted == 4, position + 2 < utf8.count, utf8[position + 2] & 0xC0 == 0x80 else { return 2 }
        return 3
    }

    /// Appends the escape of a character of the basic plane, the short one where there is one.
    private static func appendEscape(_ unit: UInt16, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        switch unit {
        case 0x22, 0x5C: output.append(UInt8(unit))
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        default:
            output.append(UInt8(ascii: "u"))
            for shift in [12, 8, 4, 0] as [UInt16] {
                let digit = UInt8(unit >> shift & 0xF)
                output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}
