/// One event of a feed, as a client gets it.
package struct FeedEvent: Equatable {
    package var name = ""
    package var id = ""
    package var data: [UInt8] = []

    package init(name: String = "", id: String = "", data: [UInt8] = []) {
        self.name = name
        self.id = id
        self.data = data
    }
}

/// Bytes to events (WHATWG HTML § 9.2.6), for the events of our own server: their lines end in a line feed.
package struct FeedEventParser {
    private var line: [UInt8] = []
    private var event = FeedEvent()
    private var hasData = false

    package init() {}

    /// The events that are whole now.
    package mutating func receive(_ bytes: [UInt8]) -> [FeedEvent] {
        var events: [FeedEvent] = []
        for byte in bytes {
            guard byte == 0x0A else {
                line.append(byte)
                continue
            }
            if line.isEmpty {
                if hasData { events.append(event) }
                event = FeedEvent()
                hasData = false
            } else {
                take(line)
                line.removeAll(keepingCapacity: true)
            }
        }
        return events
    }

    private mutating func take(_ line: [UInt8]) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return }
        var value = line[(colon + 1)...]
        if value.first == 0x20 { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": event.name = String(decoding: value, as: UTF8.self)
        case "id": event.id = String(decoding: value, as: UTF8.self)
        case "data":
            if hasData { event.data.append(0x0A) }
            event.data += value
            hasData = true
        default: break
        }
    }
}
