import WireProtocol

/// Files as text: `data:MIME;base64,…` (RFC 2397), as Cog answers them where nothing is uploaded.
enum DataURL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The URL as a JSON string.
    static func json(mime: String, _ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count / 3 * 4 + mime.utf8.count + 24)
        output.append(UInt8(ascii: "\""))
        output.append(contentsOf: "data:".utf8)
        JSONWriter.appendEscapedContents(mime, to: &output)
        output.append(contentsOf: ";base64,".utf8)
        appendBase64(bytes, to: &output)
        output.append(UInt8(ascii: "\""))
        return output
    }

    /// RFC 4648 § 4.
    private static func appendBase64(_ bytes: [UInt8], to output: inout [UInt8]) {
        var at = 0
        while at < bytes.count {
            let (first, second, third) = (
                bytes[at], at + 1 < bytes.count ? bytes[at + 1] : 0, at + 2 < bytes.count ? bytes[at + 2] : 0
            )
            let group = Int(first) << 16 | Int(second) << 8 | Int(third)
            output.append(alphabet[group >> 18])
            output.append(alphabet[group >> 12 & 63])
            output.append(at + 1 < bytes.count ? alphabet[group >> 6 & 63] : UInt8(ascii: "="))
            output.append(at + 2 < bytes.count ? alphabet[group & 63] : UInt8(ascii: "="))
            at += 3
        }
    }
}
