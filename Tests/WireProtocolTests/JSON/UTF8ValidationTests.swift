import Testing
import TestSupport
import WireProtocol

@Suite("UTF-8 validation")
struct UTF8ValidationTests {
    @Test("accepts text of all lengths and widths", arguments: 0..<20)
    func valid(count: Int) {
        for unit in ["a", "é", "€", "😀", "\u{10FFFF}", "\u{D7FF}\u{E000}"] {
            #expect(firstInvalid(Array(String(repeating: unit, count: count).utf8)) == nil)
        }
    }

    @Test("finds a wrong byte at any place", arguments: 0..<20)
    func wrongByte(place: Int) {
        for wrong in [0x80, 0xC0, 0xC1, 0xE2, 0xED, 0xF5, 0xFF] as [UInt8] {
            var bytes = [UInt8](repeating: 0x61, count: 24)
            bytes[place] = wrong
            #expect(firstInvalid(bytes) == place)
        }
    }

    @Test("agrees with the standard library", arguments: [31, 32, 33] as [UInt64])
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet: [UInt8] = [0x41, 0x80, 0x9F, 0xA0, 0xBF, 0xC2, 0xE0, 0xE2, 0xED, 0xEF, 0xF0, 0x90, 0xF4, 0x8F]
        for _ in 0..<5_000 {
            let bytes = random.draw(from: alphabet, upTo: 14)
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            #expect((firstInvalid(bytes) == nil) == isValid, "seed \(seed): \(bytes)")
        }
    }

    private func firstInvalid(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBytes { UTF8Validation.firstInvalid(in: $0) }
    }
}
