/// Cuts what a worker writes to its standard output or error into pieces of whole lines.
///
/// A piece ends with a line feed, or is what was left when `flush` was called, or the beginning of a line that is longer
/// than the limit. So what one run wrote never becomes the start of what the next one writes.
package struct LogLines {
    /// A line without an end is passed on in pieces of this size.
    package static let lineLimit = 64 * 1024

    private var partial: [UInt8] = []

    package init() {}

    /// Takes further bytes; answers the whole lines that are there now, if any.
    package mutating func receive(_ bytes: [UInt8]) -> [UInt8]? {
        if let last = bytes.lastIndex(of: 0x0A) {
            var lines = partial
            lines.append(contentsOf: bytes[...last])
            partial = Array(bytes[(last + 1)...])
            return lines
        }
        partial.append(contentsOf: bytes)
        return partial.count >= LogLines.lineLimit ? flush() : nil
    }

    /// What has no line end yet, if anything.
    package mutating func flush() -> [UInt8]? {
        guard !partial.isEmpty else { return nil }
        defer { partial = [] }
        return partial
    }
}
