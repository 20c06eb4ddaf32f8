import WireProtocol

/// A JSON text and what a strict reader must make of it.
struct JSONCase: Sendable, CustomStringConvertible {
    let name: String
    let text: [UInt8]
    /// Nil when the text is valid.
    let failure: Failure?

    struct Failure: Equatable, Sendable {
        let reason: JSONError.Reason
        let offset: Int
    }

    var description: String { name }

    static func valid(_ name: String, _ text: String) -> JSONCase {
        JSONCase(name: name, text: Array(text.utf8), failure: nil)
    }

    static func invalid(_ name: String, _ text: String, _ reason: JSONError.Reason, at offset: Int) -> JSONCase {
        JSONCase(name: name, text: Array(text.utf8), failure: Failure(reason: reason, offset: offset))
    }

    static func invalid(_ name: String, _ bytes: [UInt8], _ reason: JSONError.Reason, at offset: Int) -> JSONCase {
        JSONCase(name: name, text: bytes, failure: Failure(reason: reason, offset: offset))
    }

    /// `bytes` between quotes.
    static func quoted(_ bytes: UInt8...) -> [UInt8] { [0x22] + bytes + [0x22] }
}

enum JSONCorpus {
    static let valid: [JSONCase] = [
        .valid("null", "null"),
        .valid("true", "true"),
        .valid("false", "false"),
        .valid("empty string", "\"\""),
        .valid("empty object", "{}"),
        .valid("empty array", "[]"),
        .valid("spaces inside empty brackets", "[ { \t } , [\r\n] ]"),
        .valid("spaces of all four kinds around", " \t\r\n1 \t\r\n"),
        .valid("spaces around every token", " { \"a\" : [ 1 , 2 ] , \"b\" : null } "),
        .valid("zero", "0"),
        .valid("minus zero", "-0"),
        .valid("one point zero", "1.0"),
        .valid("huge exponent", "1e400"),
        .valid("tiny exponent", "-1E-400"),
        .valid("signed exponent", "1.5e+07"),
        .valid("two to the 63 plus one", "9223372036854775809"),
        .valid("number of 400 digits", String(repeating: "7", count: 400)),
        .valid("long fraction", "0." + String(repeating: "1", count: 100)),
        .valid("duplicate keys", "{\"a\":1,\"a\":2}"),
        .valid("empty key", "{\"\":0}"),
        .valid("key with escapes", "{\"\\u0061\\n\":0}"),
        .valid("all short escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
        .valid("escaped letter", "\"\\u0041\""),
        .valid("escaped NUL", "\"\\u0000\""),
        .valid("hexadecimal digits of both cases", "\"\\uABCD\\uabcd\""),
        .valid("surrogate pair", "\"\\ud83d\\ude00\""),
        .valid("lone leading surrogate", "\"\\ud83d\""),
        .valid("lone trailing surrogate", "\"\\ude00\""),
        .valid("surrogates in the wrong order", "\"\\ude00\\ud83d\""),
        .valid("leading surrogate before a letter", "\"\\ud83dx\""),
        .valid("delete character", "\"\u{7F}\""),
        .valid("two byte character", "\"é\""),
        .valid("three byte character", "\"€\""),
        .valid("four byte character", "\"😀\""),
        .valid("last scalar", "\"\u{10FFFF}\""),
        .valid("last before the surrogates", "\"\u{D7FF}\""),
        .valid("byte order mark inside a string", "\"\u{FEFF}\""),
        .valid("line separators", "\"\u{2028}\u{2029}\u{85}\""),
        .valid("a slash as it is", "\"/\""),
        .valid("comment in a string", "\"/* no */\""),
        .valid("string that fills words exactly", "\"12345678abcdefgh\""),
        .valid("escape across a word", "\"1234567\\n1234567\""),
        .valid("brackets in strings", "[\"]\",\"}\",\"{\"]"),
        .valid("512 arrays", String(repeating: "[", count: 512) + String(repeating: "]", count: 512)),
        .valid("512 objects", String(repeating: "{\"a\":", count: 512) + "1" + String(repeating: "}", count: 512)),
        .valid("mixed nesting", "[{\"a\":[{\"b\":[[],{}]}]},[1],{\"c\":{}}]"),
        .valid(
            "65 levels and siblings", String(repeating: "[1,", count: 65) + "2" + String(repeating: ",{}]", count: 65)),
    ]

    static let invalid: [JSONCase] = [
        .invalid("nothing", "", .unexpectedEnd, at: 0),
        .invalid("only spaces", "  ", .unexpectedEnd, at: 2),
        .invalid("byte order mark", "\u{FEFF}{}", .byteOrderMark, at: 0),
        .invalid("half a byte order mark", [0xEF, 0xBB], .expectedValue, at: 0),
        .invalid("UTF-16", [0xFE, 0xFF, 0x00, 0x31], .expectedValue, at: 0),
        .invalid("NUL", "\0", .expectedValue, at: 0),
        .invalid("form feed as space", "\u{0C}1", .expectedValue, at: 0),
        .invalid("no-break space", "\u{A0}1", .expectedValue, at: 0),
        .invalid("NaN", "NaN", .expectedValue, at: 0),
        .invalid("Infinity", "Infinity", .expectedValue, at: 0),
        .invalid("minus Infinity", "-Infinity", .invalidNumber, at: 1),
        .invalid("nan in small letters", "nan", .invalidLiteral, at: 1),
        .invalid("True", "True", .expectedValue, at: 0),
        .invalid("tru", "tru", .unexpectedEnd, at: 3),
        .invalid("truth", "truth", .invalidLiteral, at: 3),
        .invalid("nulls", "nulls", .trailingBytes, at: 4),
        .invalid("leading zero", "01", .invalidNumber, at: 1),
        .invalid("minus leading zero", "-01", .invalidNumber, at: 2),
        .invalid("plus sign", "+1", .expectedValue, at: 0),
        .invalid("lone minus", "-", .unexpectedEnd, at: 1),
        .invalid("minus minus", "--1", .invalidNumber, at: 1),
        .invalid("no digit before the point", ".5", .expectedValue, at: 0),
        .invalid("no digit after the point", "1.", .unexpectedEnd, at: 2),
        .invalid("exponent after the point", "1.e5", .invalidNumber, at: 2),
        .invalid("exponent without digits", "1e", .unexpectedEnd, at: 2),
        .invalid("exponent with sign only", "[1e+]", .invalidNumber, at: 4),
        .invalid("hexadecimal number", "0x1F", .trailingBytes, at: 1),
        .invalid("two points", "1.2.3", .trailingBytes, at: 3),
        .invalid("digit grouping", "1_000", .trailingBytes, at: 1),
        .invalid("full-width digit", "１", .expectedValue, at: 0),
        .invalid("two values", "1 2", .trailingBytes, at: 2),
        .invalid("garbage behind", "{}x", .trailingBytes, at: 2),
        .invalid("NUL behind", "{}\0", .trailingBytes, at: 2),
        .invalid("comment", "/* */1", .expectedValue, at: 0),
        .invalid("comment behind", "1 // x", .trailingBytes, at: 2),
        .invalid("single quotes", "'a'", .expectedValue, at: 0),
        .invalid("word without quotes", "a", .expectedValue, at: 0),
        .invalid("open array", "[", .unexpectedEnd, at: 1),
        .invalid("open array after a value", "[1", .unexpectedEnd, at: 2),
        .invalid("open array after a comma", "[1,", .unexpectedEnd, at: 3),
        .invalid("trailing comma in an array", "[1,]", .expectedValue, at: 3),
        .invalid("leading comma in an array", "[,1]", .expectedValue, at: 1),
        .invalid("two commas", "[1,,2]", .expectedValue, at: 3),
        .invalid("no comma", "[1 2]", .expectedCommaOrEnd, at: 3),
        .invalid("colon in an array", "[1:2]", .expectedCommaOrEnd, at: 2),
        .invalid("array closed as an object", "[1}", .expectedCommaOrEnd, at: 2),
        .invalid("object closed as an array", "{\"a\":1]", .expectedCommaOrEnd, at: 6),
        .invalid("closing bracket alone", "]", .expectedValue, at: 0),
        .invalid("open object", "{", .unexpectedEnd, at: 1),
        .invalid("object after a key", "{\"a\"", .unexpectedEnd, at: 4),
        .invalid("object after a colon", "{\"a\":", .unexpectedEnd, at: 5),
        .invalid("object after a value", "{\"a\":1", .unexpectedEnd, at: 6),
        .invalid("trailing comma in an object", "{\"a\":1,}", .expectedKey, at: 7),
        .invalid("key without quotes", "{a:1}", .expectedKey, at: 1),
        .invalid("number as a key", "{1:1}", .expectedKey, at: 1),
        .invalid("no colon", "{\"a\" 1}", .expectedColon, at: 5),
        .invalid("two colons", "{\"a\"::1}", .expectedValue, at: 5),
        .invalid("key without a value", "{\"a\":}", .expectedValue, at: 5),
        .invalid("open string", "\"abc", .unexpectedEnd, at: 4),
        .invalid("string that ends in a backslash", "\"abc\\", .unexpectedEnd, at: 5),
        .invalid("quote that is escaped away", "\"abc\\\"", .unexpectedEnd, at: 6),
        .invalid("line feed in a string", "\"a\nb\"", .controlCharacter, at: 2),
        .invalid("tab in a string", "\"\t\"", .controlCharacter, at: 1),
        .invalid("NUL in a string", "\"1234567\0\"", .controlCharacter, at: 8),
        .invalid("unit separator in a string", "\"\u{1F}\"", .controlCharacter, at: 1),
        .invalid("unknown escape", "\"\\x41\"", .invalidEscape, at: 1),
        .invalid("escaped single quote", "\"\\'\"", .invalidEscape, at: 1),
        .invalid("escape U", "\"\\U0041\"", .invalidEscape, at: 1),
        .invalid("escape with three digits", "\"\\u004\"", .invalidEscape, at: 1),
        .invalid("escape with a wrong digit", "\"\\u00g1\"", .invalidEscape, at: 1),
        .invalid("escape cut off", "\"\\u00", .unexpectedEnd, at: 5),
        .invalid("escape outside a string", "[\\n]", .expectedValue, at: 1),
        .invalid("continuation byte alone", JSONCase.quoted(0x80), .invalidUTF8, at: 1),
        .invalid("overlong slash", JSONCase.quoted(0xC0, 0xAF), .invalidUTF8, at: 1),
        .invalid("overlong in three bytes", JSONCase.quoted(0xE0, 0x9F, 0xBF), .invalidUTF8, at: 1),
        .invalid("overlong in four bytes", JSONCase.quoted(0xF0, 0x8F, 0xBF, 0xBF), .invalidUTF8, at: 1),
        .invalid("surrogate in UTF-8", JSONCase.quoted(0xED, 0xA0, 0x80), .invalidUTF8, at: 1),
        .invalid("beyond the last scalar", JSONCase.quoted(0xF4, 0x90, 0x80, 0x80), .invalidUTF8, at: 1),
        .invalid("byte F5", JSONCase.quoted(0xF5, 0x80, 0x80, 0x80), .invalidUTF8, at: 1),
        .invalid("byte FF", JSONCase.quoted(0x61, 0xFF), .invalidUTF8, at: 2),
        .invalid("character cut off by the quote", JSONCase.quoted(0xE2, 0x82), .invalidUTF8, at: 1),
        .invalid("character cut off by the end", [0x22, 0xE2, 0x82], .invalidUTF8, at: 1),
        .invalid("Latin-1", JSONCase.quoted(0x63, 0x61, 0x66, 0xE9), .invalidUTF8, at: 4),
        .invalid("513 arrays", String(repeating: "[", count: 513), .tooDeep, at: 512),
        .invalid("100,000 arrays", String(repeating: "[", count: 100_000), .tooDeep, at: 512),
        .invalid("513 objects", String(repeating: "{\"a\":", count: 513), .tooDeep, at: 2560),
    ]
}
