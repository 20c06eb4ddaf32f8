/// The lines of one head, read one by one where they lie.
///
/// Line by line, so that rubbish is refused at its first line end and not when 64 KiB of it have come. Limits are
/// judged before contents and at the same place however the bytes were cut, so that the cuts never change the verdict.
struct HeadLines {
    /// Room for the header lines of nearly every client, so that the table is allocated once.
    private static var usualFieldCount: Int { 16 }

    /// The first line, once it is whole.
    private(set) var requestLine: RequestLine?
    private(set) var fields: [HeaderField] = []
    private(set) var framing = FramingFields()
    private var lineStart = 0

    /// Makes room for the table of header lines.
    mutating func reserve() {
        fields.reserveCapacity(Self.usualFieldCount)
    }

    /// Reads the lines that are whole in `bytes`, which start with the head; before `start` there is no line end that
    /// was not seen already. Returns where the head ends, or nil when it goes on.
    mutating func scan(
        _ bytes: UnsafeRawBufferPointer, from start: Int, _ limits: HTTPLimits
    ) throws(HTTPError) -> Int? {
        var search = start
        while let lineFeed = ByteScan.firstIndex(of: ASCII.lineFeed, in: bytes, from: search) {
            let end = lineFeed &+ 1
            try checkLength(end, limits)
            guard lineFeed > lineStart, bytes[lineFeed &- 1] == ASCII.carriageReturn else { throw .bareLineFeed }
            let line = Range(uncheckedBounds: (lineStart, lineFeed &- 1))
            if requestLine == nil {
                requestLine = try RequestLine(bytes, end: line.upperBound, limits: limits)
            } else if line.isEmpty {
                return end
            } else {
                try addField(bytes, line, limits)
            }
            lineStart = end
            search = end
        }
        try checkLength(bytes.count, limits)
        return nil
    }

    private mutating func addField(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, _ limits: HTTPLimits
    ) throws(HTTPError) {
        guard fields.count < limits.headerCount else { throw .tooManyHeaders }
        let field = try FieldLine.parse(bytes, line)
        try framing.note(field, in: bytes)
        fields.append(field)
    }

    /// Refuses a line or a head that reaches past its limit; of two limits the one that is met first counts.
    private func checkLength(_ end: Int, _ limits: HTTPLimits) throws(HTTPError) {
        let isFirst = requestLine == nil
        let lineLimit = lineStart &+ (isFirst ? limits.requestLineBytes : limits.headerLineBytes)
        guard end > min(lineLimit, limits.headBytes) else { return }
        if lineLimit > limits.headBytes { throw .headTooLarge }
        throw isFirst ? .requestLineTooLong : .headerTooLarge
    }
}
