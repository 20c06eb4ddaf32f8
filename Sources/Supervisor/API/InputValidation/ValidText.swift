/// Moves over JSON that is known to be valid: nothing is checked, nothing is built, nothing recurs.
///
/// Whoever makes one vouches for the text (a `RawJSON`, or what `JSONScanner` has accepted); on other bytes it stays
/// inside the buffer but answers nonsense.
struct ValidText {
    /// What a value is, told from its first byte.
    enum Kind {
        case null, boolean, number, string, array, object
    }

    let bytes: UnsafeRawBufferPointer

    /// The value's kind at `position`, which must be its first byte.
    func kind(at position: Int) -> Kind {
        guard position < bytes.count else { return .null }
        switch bytes[position] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        default: return .number
        }
    }

    /// The first byte at or behind `position` that is no white space.
    func skipWhiteSpace(from position: Int) -> Int {
        var position = position
        while position < bytes.count, bytes[position] <= UInt8(ascii: " ") { position += 1 }
        return position
    }

    /// Behind the string that begins at `position`.
    func endOfString(at position: Int) -> Int {
        var position = position + 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""): return position + 1
            case UInt8(ascii: "\\"): position += 2
            default: position += 1
            }
        }
        return bytes.count
    }

    /// Behind the value that begins at `position`.
    func endOfValue(at position: Int) -> Int {
        switch kind(at: position) {
        case .string: return endOfString(at: position)
        case .array, .object: return endOfContainer(at: position)
        case .null, .boolean, .number:
            var position = position
            while position < bytes.count, !Self.endsScalar(bytes[position]) { position += 1 }
            return position
        }
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        byte <= UInt8(ascii: " ") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
    }

    private func endOfContainer(at position: Int) -> Int {
        var position = position
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position = endOfString(at: position)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return position + 1 }
            default: break
            }
            position += 1
        }
        return bytes.count
    }

    /// The first element or key of the container at `position`, or nil and the end of the container when it is empty.
    func firstInContainer(at position: Int) -> (first: Int?, end: Int) {
        let first = skipWhiteSpace(from: position + 1)
        guard first < bytes.count, !Self.isClosing(bytes[first]) else { return (nil, min(first + 1, bytes.count)) }
        return (first, first)
    }

    /// What follows the value that ends at `position`: the next element or key, or nil and the end of the container.
    func nextInContainer(after position: Int) -> (next: Int?, end: Int) {
        let separator = skipWhiteSpace(from: position)
        guard separator < bytes.count, bytes[separator] == UInt8(ascii: ",") else {
            return (nil, min(separator + 1, bytes.count))
        }
        return (skipWhiteSpace(from: separator + 1), separator)
    }

    private static func isClosing(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
    }

    /// The first byte of the value whose key ends at `position`.
    func value(afterKeyEndingAt position: Int) -> Int {
        skipWhiteSpace(from: skipWhiteSpace(from: position) + 1)
    }

    /// The text of the string in `range`, quotes included in the range, as bytes: UTF-8, with lone surrogates written
    /// like other scalars, so that different strings give different bytes.
    func contents(of range: Range<Int>) -> [UInt8] {
        let inner = UnsafeRawBufferPointer(rebasing: bytes[range.dropFirst().dropLast()])
        guard inner.contains(UInt8(ascii: "\\")) else { return [UInt8](inner) }
        var result: [UInt8] = []
        result.reserveCapacity(inner.count)
        var points = CodePoints(in: bytes, string: range)
        while let point = points.next() { Self.append(point, to: &result) }
        return result
    }

    private static func append(_ point: UInt32, to bytes: inout [UInt8]) {
        switch point {
        case 0..<0x80:
            bytes.append(UInt8(point))
        case 0x80..<0x800:
            bytes.append(0xC0 | UInt8(point >> 6))
            bytes.append(0x80 | UInt8(point & 0x3F))
        case 0x800..<0x10000:
            bytes.append(0xE0 | UInt8(point >> 12))
            bytes.append(0x80 | UInt8(point >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(point & 0x3F))
        default:
            bytes.append(0xF0 | UInt8(point >> 18 & 0x07))
            bytes.append(0x80 | UInt8(point >> 12 & 0x3F))
            bytes.append(0x80 | UInt8(point >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(point & 0x3F))
        }
    }
}
