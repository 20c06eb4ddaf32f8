import Engine
import SSE
import TestSupport
import WireProtocol

/// One client connection: what it was answered, and a socket that takes as much as the test lets it.
final class ScriptedClient {
    let id: ConnectionID
    private(set) var answers: [Answer] = []
    private(set) var opening: StreamOpening?
    /// What went through the socket.
    private(set) var bytes: [UInt8] = []
    /// What the connection holds because the socket is full.
    private(set) var pending: [UInt8] = []
    /// So many more bytes go through before the socket is full; nil: it never is.
    var room: Int?
    private(set) var isOpen = false
    private(set) var hasEnded = false
    private(set) var isCut = false

    init(_ id: ConnectionID, room: Int?) {
        self.id = id
        self.room = room
    }

    // MARK: What the server does

    func answered(_ answer: Answer) { answers.append(answer) }

    func opened(_ opening: StreamOpening) {
        self.opening = opening
        isOpen = true
    }

    func ended() {
        isOpen = false
        hasEnded = true
    }

    func cut() {
        isOpen = false
        isCut = true
    }

    func deliver(_ more: some Collection<UInt8>) -> Channel.Delivery {
        pending += more
        return drain() ? .accepted : .blocked
    }

    /// Lets through what the socket takes; answers whether that is everything.
    func drain() -> Bool {
        let taken = min(pending.count, room ?? pending.count)
        bytes += pending[..<taken]
        pending.removeFirst(taken)
        if let room { self.room = room - taken }
        return pending.isEmpty
    }

    // MARK: What the client sees

    var answer: Answer? { answers.last }

    var rejection: Rejection? {
        if case .rejected(let rejection) = answer { rejection } else { nil }
    }

    /// The document of the last answer.
    var document: JSONValue? {
        switch answer {
        case .finished(_, let body), .running(_, let body), .document(_, let body): try? JSONValue.parse(body)
        default: nil
        }
    }

    var reader: EventStreamReader { EventStreamReader(bytes) }
    var events: [ReceivedEvent] { reader.events }
    var names: [String] { events.map(\.name) }
    var sequences: [Int] { events.compactMap(\.sequence) }

    /// The data of the last event of the name.
    func data(_ name: String) -> JSONValue? {
        events.last { $0.name == name }.flatMap { try? JSONValue.parse($0.data) }
    }

    /// The data of all events as text.
    var texts: [String] { events.map(\.data) }
}
