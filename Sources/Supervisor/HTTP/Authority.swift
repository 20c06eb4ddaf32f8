/// `host[:port]`, as in the `Host` header and in an absolute target (RFC 3986 § 3.2, RFC 9110 § 4.2).
///
/// No user information: `user@host` is refused, as RFC 9110 § 4.2.4 advises.
enum Authority {
    /// Whether `range` holds a host that is not empty, and a port up to 65535 or none.
    static func isValid(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        guard let hostEnd = endOfHost(bytes, range), hostEnd > range.lowerBound else { return false }
        guard hostEnd < range.upperBound else { return true }
        return bytes[hostEnd] == ASCII.colon && isPort(bytes, hostEnd + 1..<range.upperBound)
    }

    /// Where the host ends: behind the bracket of an IP literal, else at the first byte that no name may hold.
    private static func endOfHost(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        guard let first = range.first else { return nil }
        if bytes[first] == ASCII.openingBracket {
            var index = first + 1
            while index < range.upperBound, ASCII.isHost(bytes[index]) || bytes[index] == ASCII.colon { index += 1 }
            guard index > first + 1, index < range.upperBound, bytes[index] == ASCII.closingBracket else { return nil }
            return index + 1
        }
        var index = first
        while index < range.upperBound, ASCII.isHost(bytes[index]) { index += 1 }
        return index
    }

    /// Digits for a number up to 65535; none at all is legal (`host:`).
    private static func isPort(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        var port = 0
        for index in range {
            guard ASCII.isDigit(bytes[index]) else { return false }
            port = port * 10 + Int(bytes[index] & 0x0F)
            guard port <= 65_535 else { return false }
        }
        return true
    }
}
