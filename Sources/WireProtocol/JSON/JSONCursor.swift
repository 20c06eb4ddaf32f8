/// A place in a JSON text, moved forward token by token; the one piece of code that knows the grammar of RFC 8259.
///
/// Each `skip…` function stands before its token when called and behind it when it returns; when it throws, `position`
/// is the offset of the offending byte. Nothing is allocated and nothing recurs, so no text can exhaust the stack.
struct JSONCursor {
    let text: UnsafeRawBufferPointer
    private(set) var position: Int

    init(_ text: UnsafeRawBufferPointer, from position: Int = 0) {
        self.text = text
        self.position = position
    }

    /// The byte at `position`; nil at the end of the text.
    @inline(__always)
    var current: UInt8? { position < text.count ? text[position] : nil }

    /// Steps over `byte` if it is the current one, and says whether it was.
    @inline(__always)
    mutating func skip(_ byte: UInt8) -> Bool {
        guard position < text.count, text[position] == byte else { return false }
        position &+= 1
        return true
    }

    @inline(__always)
    mutating func skipWhiteSpace() {
        while position < text.count, Self.isWhiteSpace(text[position]) { position &+= 1 }
    }

    @inline(__always)
    private static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte <= 0x20 && (byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09)
    }

    /// Before the first value: white space may stand here, a byte order mark may not.
    mutating func skipStart() throws(JSONError.Reason) {
        if text.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF { throw .byteOrderMark }
        skipWhiteSpace()
    }

    /// After the last value: white space may stand here and nothing else.
    mutating func skipEnd() throws(JSONError.Reason) {
        skipWhiteSpace()
        guard position == text.count else { throw .trailingBytes }
    }

    // MARK: Values

    /// Steps over one value of any kind, with what it contains.
    ///
    /// - Parameter depth: How many arrays and objects already lie around it.
    mutating func skipValue(depth: Int = 0) throws(JSONError.Reason) {
        var nesting = Nesting(depth: depth)
        repeat {
            skipWhiteSpace()
            guard position < text.count else { throw .unexpectedEnd }
            switch text[position] {
            case UInt8(ascii: "\""):
                try skipString()
            case UInt8(ascii: "{"):
                if try openObject(in: &nesting) { continue }
            case UInt8(ascii: "["):
                if try openArray(in: &nesting) { continue }
            default:
                try skipScalar()
            }
            try leaveFinishedContainers(in: &nesting)
        } while !nesting.isEmpty
    }

    /// Enters an object and steps over its first key; false when the object is empty and already left.
    private mutating func openObject(in nesting: inout Nesting) throws(JSONError.Reason) -> Bool {
        guard nesting.push(isObject: true) else { throw .tooDeep }
        position &+= 1
        skipWhiteSpace()
        if skip(UInt8(ascii: "}")) {
            nesting.pop()
            return false
        }
        try skipKey()
        return true
    }

    /// Enters an array; false when the array is empty and already left.
    private mutating func openArray(in nesting: inout Nesting) throws(JSONError.Reason) -> Bool {
        guard nesting.push(isObject: false) else { throw .tooDeep }
        position &+= 1
        skipWhiteSpace()
        if skip(UInt8(ascii: "]")) {
            nesting.pop()
            return false
        }
        return true
    }

    /// After a value: leaves every container that ends here and stops before the next value, if there is one.
    private mutating func leaveFinishedContainers(in nesting: inout Nesting) throws(JSONError.Reason) {
        while !nesting.isEmpty {
            skipWhiteSpace()
            guard position < text.count else { throw .unexpectedEnd }
            let byte = text[position]
            if byte == UInt8(ascii: ",") {
                position &+= 1
                if nesting.isInObject {
                    skipWhiteSpace()
                    try skipKey()
                }
                return
            }
            guard byte == (nesting.isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                throw .expectedCommaOrEnd
            }
            position &+= 1
            nesting.pop()
        }
    }

    /// Steps over a key and its colon.
    private mutating func skipKey() throws(JSONError.Reason) {
        guard position < text.count else { throw .unexpectedEnd }
        guard text[position] == UInt8(ascii: "\"") else { throw .expectedKey }
        try skipString()
        try skipColon()
    }

    mutating func skipColon() throws(JSONError.Reason) {
        skipWhiteSpace()
        guard position < text.count else { throw .unexpectedEnd }
        guard skip(UInt8(ascii: ":")) else { throw .expectedColon }
    }

    /// Steps over a number, `true`, `false` or `null`.
    mutating func skipScalar() throws(JSONError.Reason) {
        guard position < text.count else { throw .unexpectedEnd }
        switch text[position] {
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber()
        case UInt8(ascii: "t"): try skipLiteral("true")
        case UInt8(ascii: "f"): try skipLiteral("false")
        case UInt8(ascii: "n"): try skipLiteral("null")
        default: throw .expectedValue
        }
    }

    // MARK: Scalars

    private mutating func skipLiteral(_ literal: StaticString) throws(JSONError.Reason) {
        let end = position &+ literal.utf8CodeUnitCount
        var expected = literal.utf8Start
        while position < end {
            guard position < text.count else { throw .unexpectedEnd }
            guard text[position] == expected.pointee else { throw .invalidLiteral }
            position &+= 1
            expected += 1
        }
    }

    private mutating func skipNumber() throws(JSONError.Reason) {
        _ = skip(UInt8(ascii: "-"))
        if skip(UInt8(ascii: "0")) {
            if let next = current, Self.isDigit(next) { throw .invalidNumber }
        } else {
            try skipDigits()
        }
        if skip(UInt8(ascii: ".")) { try skipDigits() }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
            try skipDigits()
        }
    }

    /// Steps over one digit or more.
    private mutating func skipDigits() throws(JSONError.Reason) {
        guard position < text.count else { throw .unexpectedEnd }
        guard Self.isDigit(text[position]) else { throw .invalidNumber }
        repeat { position &+= 1 } while position < text.count && Self.isDigit(text[position])
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    // MARK: Strings

    /// Steps over a string, quotes included, and says whether it holds an escape.
    @discardableResult
    mutating func skipString() throws(JSONError.Reason) -> Bool {
        position &+= 1
        var hasEscapes = false
        while true {
            position = Word.skipPlainASCII(in: text, from: position)
            guard position < text.count else { throw .unexpectedEnd }
            let byte = text[position]
            if byte == UInt8(ascii: "\"") {
                position &+= 1
                return hasEscapes
            }
            if byte >= 0x80 {
                let length = UTF8Validation.sequenceLength(in: text, at: position)
                guard length > 0 else { throw .invalidUTF8 }
                position &+= length
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try skipEscape()
            } else {
                throw .controlCharacter
            }
        }
    }

    private mutating func skipEscape() throws(JSONError.Reason) {
        guard position &+ 1 < text.count else {
            position = text.count
            throw .unexpectedEnd
        }
        switch text[position &+ 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position &+= 2
        case UInt8(ascii: "u"):
            for index in 2..<6 {
                guard position &+ index < text.count else {
                    position = text.count
                    throw .unexpectedEnd
                }
                guard Self.hexadecimalValue(text[position &+ index]) != nil else { throw .invalidEscape }
            }
            position &+= 6
        default:
            throw .invalidEscape
        }
    }

    /// The value of a hexadecimal digit of either case.
    static func hexadecimalValue(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

/// The arrays and objects around a place in a text: one bit for each, so that depth costs no allocation.
private struct Nesting {
    private let outerDepth: Int
    private var depth: Int
    private var kinds: InlineArray<8, UInt64>

    /// - Parameter depth: Levels that lie around the text and count towards the limit.
    init(depth: Int) {
        outerDepth = depth
        self.depth = depth
        kinds = InlineArray(repeating: 0)
    }

    @inline(__always)
    var isEmpty: Bool { depth == outerDepth }

    /// Whether the innermost container is an object; asked only when there is one.
    @inline(__always)
    var isInObject: Bool { kinds[(depth &- 1) / 64] >> UInt64((depth &- 1) % 64) & 1 == 1 }

    /// Enters a container; false when the limit does not allow it.
    @inline(__always)
    mutating func push(isObject: Bool) -> Bool {
        guard depth < JSONScanner.maximumDepth else { return false }
        let bit: UInt64 = 1 << UInt64(depth % 64)
        if isObject { kinds[depth / 64] |= bit } else { kinds[depth / 64] &= ~bit }
        depth &+= 1
        return true
    }

    @inline(__always)
    mutating func pop() { depth &-= 1 }
}
