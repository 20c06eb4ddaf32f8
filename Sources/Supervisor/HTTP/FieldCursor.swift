/// Reads the small grammars inside header values: tokens, quoted strings, lists (RFC 9110 § 5.6).
struct FieldCursor {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var isAtEnd: Bool { position == bytes.endIndex }
    var isAtComma: Bool { peek == ASCII.comma }

    mutating func skipBlanks() {
        while let byte = peek, ASCII.isBlank(byte) { position += 1 }
    }

    /// Goes over `byte` if it is next, blanks before and after it included.
    mutating func take(_ byte: UInt8) -> Bool {
        let start = position
        skipBlanks()
        guard peek == byte else {
            position = start
            return false
        }
        position += 1
        skipBlanks()
        return true
    }

    /// The token that is next, as sent.
    mutating func token() -> String? {
        let start = position
        while let byte = peek, ASCII.isToken(byte) { position += 1 }
        return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// The token that is next, in lower case.
    mutating func lowercasedToken() -> String? {
        token()?.lowercased()
    }

    /// A token, or the contents of a quoted string with its escapes undone.
    mutating func tokenOrQuoted() -> String? {
        guard peek == ASCII.quote else { return token() }
        position += 1
        var contents: [UInt8] = []
        while let byte = peek {
            position += 1
            if byte == ASCII.quote { return String(decoding: contents, as: UTF8.self) }
            guard byte == ASCII.backslash else {
                contents.append(byte)
                continue
            }
            guard let escaped = peek else { return nil }
            contents.append(escaped)
            position += 1
        }
        return nil
    }

    /// Goes behind the next comma that is not quoted, or to the end: what remains of a list after an element that
    /// could not be read.
    mutating func skipElement() {
        var isQuoted = false
        while let byte = peek {
            position += 1
            switch byte {
            case ASCII.quote: isQuoted.toggle()
            case ASCII.backslash where isQuoted && !isAtEnd: position += 1
            case ASCII.comma where !isQuoted: return
            default: break
            }
        }
    }

    private var peek: UInt8? { position < bytes.endIndex ? bytes[position] : nil }
}
