/// Removes the chunked framing of a body (RFC 9112 § 7.1).
///
/// Sizes are plain hexadecimal digits followed by the line end or `;`: no sign, no `0x`, no blank, since parsers that
/// are lenient here read different bodies from the same bytes. Extensions and trailers are checked and dropped.
struct ChunkedDecoder {
    /// Where in the framing the next byte stands.
    private enum Position {
        /// In the digits of a size.
        case size
        /// Behind the `;`, up to the end of the line.
        case extensions
        /// Behind the carriage return of a size line.
        case sizeLineFeed
        case data
        /// Behind the data: a line end and nothing else.
        case dataCarriageReturn
        case dataLineFeed
        /// In the lines behind the last chunk.
        case trailer
    }

    /// Fifteen digits are 2^60, so a size always fits and a sum of sizes cannot overflow before the limit refuses it.
    private static var maximumSizeDigits: Int { 15 }

    private var position = Position.size
    private var digits = 0
    private var remaining = 0
    private var lineBytes = 0
    private var extensionBytes = 0
    private var trailers = TrailerSection()

    /// Takes bytes from `index` on and appends data to `body`. True when the body is complete; `index` is then behind
    /// its last byte.
    mutating func consume(
        _ input: UnsafeRawBufferPointer, at index: inout Int, into body: inout [UInt8], limits: HTTPLimits
    ) throws(HTTPError) -> Bool {
        while index < input.count {
            switch position {
            case .data:
                takeData(input, at: &index, into: &body)
            case .trailer:
                if try trailers.consume(input, at: &index, limits: limits) { return true }
            case .dataCarriageReturn:
                guard input[index] == ASCII.carriageReturn else { throw .missingChunkEnd }
                index &+= 1
                position = .dataLineFeed
            case .dataLineFeed:
                guard input[index] == ASCII.lineFeed else { throw .missingChunkEnd }
                index &+= 1
                position = .size
            case .size, .extensions, .sizeLineFeed:
                try takeLineByte(input[index], bodyCount: body.count, limits)
                index &+= 1
            }
        }
        return false
    }

    private mutating func takeData(
        _ input: UnsafeRawBufferPointer, at index: inout Int, into body: inout [UInt8]
    ) {
        let count = min(remaining, input.count - index)
        body.append(contentsOf: UnsafeRawBufferPointer(rebasing: input[index..<index + count]))
        index += count
        remaining -= count
        if remaining == 0 { position = .dataCarriageReturn }
    }

    private mutating func takeLineByte(_ byte: UInt8, bodyCount: Int, _ limits: HTTPLimits) throws(HTTPError) {
        lineBytes &+= 1
        guard lineBytes <= limits.chunkLineBytes else { throw .chunkExtensionTooLong }
        switch position {
        case .size:
            try takeSizeByte(byte)
        case .extensions:
            extensionBytes &+= 1
            guard extensionBytes <= limits.chunkExtensionBytes else { throw .chunkExtensionTooLong }
            if byte == ASCII.carriageReturn {
                position = .sizeLineFeed
            } else if !ASCII.isFieldContent(byte) {
                throw .invalidChunkExtension
            }
        default:
            guard byte == ASCII.lineFeed else { throw .invalidChunkExtension }
            try sizeLineEnded(bodyCount: bodyCount, limits)
        }
    }

    private mutating func takeSizeByte(_ byte: UInt8) throws(HTTPError) {
        if let value = ASCII.hexValue(byte) {
            guard digits < Self.maximumSizeDigits else { throw .chunkSizeTooLong }
            remaining = remaining << 4 | Int(value)
            digits &+= 1
            return
        }
        guard digits > 0 else { throw .invalidChunkSize }
        switch byte {
        case ASCII.carriageReturn: position = .sizeLineFeed
        case ASCII.semicolon: position = .extensions
        default: throw .invalidChunkSize
        }
    }

    private mutating func sizeLineEnded(bodyCount: Int, _ limits: HTTPLimits) throws(HTTPError) {
        guard remaining <= limits.bodyBytes - bodyCount else { throw .bodyTooLarge }
        position = remaining == 0 ? .trailer : .data
        digits = 0
        lineBytes = 0
    }
}
