/// Reads an event stream as WHATWG HTML § 9.2.6 says, and complains about what the standard allows but widespread
/// clients do not bear: blocks without data, other line ends than LF, unknown fields.
package struct EventStreamReader {
    package private(set) var events: [ReceivedEvent] = []
    package private(set) var commentCount = 0
    /// What no writer of ours may write, in words.
    package private(set) var complaints: [String] = []
    /// Bytes behind the last line end.
    package private(set) var tail: [UInt8] = []

    private var block = ReceivedEvent(data: "")
    private var dataLines: [String] = []
    private var isInBlock = false

    package init() {}

    /// Reads a stream from its beginning.
    package init(_ bytes: some Sequence<UInt8>) {
        receive(bytes)
    }

    /// Takes further bytes, cut anywhere.
    package mutating func receive(_ bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            tail += bytes[start..<end]
            line(String(decoding: tail, as: UTF8.self))
            tail = []
            start = end + 1
        }
        tail += bytes[start...]
    }

    private mutating func line(_ text: String) {
        if text.isEmpty { return endBlock() }
        if text.utf8.contains(0x0D) { complaints.append("CR in the stream") }
        if text.utf8.first == UInt8(ascii: ":") {
            commentCount += 1
            if isInBlock { complaints.append("a comment inside an event") }
            return
        }
        isInBlock = true
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            complaints.append("a line without a colon: \(text)")
            return
        }
        var value = text[text.utf8.index(after: colon)...]
        if value.utf8.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch text[..<colon] {
        case "event": block.name = String(value)
        case "id": block.id = String(value)
        case "retry": block.retry = Int(value)
        case "data": dataLines.append(String(value))
        default: complaints.append("an unknown field: \(text)")
        }
    }

    private mutating func endBlock() {
        if !isInBlock {
            complaints.append("a blank line without an event")
        } else if dataLines.isEmpty {
            complaints.append("an event without data")
        } else {
            block.data = dataLines.joined(separator: "\n")
            events.append(block)
        }
        block = ReceivedEvent(data: "")
        dataLines = []
        isInBlock = false
    }
}
