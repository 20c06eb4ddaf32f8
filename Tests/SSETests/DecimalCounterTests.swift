import SSE
import TestSupport
import Testing

@Suite("Decimal counter")
struct DecimalCounterTests {
    static func text(_ counter: DecimalCounter) -> String {
        let written = [UInt8](unsafeUninitializedCapacity: DecimalCounter.maximumDigits) { buffer, count in
            count = counter.write(to: UnsafeMutableRawPointer(buffer.baseAddress!))
        }
        return String(decoding: written, as: UTF8.self)
    }

    @Test(arguments: [0, 1, 9, 10, 99, 100, 12_345, UInt64(UInt32.max), .max - 1, .max])
    func writesItsValue(_ value: UInt64) {
        let counter = DecimalCounter(value)
        #expect(Self.text(counter) == "\(value)")
        #expect(counter.digitCount == "\(value)".utf8.count)
    }

    @Test(arguments: [0, 95, 996, 9_999_990, 999_999_999_999_995, 18_446_744_073_709_551_600])
    func counts(from start: UInt64) {
        var counter = DecimalCounter(start)
        for step in 1...15 as ClosedRange<UInt64> {
            counter.increment()
            #expect(counter.value == start + step)
            #expect(Self.text(counter) == "\(start + step)")
        }
    }

    @Test func countsFarWithoutLosingADigit() {
        var counter = DecimalCounter()
        for value in 1...120_000 as ClosedRange<UInt64> {
            counter.increment()
            if Self.text(counter) != "\(value)" {
                Issue.record("\(value) is written as \(Self.text(counter))")
                return
            }
        }
    }
}
