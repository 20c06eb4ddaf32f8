import API
import TestSupport
import Testing

@Suite struct DecimalNumberTests {
    private func number(_ text: String) -> DecimalNumber { DecimalNumber(Array(text.utf8)) }

    /// From small to large; each is smaller than all behind it.
    private static let ascending = [
        "-1e400", "-100000000000000000000001", "-1e23", "-2", "-1.5", "-1", "-0.1", "-1e-400", "0", "1e-400", "0.09",
        "0.1", "0.10000000000000000000000001", "1", "1.5", "2", "10", "9007199254740992", "9007199254740993", "1e23",
        "100000000000000000000001", "1e400", "1e999999999999",
    ]

    @Test func comparesExactly() {
        let numbers = Self.ascending.map(number)
        for left in numbers.indices {
            for right in numbers.indices {
                #expect(
                    (numbers[left] < numbers[right]) == (left < right),
                    "\(Self.ascending[left]) \(Self.ascending[right])")
                #expect((numbers[left] == numbers[right]) == (left == right))
            }
        }
    }

    @Test(arguments: [
        ("0", true), ("-0.000", true), ("1", true), ("1.0", true), ("1.50e1", true), ("1.5", false), ("15e-1", false),
        ("150e-1", true), ("1e-1", false), ("1e400", true), ("1e-400", false), ("0e-5", true), ("0.001e3", true),
    ])
    func knowsIntegers(text: String, isInteger: Bool) {
        #expect(number(text).isInteger == isInteger)
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("2.0", 2), ("1e3", 1000), ("120", 120),
            ("999999999999999999", 999_999_999_999_999_999),
            ("-1", -1), ("-10.0", -10), ("0.5", nil), ("1e18", nil), ("1e999999999999", nil),
        ] as [(String, Int?)])
    func fitsIntoMachineIntegers(text: String, integer: Int?) {
        #expect(number(text).smallInteger == integer)
    }

    /// Against whole-number arithmetic on small numbers with a decimal point moved about.
    @Test func dividesExactly() {
        let seed: UInt64 = 0x5EED_0003
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            let left = Int.random(in: -100_000...100_000, using: &generator)
            let right = Int.random(in: 1...2000, using: &generator)
            let shift = Int.random(in: 0...6, using: &generator)
            let dividend = number("\(left)e-\(shift)")
            let divisor = number("\(right)e-\(shift)")
            #expect(
                dividend.isMultiple(of: divisor) == left.isMultiple(of: right),
                "seed \(seed): \(left) / \(right), shift \(shift)")
            let power = Int.random(in: 0...4, using: &generator)
            let scale = (0..<power).reduce(1) { product, _ in product * 10 }
            #expect(
                number("\(left)e\(power)").isMultiple(of: number("\(right)")) == (left * scale).isMultiple(of: right))
            #expect(number("\(left)").isMultiple(of: number("\(right)e\(power)")) == left.isMultiple(of: right * scale))
        }
    }
}
