import Testing
import TestSupport
import WireProtocol

@Suite("JSON writer")
struct JSONWriterTests {
    @Test(
        "escapes what must not stand in a string",
        arguments: [
            ("", "\"\""),
            ("plain", "\"plain\""),
            ("a\"b\\c/d", "\"a\\\"b\\\\c/d\""),
            ("\u{8}\t\n\u{C}\r", "\"\\b\\t\\n\\f\\r\""),
            ("\0\u{1F}\u{7F}", "\"\\u0000\\u001f\u{7F}\""),
            ("é€😀", "\"é€😀\""),
            ("a\u{85}b\u{2028}c\u{2029}d", "\"a\\u0085b\\u2028c\\u2029d\""),
            ("\u{84}\u{86}\u{2027}\u{202A}", "\"\u{84}\u{86}\u{2027}\u{202A}\""),
        ])
    func strings(text: String, written: String) throws {
        var output: [UInt8] = []
        JSONWriter.appendString(text, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == written)
        #expect(try JSONValue.parse(output) == .string(text))
    }

    @Test("replaces bytes that are no text as Swift and browsers do", arguments: [21, 22] as [UInt64])
    func replacement(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let alphabet: [UInt8] = [
            0x41, 0x7F, 0x80, 0xBF, 0xC1, 0xC2, 0xE0, 0xE2, 0xA0, 0xED, 0xEF, 0xF0, 0x90, 0xF4, 0x8F, 0xF5,
        ]
        for _ in 0..<3_000 {
            let bytes = random.draw(from: alphabet, upTo: 12)
            var output: [UInt8] = []
            bytes.withUnsafeBytes { JSONWriter.appendString($0, to: &output) }
            let expected = String(decoding: bytes, as: UTF8.self)
            #expect(try JSONValue.parse(output) == .string(expected), "seed \(seed): \(bytes)")
        }
    }

    @Test("places commas by itself")
    func structure() {
        var output: [UInt8] = []
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("a", "x", to: &output)
        JSONWriter.appendMember("b", 18_446_744_073_709_551_615 as UInt64, to: &output)
        JSONWriter.appendMember("c", false, to: &output)
        JSONWriter.appendMember("d", RawJSON.emptyObject, to: &output)
        JSONWriter.beginMember("e", in: &output)
        JSONWriter.openArray(in: &output)
        JSONWriter.beginElement(in: &output)
        JSONWriter.appendNumber(0.5, to: &output)
        JSONWriter.beginElement(in: &output)
        JSONWriter.appendNumber(.nan, to: &output)
        JSONWriter.closeArray(in: &output)
        JSONWriter.closeObject(in: &output)
        let expected = "{\"a\":\"x\",\"b\":18446744073709551615,\"c\":false,\"d\":{},\"e\":[0.5,null]}"
        #expect(String(decoding: output, as: UTF8.self) == expected)
    }

    @Test(
        "writes doubles that read back",
        arguments: [0, -0.0, 0.1, 1e21, 1e-7, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 123456789.25])
    func numbers(value: Double) throws {
        var output: [UInt8] = []
        JSONWriter.appendNumber(value, to: &output)
        #expect(try JSONValue.parse(output).doubleValue == value)
    }
}
