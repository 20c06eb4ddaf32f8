/// Writes events in the form of WHATWG HTML § 9.2.5: LF line ends, `data:` in every block, a blank line behind it, no
/// byte order mark.
package enum EventEncoder {
    /// The comment that keeps an idle connection alive. One line feed, not two: a blank line would make several
    /// widespread clients see an event without data.
    package static let heartbeat: [UInt8] = Array(": \n".utf8)

    /// What ends an event behind its data: a line feed, and the blank line.
    static let endByteCount = 2

    /// Appends one event.
    ///
    /// - Parameters:
    ///   - name: the `event:` field; nil leaves it out.
    ///   - id: the `id:` field; nil leaves it out, and the client keeps the id of the event before.
    ///   - retry: milliseconds for the `retry:` field; it never stands in a block of its own.
    ///   - data: a well-formed payload; line breaks in it become further `data:` lines.
    package static func append(
        name: String?, id: EventID?, retry: Int? = nil, data: [UInt8], to output: inout [UInt8]
    ) {
        appendHead(name: name, id: id, retry: retry, to: &output)
        data.withUnsafeBytes { bytes in
            if PayloadScan.of(bytes) == .clean {
                output.append(contentsOf: bytes)
            } else {
                PayloadScan.appendRewritten(bytes, to: &output)
            }
        }
        output.append(contentsOf: [0x0A, 0x0A])
    }

    private static func appendHead(name: String?, id: EventID?, retry: Int?, to output: inout [UInt8]) {
        if let name {
            output.append(contentsOf: "event: ".utf8)
            output.append(contentsOf: name.utf8)
            output.append(0x0A)
        }
        if let id {
            output.append(contentsOf: "id: ".utf8)
            output.append(contentsOf: id.text.utf8)
            output.append(0x0A)
        }
        if let retry {
            output.append(contentsOf: "retry: \(retry)\n".utf8)
        }
        output.append(contentsOf: "data: ".utf8)
    }

    /// All of an event that stands before its data.
    static func head(name: String?, id: EventID) -> [UInt8] {
        var output: [UInt8] = []
        appendHead(name: name, id: id, retry: nil, to: &output)
        return output
    }

    /// The event as bytes of its own.
    package static func encode(name: String?, id: EventID?, retry: Int? = nil, data: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(data.count + 64)
        append(name: name, id: id, retry: retry, data: data, to: &output)
        return output
    }

    /// The name and the data of an event that this encoder wrote; the lines of the data are joined by LF again.
    package static func decode(_ event: [UInt8]) -> (name: String?, data: [UInt8]) {
        var name: String?
        var data: [UInt8] = []
        var isFirstLine = true
        for line in event.split(separator: 0x0A, omittingEmptySubsequences: true) {
            if line.starts(with: "event: ".utf8) {
                name = String(decoding: line.dropFirst(7), as: UTF8.self)
            } else if line.starts(with: "data: ".utf8) {
                if !isFirstLine { data.append(0x0A) }
                data.append(contentsOf: line.dropFirst(6))
                isFirstLine = false
            }
        }
        return (name, data)
    }
}
