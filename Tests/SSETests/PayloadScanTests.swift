import SSE
import TestSupport
import Testing

@Suite("Payload scan")
struct PayloadScanTests {
    static func scan(_ bytes: [UInt8]) -> PayloadScan {
        bytes.withUnsafeBytes { PayloadScan.of($0) }
    }

    static func rewritten(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        bytes.withUnsafeBytes { PayloadScan.appendRewritten($0, to: &output) }
        return output
    }

    /// The same question put to the standard library, one scalar at a time.
    static func oracle(_ bytes: [UInt8]) -> PayloadScan {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var rewrite = false
        var at = 0
        while true {
            switch decoder.decode(&iterator) {
            case .emptyInput: return rewrite ? .needsRewriting : .clean
            case .error: return .invalidUTF8(at: at)
            case .scalarValue(let scalar):
                if [0x0A, 0x0D, 0x85, 0x2028, 0x2029].contains(scalar.value) { rewrite = true }
                at += UTF8.width(scalar)
            }
        }
    }

    static let cases: [(String, [UInt8], PayloadScan)] = [
        ("empty", [], .clean),
        ("ASCII", Array("\"word\"".utf8), .clean),
        ("other control bytes are not line ends", [0x00, 0x09, 0x0B, 0x0C, 0x1B, 0x1F, 0x7F], .clean),
        ("LF", Array("{\n}".utf8), .needsRewriting),
        ("CR", Array("{\r}".utf8), .needsRewriting),
        ("LF at the end of a long text", Array(repeating: 0x61, count: 64) + [0x0A], .needsRewriting),
        ("U+0085", [0xC2, 0x85], .needsRewriting),
        ("U+0084 and U+0086", [0xC2, 0x84, 0xC2, 0x86], .clean),
        ("U+2028", [0xE2, 0x80, 0xA8], .needsRewriting),
        ("U+2029", [0xE2, 0x80, 0xA9], .needsRewriting),
        ("U+2027 and U+202A", [0xE2, 0x80, 0xA7, 0xE2, 0x80, 0xAA], .clean),
        ("emoji", Array("\"👩‍🚀\"".utf8), .clean),
        ("lone continuation", [0x61, 0x80], .invalidUTF8(at: 1)),
        ("overlong slash", [0xC0, 0xAF], .invalidUTF8(at: 0)),
        ("overlong three bytes", [0xE0, 0x9F, 0xBF], .invalidUTF8(at: 0)),
        ("surrogate", [0xED, 0xA0, 0x80], .invalidUTF8(at: 0)),
        ("above U+10FFFF", [0xF4, 0x90, 0x80, 0x80], .invalidUTF8(at: 0)),
        ("F5", [0xF5, 0x80, 0x80, 0x80], .invalidUTF8(at: 0)),
        ("cut", [0x61, 0x62, 0xE2, 0x80], .invalidUTF8(at: 2)),
        ("cut behind eight plain bytes", Array("12345678".utf8) + [0xC2], .invalidUTF8(at: 8)),
        ("invalid wins over line breaks", [0x0A, 0xFF], .invalidUTF8(at: 1)),
    ]

    @Test(arguments: cases)
    func table(_ name: String, _ bytes: [UInt8], _ expected: PayloadScan) {
        #expect(Self.scan(bytes) == expected)
    }

    static let rewritings: [(String, String)] = [
        ("{\n \"a\":\r1}", "{\ndata:  \"a\":\ndata: 1}"),
        ("{\r\n}", "{\ndata: }"),
        ("\n", "\ndata: "),
        ("\r\r\n\n", "\ndata: \ndata: \ndata: "),
        ("\"a\u{85}b\u{2028}c\u{2029}d\"", #""a\u0085b\u2028c\u2029d""#),
        ("plain é 👍", "plain é 👍"),
    ]

    @Test(arguments: rewritings)
    func rewriting(_ text: String, _ expected: String) {
        #expect(String(decoding: Self.rewritten(Array(text.utf8)), as: UTF8.self) == expected)
    }

    /// Every place of every telling byte in texts around the length of a machine word.
    @Test func everyPlace() {
        let telling: [[UInt8]] = [
            [0x0A], [0x0D], [0x80], [0xFF], [0xC2, 0x85], [0xE2, 0x80, 0xA8], [0xC3, 0xA9], [0x0B],
        ]
        for length in 0...20 {
            for place in 0...length {
                for bytes in telling {
                    var text = [UInt8](repeating: 0x61, count: length)
                    text.insert(contentsOf: bytes, at: place)
                    if Self.scan(text) != Self.oracle(text) { Issue.record("\(text)") }
                }
            }
        }
    }

    static let pieces: [[UInt8]] = [
        [0x0A], [0x0D], [0xC2, 0x85], [0xE2, 0x80, 0xA8], [0xE2, 0x80, 0xA9], [0xC3, 0xA9], [0xF0, 0x9F, 0x98, 0x80],
        [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF], [0xE2], [0x80], [0xC2], [0xFF],
    ]

    @Test(arguments: [11, 12, 13] as [UInt64])
    func randomBytes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                switch Int.random(in: 0...9, using: &generator) {
                case 0: bytes += generator.bytes(1)
                case 1, 2: bytes += Self.pieces.randomElement(using: &generator)!
                default: bytes += Array("abcdefgh".utf8.prefix(Int.random(in: 1...8, using: &generator)))
                }
            }
            let expected = Self.oracle(bytes)
            let found = Self.scan(bytes)
            if found != expected {
                Issue.record("seed \(seed), round \(round), \(bytes): \(found) instead of \(expected)")
                return
            }
            guard expected == .needsRewriting else { continue }
            Self.checkRewriting(bytes, "seed \(seed), round \(round)")
        }
    }

    /// What was rewritten is one event, whose lines hold the same text, with the separators as escapes.
    static func checkRewriting(_ bytes: [UInt8], _ comment: String) {
        let reader = EventStreamReader(EventEncoder.encode(name: nil, id: nil, data: bytes))
        var expected: [UInt8] = []
        var previous: Unicode.Scalar?
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\n" where previous == "\r": break
            case "\n", "\r": expected.append(0x0A)
            case "\u{85}": expected += Array("\\u0085".utf8)
            case "\u{2028}": expected += Array("\\u2028".utf8)
            case "\u{2029}": expected += Array("\\u2029".utf8)
            default: expected += Array(String(scalar).utf8)
            }
            previous = scalar
        }
        if reader.events.count != 1 || Array(reader.events[0].data.utf8) != expected
            || !reader.complaints.isEmpty
        {
            Issue.record("\(comment), \(bytes): \(reader.events), \(reader.complaints)")
        }
    }
}
