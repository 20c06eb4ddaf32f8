/// A place inside the bytes of one head: half the size of `Range<Int>`, because every field has two.
///
/// A head is limited far below 4 GiB (`HTTPLimits.headBytes`), so 32 bits are enough.
struct ByteRange: Equatable, Sendable {
    let start: UInt32
    let end: UInt32

    init(_ range: Range<Int>) {
        start = UInt32(truncatingIfNeeded: range.lowerBound)
        end = UInt32(truncatingIfNeeded: range.upperBound)
    }

    var range: Range<Int> { Range(uncheckedBounds: (Int(start), Int(end))) }
}
