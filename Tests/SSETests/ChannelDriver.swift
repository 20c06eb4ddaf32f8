import SSE
import TestSupport

/// A channel with readers whose sockets a test fills and drains by hand.
///
/// A class, because the channel cannot be copied and its closures reach for the readers beside it.
final class ChannelDriver {
    /// What a reader has got so far.
    struct Reader {
        var bytes: [UInt8] = []
        /// So many more bytes go through before the socket is full; nil: it never is.
        var room: Int?
        var notices: [Channel.Notice] = []
        var isCut = false
        var sliceSizes: [Int] = []

        var events: [ReceivedEvent] { EventStreamReader(bytes).events }
        var sequences: [Int] { events.compactMap(\.sequence) }
    }

    var channel: Channel
    var readers: [UInt64: Reader] = [:]
    var now: UInt64 = 0

    static let epoch = Epoch(text: "abcdef")
    static let roomy = HistoryLimits(events: 1_024, bytes: 8 << 20)
    static let wide = LiveWindow(events: 1_024, bytes: 8 << 20)

    init(_ limits: HistoryLimits = roomy, window: LiveWindow = wide) {
        channel = Channel(epoch: Self.epoch, limits: limits, window: window)
    }

    func append(_ data: String = "{}", name: String? = "output", isTerminal: Bool = false) {
        channel.append(name: name, data: Array(data.utf8), isTerminal: isTerminal)
    }

    func append(count: Int) {
        for _ in 0..<count { append() }
    }

    /// By default a reader that comes late and wants everything.
    func subscribe(_ id: UInt64, at cursor: UInt64? = nil, room: Int? = nil, policy: LagPolicy = .gapAndContinue) {
        readers[id] = Reader(room: room)
        channel.subscribe(
            SubscriberID(rawValue: id), at: cursor ?? channel.history.replayOffset, lagPolicy: policy, now: now)
    }

    /// The end of a turn.
    func flush() {
        channel.flush(
            now: now,
            deliver: { id, slice in
                self.readers[id.rawValue]!.sliceSizes.append(slice.count)
                self.readers[id.rawValue]!.bytes += Array(slice)
                guard let room = self.readers[id.rawValue]!.room else { return .accepted }
                self.readers[id.rawValue]!.room = max(0, room - slice.count)
                return slice.count <= room ? .accepted : .blocked
            }, notice: { self.readers[$0.rawValue]!.notices.append($1) })
        for id in channel.settle() { readers[id.rawValue]!.isCut = true }
    }

    /// The reader's socket has taken all; from now on it has `room`.
    func drain(_ id: UInt64, room: Int? = nil) {
        readers[id]!.room = room
        if let notice = channel.drained(SubscriberID(rawValue: id)) { readers[id]!.notices.append(notice) }
    }

    func state(_ id: UInt64) -> Subscription.State? {
        channel.subscriptions.first { $0.id.rawValue == id }?.state
    }
}
