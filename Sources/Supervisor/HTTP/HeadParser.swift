/// Bytes in any pieces → request line and header lines.
///
/// A head that arrives in one piece is parsed where it lies and copied once, in its exact size.
struct HeadParser {
    private var bytes: [UInt8] = []
    private var lines = HeadLines()

    /// Bytes kept so far.
    var count: Int { bytes.count }

    /// Takes bytes from `position` on, up to the end of the head at most. True when the head is complete.
    mutating func consume(
        _ input: UnsafeRawBufferPointer, at position: inout Int, limits: HTTPLimits
    ) throws(HTTPError) -> Bool {
        if bytes.isEmpty {
            return try consumeFirst(UnsafeRawBufferPointer(rebasing: input[position...]), &position, limits)
        }
        while position < input.count {
            let lineFeed = ByteScan.firstIndex(of: ASCII.lineFeed, in: input, from: position)
            let end = lineFeed.map { $0 + 1 } ?? input.count
            let known = bytes.count
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: input[position..<end]))
            position = end
            if try scanKept(from: known, limits) != nil { return true }
        }
        return false
    }

    /// The parts of a complete head. The parser is empty afterwards.
    mutating func take(limits: HTTPLimits) throws(HTTPError) -> (RequestLine, Headers, RequestFraming) {
        guard let line = lines.requestLine else {
            preconditionFailure("take() is called after consume() returned true, which needs a request line")
        }
        let headers = Headers(bytes: bytes, fields: lines.fields)
        let framing = try lines.framing.framing(for: line.version, limits: limits)
        self = HeadParser()
        return (line, headers, framing)
    }

    private mutating func consumeFirst(
        _ input: UnsafeRawBufferPointer, _ position: inout Int, _ limits: HTTPLimits
    ) throws(HTTPError) -> Bool {
        // No request starts like this, but a TLS handshake does, and it may never send a line end.
        guard ASCII.isToken(input[0]) else { throw .malformedRequestLine }
        lines.reserve()
        let end = try lines.scan(input, from: 0, limits)
        bytes = Array(UnsafeRawBufferPointer(rebasing: input[..<(end ?? input.count)]))
        position += bytes.count
        return end != nil
    }

    private mutating func scanKept(from start: Int, _ limits: HTTPLimits) throws(HTTPError) -> Int? {
        let kept = bytes
        return try kept.withUnsafeBufferPointer { buffer throws(HTTPError) in
            try lines.scan(UnsafeRawBufferPointer(buffer), from: start, limits)
        }
    }
}
