import Glibc
import WireProtocol

/// An event as a client sees it.
struct ServerSentEvent: Equatable, CustomStringConvertible {
    /// `message` for an event without a name.
    let name: String
    let data: String
    /// The last id that was seen up to and with this event.
    let id: String

    var description: String { "\(name) \(id): \(data.prefix(200))" }
    var json: JSONValue? { try? JSONValue.parse(Array(data.utf8)) }
}

/// Bytes to events by the rules of WHATWG HTML § 9.2.6, cut at any place.
struct EventParser {
    private(set) var events: [ServerSentEvent] = []
    private(set) var lastEventID = ""
    private(set) var comments = 0
    private(set) var retry: Int?
    private var line: [UInt8] = []
    private var isAfterCarriageReturn = false
    private var isFirst = true
    private var name = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var id = ""

    mutating func receive(_ bytes: [UInt8]) {
        // The usual case by the line, since tests read megabytes without an optimiser.
        guard !isAfterCarriageReturn, !bytes.contains(0x0D) else { return receiveOneByOne(bytes) }
        var start = 0
        bytes.withUnsafeBytes { bytes in
            while let found = memchr(bytes.baseAddress! + start, 0x0A, bytes.count - start) {
                let end = UnsafeRawPointer(found) - bytes.baseAddress!
                line.append(contentsOf: bytes[start..<end])
                take()
                start = end + 1
                if start == bytes.count { return }
            }
            line.append(contentsOf: bytes[start...])
        }
    }

    private mutating func receiveOneByOne(_ bytes: [UInt8]) {
        for byte in bytes {
            if byte == 0x0A, isAfterCarriageReturn {
                isAfterCarriageReturn = false
                continue
            }
            isAfterCarriageReturn = byte == 0x0D
            if byte == 0x0A || byte == 0x0D {
                take()
            } else {
                line.append(byte)
            }
        }
    }

    private mutating func take() {
        defer { line = [] }
        if isFirst, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isFirst = false
        guard !line.isEmpty else { return dispatch() }
        guard line[0] != UInt8(ascii: ":") else {
            comments += 1
            return
        }
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        var value = colon.map { line[($0 + 1)...] } ?? []
        if value.first == 0x20 { value.removeFirst() }
        let text = String(decoding: value, as: UTF8.self)
        switch String(decoding: line[..<(colon ?? line.count)], as: UTF8.self) {
        case "event": name = text
        case "data":
            data += value
            data.append(0x0A)
            hasData = true
        case "id": if !value.contains(0) { id = text }
        case "retry": if value.allSatisfy({ (0x30...0x39).contains($0) }) { retry = Int(text) }
        default: break
        }
    }

    private mutating func dispatch() {
        defer {
            name = ""
            data = []
            hasData = false
        }
        lastEventID = id
        guard hasData else { return }
        data.removeLast()
        events.append(
            ServerSentEvent(
                name: name.isEmpty ? "message" : name, data: String(decoding: data, as: UTF8.self), id: lastEventID))
    }
}
