/// One `name: value` line of a head or of a trailer section (RFC 9112 § 5.1).
enum FieldLine {
    /// Takes apart `bytes[line]`, which is not empty and has no line end.
    static func parse(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) throws(HTTPError) -> HeaderField {
        var index = line.lowerBound
        guard !ASCII.isBlank(bytes[index]) else { throw .foldedHeader }
        while index < line.upperBound, ASCII.isToken(bytes[index]) { index &+= 1 }
        guard index < line.upperBound else { throw .headerWithoutColon }
        guard bytes[index] == ASCII.colon, index > line.lowerBound else {
            throw errorInName(bytes, line, at: index)
        }
        let value = Range(uncheckedBounds: (index &+ 1, line.upperBound))
        if let control = ByteScan.firstControl(in: bytes, value) {
            throw control == ASCII.carriageReturn ? .bareCarriageReturn : .invalidHeaderValue
        }
        return HeaderField(
            name: ByteRange(Range(uncheckedBounds: (line.lowerBound, index))),
            value: ByteRange(ByteScan.trimmed(bytes, value)))
    }

    private static func errorInName(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, at index: Int
    ) -> HTTPError {
        if bytes[index] == ASCII.carriageReturn { return .bareCarriageReturn }
        guard ASCII.isBlank(bytes[index]) else { return .invalidHeaderName }
        let rest = ByteScan.trimmed(bytes, index..<line.upperBound)
        return !rest.isEmpty && bytes[rest.lowerBound] == ASCII.colon ? .blankBeforeColon : .invalidHeaderName
    }
}
