/// Recognises addresses as numbers, so that nothing is ever looked up.
package enum IPLiteral {
    /// Four decimal numbers up to 255 without leading zeros (which some readers take for octal).
    package static func isIPv4(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy(isDigit) && UInt8(part) != nil
                    && (part == "0" || part.utf8.first != UInt8(ascii: "0"))
            }
    }

    /// RFC 4291 § 2.2, all three forms; no zone.
    package static func isIPv6(_ text: some StringProtocol) -> Bool {
        let halves = splitAtDoubleColon(String(text))
        guard let first = groups(in: halves.first, mayEndInIPv4: halves.second == nil) else { return false }
        guard let second = halves.second else { return first == groupCount }
        guard let last = groups(in: second, mayEndInIPv4: true) else { return false }
        return first + last < groupCount
    }

    /// Groups of 16 bits in an IPv6 address.
    private static let groupCount = 8

    private static func splitAtDoubleColon(_ text: String) -> (first: Substring, second: Substring?) {
        let bytes = text.utf8
        var index = bytes.startIndex
        while index != bytes.endIndex {
            let next = bytes.index(after: index)
            if next != bytes.endIndex, bytes[index] == UInt8(ascii: ":"), bytes[next] == UInt8(ascii: ":") {
                return (text[..<index], text[bytes.index(after: next)...])
            }
            index = next
        }
        return (text[...], nil)
    }

    /// How many groups `text` stands for; nil when it is no list of groups.
    private static func groups(in text: Substring, mayEndInIPv4: Bool) -> Int? {
        if text.isEmpty { return 0 }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var count = 0
        for (index, part) in parts.enumerated() {
            if mayEndInIPv4, index == parts.count - 1, isIPv4(part) {
                count += 2
            } else if (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexadecimalDigit) {
                count += 1
            } else {
                return nil
            }
        }
        return count
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
