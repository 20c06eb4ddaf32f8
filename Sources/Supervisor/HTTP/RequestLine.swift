/// The first line of a request, taken apart: places in the head's bytes, nothing copied (RFC 9112 § 3).
struct RequestLine: Sendable {
    /// From the first byte of the head on.
    let method: ByteRange
    let version: Version
    let target: ByteRange

    /// Part of the target; empty when an absolute target has none.
    let path: ByteRange
    let query: ByteRange?

    /// Host and port of an absolute target.
    let authority: ByteRange?

    /// Reads the line that fills `bytes[0..<end]`, without its line end.
    ///
    /// The version is judged before method and target, so that the preface of HTTP/2 (`PRI * HTTP/2.0`) is told that
    /// its version is the trouble.
    init(_ bytes: UnsafeRawBufferPointer, end: Int, limits: HTTPLimits) throws(HTTPError) {
        let methodEnd = try Self.endOfMethod(bytes, end: end)
        let targetStart = methodEnd + 1
        let targetEnd = try Self.endOfTarget(bytes, targetStart..<end)
        version = try Self.version(bytes, targetEnd + 1..<end)
        guard methodEnd <= limits.methodBytes else { throw .methodTooLong }
        method = ByteRange(0..<methodEnd)
        if Self.names("CONNECT", bytes, methodEnd) { throw .connectNotImplemented }
        let target = try Target(bytes, targetStart..<targetEnd)
        if target.isAsterisk, !Self.names("OPTIONS", bytes, methodEnd) { throw .asteriskNeedsOptions }
        self.target = ByteRange(targetStart..<targetEnd)
        path = ByteRange(target.path)
        query = target.query.map(ByteRange.init)
        authority = target.authority.map(ByteRange.init)
    }

    /// Whether the method is `name`, in exactly these letters.
    private static func names(_ name: StaticString, _ bytes: UnsafeRawBufferPointer, _ methodEnd: Int) -> Bool {
        guard methodEnd == name.utf8CodeUnitCount else { return false }
        return (0..<methodEnd).allSatisfy { bytes[$0] == name.utf8Start[$0] }
    }

    private static func endOfMethod(_ bytes: UnsafeRawBufferPointer, end: Int) throws(HTTPError) -> Int {
        var index = 0
        while index < end, ASCII.isToken(bytes[index]) { index &+= 1 }
        guard index > 0, index < end else { throw .malformedRequestLine }
        if bytes[index] == ASCII.carriageReturn { throw .bareCarriageReturn }
        guard bytes[index] == ASCII.space else { throw .malformedRequestLine }
        return index
    }

    private static func endOfTarget(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(HTTPError) -> Int {
        var index = range.lowerBound
        while index < range.upperBound, bytes[index] != ASCII.space {
            let byte = bytes[index]
            if byte == ASCII.carriageReturn { throw .bareCarriageReturn }
            guard byte > 0x20, byte != 0x7F, byte != ASCII.hash else { throw .invalidTarget }
            index &+= 1
        }
        guard index > range.lowerBound else { throw .malformedRequestLine }
        guard index < range.upperBound else { throw .missingVersion }
        return index
    }

    /// `HTTP/` and two digits with a point between, in exactly these letters (RFC 9112 § 2.3).
    private static func version(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(HTTPError) -> Version {
        let prefix: StaticString = "HTTP/"
        let start = range.lowerBound
        guard range.count == 8 else { throw .malformedRequestLine }
        for offset in 0..<5 where bytes[start + offset] != prefix.utf8Start[offset] { throw .malformedRequestLine }
        guard ASCII.isDigit(bytes[start + 5]), bytes[start + 6] == 0x2E, ASCII.isDigit(bytes[start + 7]) else {
            throw .malformedRequestLine
        }
        switch bytes[start + 5] {
        case 0x30: throw .missingVersion
        case 0x31: return bytes[start + 7] == 0x30 ? .http10 : .http11
        default: throw .unsupportedVersion
        }
    }
}
