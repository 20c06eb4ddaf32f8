/// The parts of a request target, in each of the forms of RFC 9112 § 3.2 but the one of CONNECT.
///
/// Bytes above ASCII and visible characters that RFC 3986 wants encoded (`"`, `<`, `{` …) pass: clients send them, as
/// an id at most, and no id ever becomes a path of the file system.
struct Target {
    let path: Range<Int>
    let query: Range<Int>?
    let authority: Range<Int>?
    let isAsterisk: Bool

    /// Takes apart `bytes[range]`, which is not empty and holds no blank, control or `#`.
    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(HTTPError) {
        isAsterisk = range.count == 1 && bytes[range.lowerBound] == ASCII.asterisk
        var pathStart = range.lowerBound
        if bytes[pathStart] != ASCII.slash, !isAsterisk {
            let authority = try Self.authority(bytes, range)
            guard Authority.isValid(bytes, authority) else { throw .invalidHost }
            self.authority = authority
            pathStart = authority.upperBound
        } else {
            authority = nil
        }
        let question = ByteScan.firstIndex(
            of: ASCII.questionMark, in: UnsafeRawBufferPointer(rebasing: bytes[..<range.upperBound]), from: pathStart)
        path = pathStart..<(question ?? range.upperBound)
        query = question.map { $0 + 1..<range.upperBound }
    }

    /// What stands between `http://` or `https://` and the path, the query or the end.
    private static func authority(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
    ) throws(HTTPError) -> Range<Int> {
        let start: Int
        if range.count >= 7, ByteScan.equalsIgnoringCase(bytes, range.prefix(7), "http://") {
            start = range.lowerBound + 7
        } else if range.count >= 8, ByteScan.equalsIgnoringCase(bytes, range.prefix(8), "https://") {
            start = range.lowerBound + 8
        } else {
            throw .invalidTarget
        }
        var end = start
        while end < range.upperBound, bytes[end] != ASCII.slash, bytes[end] != ASCII.questionMark { end += 1 }
        return start..<end
    }
}
