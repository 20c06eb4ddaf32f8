/// Why a text is not the JSON it should be, and where.
///
/// The place is given twice: as an offset for programs, as line and column for people who look into the file.
public struct JSONError: Error, Equatable, Sendable {
    /// What rule the text breaks.
    public let reason: Reason
    /// Bytes before the offending one, counted from the start of the scanned text.
    public let offset: Int
    /// Line of the offending byte, from 1; lines end with LF.
    public let line: Int
    /// Unicode scalars before the offending one in its line, plus 1.
    public let column: Int

    /// The reason in words, without the place.
    public var message: String { reason.message }

    /// Computes line and column; done only for errors, so that scanning does not count lines.
    init(_ reason: Reason, at offset: Int, in text: UnsafeRawBufferPointer) {
        var line = 1
        var column = 1
        for byte in text.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.reason = reason
        self.offset = offset
        self.line = line
        self.column = column
    }

    /// The rules of RFC 8259 that a text can break, and the two limits of our own.
    ///
    /// An `Error` itself, because the cursor throws the bare reason and leaves the place to whoever owns the text.
    public enum Reason: String, Error, Equatable, Sendable, CaseIterable {
        /// The text ends where a value, or the rest of one, must follow.
        case unexpectedEnd
        /// A byte that cannot begin a value stands where a value must.
        case expectedValue
        /// Something other than a string stands where the key of a member must.
        case expectedKey
        /// No colon follows a key.
        case expectedColon
        /// Neither a comma nor the closing bracket follows a member or element.
        case expectedCommaOrEnd
        /// Neither `true`, `false` nor `null`, though it begins like one.
        case invalidLiteral
        /// Not a number by the grammar of RFC 8259 § 6: leading zero, no digit after the point, and the like.
        case invalidNumber
        /// A byte below 0x20 inside a string; it must be written as an escape.
        case controlCharacter
        /// A backslash that is followed by none of `"\/bfnrt` or `u` and four hexadecimal digits.
        case invalidEscape
        /// Not UTF-8: overlong, surrogate, beyond U+10FFFF, or cut off.
        case invalidUTF8
        /// More than ``JSONScanner/maximumDepth`` arrays and objects inside one another.
        case tooDeep
        /// Something other than white space follows the value.
        case trailingBytes
        /// The text begins with a byte order mark, which RFC 8259 § 8.1 forbids senders to add.
        case byteOrderMark
        /// A value, but not the object that is wanted here.
        case expectedObject
        /// A value, but not the array that is wanted here.
        case expectedArray

        /// One clause for people, fit to follow "line 3, column 7: ".
        public var message: String {
            switch self {
            case .unexpectedEnd: "the text ends in the middle of a value"
            case .expectedValue: "a value must stand here"
            case .expectedKey: "a key in double quotes must stand here"
            case .expectedColon: "a colon must follow the key"
            case .expectedCommaOrEnd: "a comma or the closing bracket must stand here"
            case .invalidLiteral: "only true, false and null may stand here without quotes"
            case .invalidNumber: "this is not a number as JSON writes them"
            case .controlCharacter: "a control character in a string must be written as an escape"
            case .invalidEscape: "this is not an escape that JSON knows"
            case .invalidUTF8: "the bytes here are not UTF-8"
            case .tooDeep: "more than \(JSONScanner.maximumDepth) arrays and objects are nested here"
            case .trailingBytes: "nothing but white space may follow the value"
            case .byteOrderMark: "the text must not begin with a byte order mark"
            case .expectedObject: "an object must stand here"
            case .expectedArray: "an array must stand here"
            }
        }
    }
}

extension JSONError: CustomStringConvertible {
    /// Place and reason: `line 3, column 7: a colon must follow the key`.
    public var description: String { "line \(line), column \(column): \(message)" }
}
