/// The last of what a worker printed, for whoever looks for the cause of its end.
package struct LogTail {
    /// Bytes: a stack dump of many threads, and the lines before it.
    package static let limit = 64 * 1024

    private var bytes: [UInt8] = []

    package init() {}

    package mutating func append(_ new: some Collection<UInt8>) {
        bytes.append(contentsOf: new.suffix(LogTail.limit))
        // Cut at twice the size, so that each byte is moved once at most.
        if bytes.count > 2 * LogTail.limit { bytes.removeFirst(bytes.count - LogTail.limit) }
    }

    package var text: String { String(decoding: bytes.suffix(LogTail.limit), as: UTF8.self) }
}
