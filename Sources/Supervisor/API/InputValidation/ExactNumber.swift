/// A JSON number for comparing: as a machine integer where it is written as one and fits, else as a decimal number.
///
/// Nearly all numbers of inputs are small integers; telling them apart first saves the digits an allocation.
enum ExactNumber: Hashable, Sendable {
    case integer(Int)
    /// Never one that is an integer of up to 18 digits, so that equal values have one representation.
    case decimal(DecimalNumber)

    /// Most digits of an integer that fits whatever they are.
    private static let safeDigits = 18

    /// - Parameter range: Where a number lies, by the grammar of RFC 8259 § 6.
    init(in text: ValidText, at range: Range<Int>) {
        self.init(UnsafeRawBufferPointer(rebasing: text.bytes[range]))
    }

    init(_ text: UnsafeRawBufferPointer) {
        if let integer = Self.integer(text) {
            self = .integer(integer)
            return
        }
        let decimal = DecimalNumber(text)
        if let integer = decimal.smallInteger {
            self = .integer(integer)
        } else {
            self = .decimal(decimal)
        }
    }

    /// The number as a decimal one.
    var decimal: DecimalNumber {
        switch self {
        case .integer(let value): DecimalNumber(Array(String(value).utf8))
        case .decimal(let value): value
        }
    }

    /// The value of plain digits with or without a sign; nil for anything else and for many digits.
    private static func integer(_ text: UnsafeRawBufferPointer) -> Int? {
        let isNegative = text.first == UInt8(ascii: "-")
        guard text.count - (isNegative ? 1 : 0) <= safeDigits else { return nil }
        var value = 0
        for byte in text.dropFirst(isNegative ? 1 : 0) {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int(digit)
        }
        return isNegative ? -value : value
    }
}

extension ValidText {
    /// Whether the number in `range` has no fractional part.
    func isInteger(_ range: Range<Int>) -> Bool {
        switch ExactNumber(in: self, at: range) {
        case .integer: true
        case .decimal(let number): number.isInteger
        }
    }
}
