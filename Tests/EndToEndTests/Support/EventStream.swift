/// A stream of events that is being read.
final class EventStream {
    let head: ClientResponse
    let client: Client
    private let body: BodyReader
    private var parser = EventParser()
    private var taken = 0
    /// The bytes of the body so far.
    private(set) var bytes: [UInt8] = []

    init(_ client: Client, _ deadline: Deadline = Deadline()) throws {
        self.client = client
        head = try client.head(deadline)
        body = BodyReader(client, of: head)
    }

    var events: [ServerSentEvent] { parser.events }
    var lastEventID: String { parser.lastEventID }
    var comments: Int { parser.comments }
    var retry: Int? { parser.retry }
    /// The body ended in order.
    var isComplete: Bool { body.isComplete }

    /// The next event; nil at the end of the stream.
    func next(_ deadline: Deadline = Deadline()) throws -> ServerSentEvent? {
        while taken == parser.events.count {
            guard try more(deadline) else { return nil }
        }
        taken += 1
        return parser.events[taken - 1]
    }

    /// Reads further bytes; false at the end.
    @discardableResult
    func more(_ deadline: Deadline = Deadline()) throws -> Bool {
        guard let part = try body.next(deadline) else { return false }
        bytes += part
        parser.receive(part)
        return true
    }

    /// Reads on until an event fits.
    @discardableResult
    func next(_ deadline: Deadline = Deadline(), where fits: (ServerSentEvent) -> Bool) throws -> ServerSentEvent {
        while let event = try next(deadline) {
            if fits(event) { return event }
        }
        throw Failure("the stream ended without it; events: \(events.suffix(5))")
    }

    /// All events up to the end of the stream, those taken before included.
    func all(_ deadline: Deadline = Deadline()) throws -> [ServerSentEvent] {
        while try more(deadline) {}
        return events
    }
}
