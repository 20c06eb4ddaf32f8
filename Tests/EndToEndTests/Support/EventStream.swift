import TestSupport
import Testing

/// A stream of events that is being read.
final class EventStream {
    /// Streams above this size (bytes) are long for a reason, and not looked at twice.
    private static let inspected = 1 << 20

    let head: ClientResponse
    let client: Client
    private let body: BodyReader
    private var state = EventParser()
    private var taken = 0
    private var parsed = 0
    /// The bytes of the body so far.
    private(set) var bytes: [UInt8] = []

    init(_ client: Client, _ deadline: Deadline = Deadline()) throws {
        self.client = client
        head = try client.head(deadline)
        body = BodyReader(client, of: head)
    }

    /// What was received is parsed when somebody asks: a reader that parses megabytes meanwhile is not a prompt one.
    private var parser: EventParser {
        if parsed < bytes.count {
            state.receive(Array(bytes[parsed...]))
            parsed = bytes.count
        }
        return state
    }

    var events: [ServerSentEvent] { parser.events }
    var lastEventID: String { parser.lastEventID }
    var comments: Int { parser.comments }
    var retry: Int? { parser.retry }
    /// The body ended in order.
    var isComplete: Bool { body.isComplete }

    /// The next event; nil at the end of the stream.
    func next(_ deadline: Deadline = Deadline()) throws -> ServerSentEvent? {
        while true {
            let events = parser.events
            if taken < events.count {
                taken += 1
                return events[taken - 1]
            }
            guard try more(deadline) else { return nil }
        }
    }

    /// Reads further bytes; false at the end.
    @discardableResult
    func more(_ deadline: Deadline = Deadline()) throws -> Bool {
        guard let part = try body.next(deadline) else { return false }
        bytes += part
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
        if head.status == 200, bytes.count < EventStream.inspected {
            // What the standard allows and widespread clients do not bear.
            #expect(EventStreamReader(bytes).complaints.isEmpty)
        }
        return events
    }
}
