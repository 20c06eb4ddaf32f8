/// Searches in raw bytes, eight at a time: the head of a request is read twice, and this is where the time goes.
///
/// Every function expects ranges inside `bytes`; the callers got them from the same buffer.
enum ByteScan {
    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    private static var highBits: UInt64 { 0x8080_8080_8080_8080 }

    /// The first position at or after `start` that holds `byte`.
    static func firstIndex(of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        let pattern = ones &* UInt64(byte)
        while index &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ pattern
            // A byte of `word` is zero where `byte` stands; the lowest set bit is exact, higher ones may be carries.
            let hit = (word &- ones) & ~word & highBits
            if hit != 0 { return index &+ hit.trailingZeroBitCount &>> 3 }
            index &+= 8
        }
        while index < bytes.count {
            if bytes[index] == byte { return index }
            index &+= 1
        }
        return nil
    }

    /// The first byte in `range` that no field value may hold: a control other than the tab, or DEL.
    static func firstControl(in bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt8? {
        var index = range.lowerBound
        while index < range.upperBound {
            if index &+ 8 <= range.upperBound {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let delete = word ^ (ones &* 0x7F)
                let below = (word &- ones &* 0x20) & ~word
                if (below | ((delete &- ones) & ~delete)) & highBits == 0 {
                    index &+= 8
                    continue
                }
            }
            let end = min(index &+ 8, range.upperBound)
            while index < end {
                if !ASCII.isFieldContent(bytes[index]) { return bytes[index] }
                index &+= 1
            }
        }
        return nil
    }

    /// Whether `range` holds `text`, letters of either case alike. `text` is written in lower case.
    static func equalsIgnoringCase(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ text: StaticString
    ) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        let expected = text.utf8Start
        for offset in 0..<range.count
        where ASCII.lowercased(bytes[range.lowerBound &+ offset]) != expected[offset] {
            return false
        }
        return true
    }

    /// `range` without blanks and tabs at either end.
    static func trimmed(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, ASCII.isBlank(bytes[start]) { start &+= 1 }
        while end > start, ASCII.isBlank(bytes[end &- 1]) { end &-= 1 }
        return start..<end
    }
}
