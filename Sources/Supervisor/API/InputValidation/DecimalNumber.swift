/// A JSON number with its exact value: nothing is rounded, however many digits it has.
///
/// The value is 0.DIGITS × 10 to the power of `exponent`, with neither leading nor trailing zeros among the digits, so
/// that equal values have equal representations.
package struct DecimalNumber: Hashable, Sendable {
    private let isNegative: Bool
    /// Digits as numbers 0–9; empty for zero.
    private let digits: [UInt8]
    private let exponent: Int

    /// Written exponents beyond this are taken for this: no machine holds the digits that would tell them apart from
    /// other numbers in a text of ordinary size, and the arithmetic stays in range.
    private static let largestExponent = 1_000_000_000_000_000

    /// - Parameter text: A number by the grammar of RFC 8259 § 6.
    package init(_ text: some Collection<UInt8>) {
        var digits: [UInt8] = []
        var pointOffset: Int?
        var written = 0
        var writtenIsNegative = false
        var isInExponent = false
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let digit = byte - UInt8(ascii: "0")
                if isInExponent {
                    written = min(written * 10 + Int(digit), Self.largestExponent)
                } else {
                    digits.append(digit)
                }
            case UInt8(ascii: "."): pointOffset = digits.count
            case UInt8(ascii: "e"), UInt8(ascii: "E"): isInExponent = true
            case UInt8(ascii: "-"): writtenIsNegative = isInExponent
            default: break
            }
        }
        let leading = digits.prefix { $0 == 0 }.count
        let integral = pointOffset ?? digits.count
        digits.removeFirst(leading)
        while digits.last == 0 { digits.removeLast() }
        isNegative = !digits.isEmpty && text.first == UInt8(ascii: "-")
        exponent = digits.isEmpty ? 0 : integral - leading + (writtenIsNegative ? -written : written)
        self.digits = digits
    }

    /// Whether it has no fractional part; `2.0` and `1e3` have none.
    package var isInteger: Bool { digits.count <= max(exponent, 0) || digits.isEmpty }

    /// The number as a machine integer; nil when it has a fraction or 18 digits do not hold it.
    package var smallInteger: Int? {
        guard isInteger, exponent <= Self.maximumDivisorDigits else { return nil }
        let zeros = digits.isEmpty ? 0 : exponent - digits.count
        let value = (digits + [UInt8](repeating: 0, count: zeros)).reduce(0) { $0 * 10 + Int($1) }
        return isNegative ? -value : value
    }

    /// Whether it is greater than zero.
    var isPositive: Bool { !isNegative && !digits.isEmpty }

    /// Whether it can stand as the divisor of ``isMultiple(of:)``.
    package var isDivisor: Bool { isPositive && digits.count <= Self.maximumDivisorDigits }

    /// 18 digits and a carry fit into 64 bits.
    private static let maximumDivisorDigits = 18

    /// Whether this is a whole number times `divisor`, which must be one (``isDivisor``).
    package func isMultiple(of divisor: DecimalNumber) -> Bool {
        if digits.isEmpty { return true }
        // As integers: this is c × 10^p, the divisor d × 10^q, and neither c nor d ends in a zero.
        let power = (exponent - digits.count) - (divisor.exponent - divisor.digits.count)
        // c / (d × 10^k) is whole only if c ends in k zeros.
        guard power >= 0 else { return false }
        let modulus = divisor.digits.reduce(UInt64(0)) { $0 * 10 + UInt64($1) }
        var remainder = digits.reduce(UInt64(0)) { ($0 * 10 + UInt64($1)) % modulus }
        // Each factor of ten can only take twos and fives out of the modulus, of which it has fewer than 64.
        for _ in 0..<min(power, UInt64.bitWidth) {
            remainder = modulus.dividingFullWidth(remainder.multipliedFullWidth(by: 10)).remainder
        }
        return remainder == 0
    }
}

extension DecimalNumber: Comparable {
    package static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmaller(than: left) : left.isSmaller(than: right)
    }

    /// Compares without regard to signs.
    private func isSmaller(than other: DecimalNumber) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        if exponent != other.exponent { return exponent < other.exponent }
        return digits.lexicographicallyPrecedes(other.digits)
    }
}
