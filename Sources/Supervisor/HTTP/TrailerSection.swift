/// The lines behind the last chunk, up to and with the empty one (RFC 9112 § 7.1.2): held to the rules of header
/// lines, then dropped. Nothing here wants a trailer, and merging them into the head would let them pass its checks.
struct TrailerSection {
    private var line: [UInt8] = []
    private var bytesBefore = 0
    private var count = 0

    /// Takes bytes from `index` on. True behind the empty line.
    mutating func consume(
        _ input: UnsafeRawBufferPointer, at index: inout Int, limits: HTTPLimits
    ) throws(HTTPError) -> Bool {
        let lineFeed = ByteScan.firstIndex(of: ASCII.lineFeed, in: input, from: index)
        let end = lineFeed.map { $0 + 1 } ?? input.count
        guard bytesBefore + line.count + end - index <= limits.trailerBytes else { throw .trailerTooLarge }
        line.append(contentsOf: UnsafeRawBufferPointer(rebasing: input[index..<end]))
        index = end
        return lineFeed == nil ? false : try lineEnded(limits)
    }

    private mutating func lineEnded(_ limits: HTTPLimits) throws(HTTPError) -> Bool {
        let length = line.count - 2
        guard length >= 0, line[length] == ASCII.carriageReturn else { throw .bareLineFeed }
        guard length > 0 else { return true }
        count += 1
        guard count <= limits.trailerCount else { throw .tooManyTrailers }
        _ = try line.withUnsafeBufferPointer { buffer throws(HTTPError) in
            try FieldLine.parse(UnsafeRawBufferPointer(buffer), 0..<length)
        }
        bytesBefore += line.count
        line.removeAll(keepingCapacity: true)
        return false
    }
}
