/// The chunked framing of a streamed answer (RFC 9112 § 7.1): `size CRLF data CRLF …`, then `0 CRLF CRLF`.
///
/// For one vectored write: header in a buffer of `maximumHeaderBytes`, the data where it lies, `separator`.
package enum ChunkEncoder {
    /// Sixteen digits of a 64-bit size and the line end.
    package static var maximumHeaderBytes: Int { 18 }

    /// What follows the data of each chunk.
    package static var separator: StaticString { "\r\n" }

    /// What ends the body, after the separator of the last chunk: the empty chunk and an empty trailer section.
    package static var end: StaticString { "0\r\n\r\n" }

    /// Writes the size line of a chunk of `count` bytes to the start of `buffer` and returns its length.
    ///
    /// - Parameters:
    ///   - count: at least 1: a chunk of 0 bytes would end the body.
    ///   - buffer: at least `maximumHeaderBytes` long.
    package static func writeHeader(count: Int, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        precondition(count > 0, "A chunk of no bytes would end the body")
        let digits = (Int.bitWidth - count.leadingZeroBitCount + 3) / 4
        var rest = count
        for index in stride(from: digits - 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest & 0xF)
            buffer[index] = digit < 10 ? 0x30 + digit : 0x57 + digit
            rest >>= 4
        }
        buffer[digits] = ASCII.carriageReturn
        buffer[digits + 1] = ASCII.lineFeed
        return digits + 2
    }

    /// Appends the size line of a chunk of `count` bytes, at least 1.
    package static func appendHeader(count: Int, to output: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: maximumHeaderBytes, alignment: 1) { buffer in
            let length = writeHeader(count: count, to: buffer)
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<length]))
        }
    }

    /// Appends a whole chunk; nothing when `data` is empty.
    package static func append(_ data: [UInt8], to output: inout [UInt8]) {
        guard !data.isEmpty else { return }
        appendHeader(count: data.count, to: &output)
        output.append(contentsOf: data)
        output.append(ASCII.carriageReturn)
        output.append(ASCII.lineFeed)
    }

    /// Appends what ends the body.
    package static func appendEnd(to output: inout [UInt8]) {
        output.append(contentsOf: UnsafeBufferPointer(start: end.utf8Start, count: end.utf8CodeUnitCount))
    }
}
