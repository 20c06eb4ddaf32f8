/// Percent-decoding of one segment of a path (RFC 3986 § 2.1).
///
/// A path is split at `/` first and decoded afterwards, so `%2F` in an id is a character of the id. `.` and `..` are
/// ids like any other: nothing here, or behind it, walks a directory with them.
package enum PathDecoder {
    /// The text of `segment`.
    ///
    /// - Parameter name: what the segment stands for, named in the error.
    /// - Throws: 400 for `%` without two hexadecimal digits, for bytes that are no UTF-8, and for NUL, which ends a
    ///   string in many a place beyond us. The connection stays open.
    package static func decode(_ segment: ArraySlice<UInt8>, name: String) throws(HTTPError) -> String {
        guard segment.contains(ASCII.percent) else { return try text(segment, name: name) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(segment.count)
        var index = segment.startIndex
        while index < segment.endIndex {
            if segment[index] == ASCII.percent {
                guard index + 2 < segment.endIndex, let high = ASCII.hexValue(segment[index + 1]),
                    let low = ASCII.hexValue(segment[index + 2])
                else { throw invalid("Invalid percent-encoding", name) }
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(segment[index])
                index += 1
            }
        }
        return try text(decoded[...], name: name)
    }

    private static func text(_ bytes: ArraySlice<UInt8>, name: String) throws(HTTPError) -> String {
        guard !bytes.contains(0) else { throw invalid("NUL character", name) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw invalid("Invalid UTF-8", name) }
        return text
    }

    /// Cog's words for invalid UTF-8; the others follow them.
    private static func invalid(_ what: String, _ name: String) -> HTTPError {
        HTTPError(.badRequest, "Invalid URL: \(what) in `\(name)`", closesConnection: false)
    }
}
