/// An absolute `http` or `https` URL (RFC 3986), as far as can be told without asking the network.
package struct DeliveryURL: Equatable, Sendable {
    /// As it was given.
    package let text: String
    /// Scheme, host and port: what may be shown in logs, where paths, queries and passwords may be secrets.
    package let origin: String

    /// Longest URL that is taken, in bytes: what common servers take for a request line.
    package static let maximumLength = 8 * 1024

    /// Characters that RFC 3986 has no place for, among the printable ones of ASCII.
    private static let forbidden = Set("\"<>\\^`{|}".utf8)

    /// Nil when the text is no URL, or one of another scheme.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumLength,
            bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !Self.forbidden.contains($0) }),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[(colon + 1)...].starts(with: "//".utf8)
        else { return nil }
        let scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let authority = bytes[(colon + 3)...].prefix { !"/?#".utf8.contains($0) }
        let hostStart = authority.lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? authority.startIndex
        let place = authority[hostStart...]
        guard Self.isHostAndPort(place) else { return nil }
        self.text = text
        origin = "\(scheme)://\(String(decoding: place, as: UTF8.self))"
    }

    private static func isHostAndPort(_ place: ArraySlice<UInt8>) -> Bool {
        let port: ArraySlice<UInt8>
        if place.first == UInt8(ascii: "[") {
            guard let end = place.firstIndex(of: UInt8(ascii: "]")), end > place.startIndex + 2 else { return false }
            port = place[(end + 1)...]
        } else {
            let host = place.prefix { $0 != UInt8(ascii: ":") }
            guard !host.isEmpty, !host.contains(UInt8(ascii: "[")), !host.contains(UInt8(ascii: "]")) else {
                return false
            }
            port = place[host.endIndex...]
        }
        if port.isEmpty { return true }
        guard port.first == UInt8(ascii: ":") else { return false }
        let digits = port.dropFirst()
        // An empty port is the scheme's own.
        return digits.isEmpty
            || (digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                && UInt16(String(decoding: digits, as: UTF8.self)).map { $0 > 0 } == true)
    }
}
