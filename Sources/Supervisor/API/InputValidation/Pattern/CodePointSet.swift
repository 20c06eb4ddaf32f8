/// A set of code points as sorted ranges.
package struct CodePointSet: Hashable, Sendable {
    /// Sorted, neither overlapping nor touching.
    package private(set) var ranges: [ClosedRange<UInt32>] = []

    /// Whether each of the first 128 is in the set, one bit for each: nearly all text is ASCII.
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    /// The last code point; the numbers of lone surrogates count as code points.
    static let last: UInt32 = 0x10FFFF

    package init(_ ranges: [ClosedRange<UInt32>]) {
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let previous = self.ranges.last, range.lowerBound <= previous.upperBound &+ 1 {
                let upper = max(previous.upperBound, range.upperBound)
                self.ranges[self.ranges.count - 1] = previous.lowerBound...upper
            } else {
                self.ranges.append(range)
            }
        }
        for point in 0..<UInt32(64) {
            if isInRanges(point) { low |= 1 << UInt64(point) }
            if isInRanges(point + 64) { high |= 1 << UInt64(point) }
        }
    }

    /// All others.
    package var inverted: CodePointSet {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { result.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= Self.last { result.append(next...Self.last) }
        return CodePointSet(result)
    }

    func union(_ other: CodePointSet) -> CodePointSet { CodePointSet(ranges + other.ranges) }

    package func contains(_ point: UInt32) -> Bool {
        if point < 64 { return low >> UInt64(point) & 1 != 0 }
        if point < 128 { return high >> UInt64(point - 64) & 1 != 0 }
        return isInRanges(point)
    }

    private func isInRanges(_ point: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if point > ranges[middle].upperBound {
                low = middle + 1
            } else if point < ranges[middle].lowerBound {
                high = middle
            } else {
                return true
            }
        }
        return false
    }

    package static func only(_ point: UInt32) -> CodePointSet { CodePointSet([point...point]) }

    /// `\d`
    static let digits = CodePointSet([0x30...0x39])
    /// `\w`
    static let wordCharacters = CodePointSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    /// `\s`: white space and line ends of ECMA-262.
    static let whiteSpace = CodePointSet([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])
    /// What `.` does not match.
    package static let lineEnds = CodePointSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029])
}
