/// What the header lines of one request say about its body and its connection: everything on which two HTTP
/// implementations must agree, or one of them can be made to see a request that the other does not (request
/// smuggling). Hence no repair: what is not plain is refused (RFC 9112 § 6.3, § 11.2).
struct FramingFields {
    private struct Seen: OptionSet {
        let rawValue: UInt8

        static var host: Seen { Seen(rawValue: 1) }
        static var contentLength: Seen { Seen(rawValue: 2) }
        static var transferEncoding: Seen { Seen(rawValue: 4) }
        static var otherTransferEncoding: Seen { Seen(rawValue: 8) }
        static var close: Seen { Seen(rawValue: 16) }
        static var keepAlive: Seen { Seen(rawValue: 32) }
        static var continueExpectation: Seen { Seen(rawValue: 64) }
        static var otherExpectation: Seen { Seen(rawValue: 128) }
    }

    /// Digits of a length that always fit an `Int`; what is longer is no length but an attack on somebody's parser.
    private static var maximumLengthDigits: Int { 18 }

    private var seen: Seen = []
    private var contentLength = 0

    /// Looks at one header line; most concern nothing here and leave after a switch over the name's length.
    mutating func note(_ field: HeaderField, in bytes: UnsafeRawBufferPointer) throws(HTTPError) {
        let name = field.name.range
        let value = field.value.range
        switch name.count {
        case 4 where ByteScan.equalsIgnoringCase(bytes, name, "host"):
            guard seen.insert(.host).inserted else { throw .repeatedHost }
            // An empty Host is what a client without an authority has to send (RFC 9112 § 3.2).
            guard value.isEmpty || Authority.isValid(bytes, value) else { throw .invalidHost }
        case 6 where ByteScan.equalsIgnoringCase(bytes, name, "expect"):
            noteExpectation(bytes, value)
        case 10 where ByteScan.equalsIgnoringCase(bytes, name, "connection"):
            noteConnection(bytes, value)
        case 14 where ByteScan.equalsIgnoringCase(bytes, name, "content-length"):
            guard seen.insert(.contentLength).inserted else { throw .repeatedContentLength }
            contentLength = try Self.length(bytes, value)
        case 17 where ByteScan.equalsIgnoringCase(bytes, name, "transfer-encoding"):
            // A second line makes a list of two, which is not exactly `chunked` either.
            let first = seen.insert(.transferEncoding).inserted
            if !first || !ByteScan.equalsIgnoringCase(bytes, value, "chunked") { seen.insert(.otherTransferEncoding) }
        default:
            break
        }
    }

    /// The verdict after the last line.
    func framing(for version: Version, limits: HTTPLimits) throws(HTTPError) -> RequestFraming {
        if version == .http11, !seen.contains(.host) { throw .missingHost }
        if seen.contains(.transferEncoding) {
            if version == .http10 { throw .transferEncodingBefore11 }
            if seen.contains(.contentLength) { throw .conflictingLengths }
            if seen.contains(.otherTransferEncoding) { throw .unsupportedTransferEncoding }
        }
        // HTTP/1.0 has no expectations: they are ignored there (RFC 9110 § 10.1.1).
        if version == .http11, seen.contains(.otherExpectation) { throw .unknownExpectation }
        if contentLength > limits.bodyBytes { throw .bodyTooLarge }
        let body: RequestFraming.Body = seen.contains(.transferEncoding) ? .chunked : .length(contentLength)
        return RequestFraming(
            body: body,
            keepAlive: !seen.contains(.close) && (version == .http11 || seen.contains(.keepAlive)),
            expectsContinue: version == .http11 && seen.contains(.continueExpectation) && body != .length(0))
    }

    private mutating func noteExpectation(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) {
        Self.forEachElement(bytes, value) { element in
            let known = ByteScan.equalsIgnoringCase(bytes, element, "100-continue")
            seen.insert(known ? .continueExpectation : .otherExpectation)
        }
    }

    private mutating func noteConnection(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) {
        Self.forEachElement(bytes, value) { element in
            if ByteScan.equalsIgnoringCase(bytes, element, "close") { seen.insert(.close) }
            if ByteScan.equalsIgnoringCase(bytes, element, "keep-alive") { seen.insert(.keepAlive) }
        }
    }

    /// The elements of a comma-separated list, without blanks around them; empty ones are skipped (RFC 9110 § 5.6.1).
    private static func forEachElement(
        _ bytes: UnsafeRawBufferPointer, _ value: Range<Int>, _ body: (Range<Int>) -> Void
    ) {
        var start = value.lowerBound
        while start < value.upperBound {
            var end = start
            while end < value.upperBound, bytes[end] != ASCII.comma { end &+= 1 }
            let element = ByteScan.trimmed(bytes, start..<end)
            if !element.isEmpty { body(element) }
            start = end &+ 1
        }
    }

    /// Digits and nothing else: no sign, no list, no blank.
    private static func length(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) throws(HTTPError) -> Int {
        guard !value.isEmpty, value.count <= maximumLengthDigits else { throw .invalidContentLength }
        var length = 0
        for index in value {
            guard ASCII.isDigit(bytes[index]) else { throw .invalidContentLength }
            length = length &* 10 &+ Int(bytes[index] & 0x0F)
        }
        return length
    }
}
