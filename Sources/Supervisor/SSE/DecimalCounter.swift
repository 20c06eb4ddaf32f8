/// A number that is only ever counted up, kept as decimal digits, so that writing it into an event costs a copy of a few
/// bytes and no division.
package struct DecimalCounter: Sendable {
    /// Enough for `UInt64.max`.
    package static let maximumDigits = 20

    package private(set) var value: UInt64
    /// The digits stand at the end of the 24 bytes, most significant first.
    private var digits: (UInt64, UInt64, UInt64)
    package private(set) var digitCount: Int

    package init(_ value: UInt64 = 0) {
        self.value = value
        digits = (0, 0, 0)
        digitCount = 0
        rewrite()
    }

    private mutating func rewrite() {
        var rest = value
        var count = 0
        withUnsafeMutableBytes(of: &digits) { bytes in
            repeat {
                count += 1
                bytes[24 - count] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
        }
        digitCount = count
    }

    @inline(__always)
    package mutating func increment() {
        value &+= 1
        let carried = withUnsafeMutableBytes(of: &digits) { bytes -> Bool in
            if bytes[23] != UInt8(ascii: "9") {
                bytes[23] &+= 1
                return false
            }
            return true
        }
        if carried { rewrite() }
    }

    /// Writes the digits and answers how many they are; there must be room for `maximumDigits`.
    @inline(__always)
    package func write(to destination: UnsafeMutableRawPointer) -> Int {
        withUnsafeBytes(of: digits) { bytes in
            destination.copyMemory(from: bytes.baseAddress! + (24 - digitCount), byteCount: digitCount)
        }
        return digitCount
    }
}
