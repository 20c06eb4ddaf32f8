import API
import Engine
import SSE

/// What a record of a feed is about, by which readers choose.
package struct FeedTag: Equatable, Sendable {
    package var deployment: String?
    package var worker: Int?

    package init(deployment: String? = nil, worker: Int? = nil) {
        self.deployment = deployment
        self.worker = worker
    }
}

/// A bounded history of records for operators, and those who follow it.
///
/// A reader is a cursor into the history. One that does not read stays behind, costs nothing but what its socket holds,
/// and is told how many records it missed; one that takes nothing for long is given up. Nobody waits for a reader.
package struct Feed: ~Copyable {
    private struct Reader {
        let id: ConnectionID
        let filter: FeedTag
        /// The sequence number of the next record to look at.
        var cursor: UInt64
        /// Since when its socket has been full.
        var blockedSince: UInt64?
        /// When something was last written to it.
        var lastWrite: UInt64
    }

    private let epoch: Epoch
    private let eventName: String
    private var history: ReplayHistory
    /// One for each record in memory, and some at the front that were let go.
    private var tags: [FeedTag] = []
    private var goneTags = 0
    private var readers: [Reader] = []
    /// Something was appended, or a reader can be written to again.
    private var hasNews = false

    /// - Parameters:
    ///   - eventName: the `event:` of each record.
    ///   - limits: what is kept; the oldest records leave first.
    package init(eventName: String, limits: HistoryLimits, generator: inout some RandomNumberGenerator) {
        self.eventName = eventName
        epoch = Epoch(using: &generator)
        history = ReplayHistory(limits: limits)
    }

    var readerIDs: [ConnectionID] { readers.map(\.id) }
    var isEmpty: Bool { readers.isEmpty }

    // MARK: Records

    /// - Parameter json: one line.
    package mutating func append(_ json: [UInt8], _ tag: FeedTag) {
        history.append(EventEncoder.encode(name: eventName, id: EventID(epoch: epoch, sequence: next), data: json))
        tags.append(tag)
        history.trim(keepingFrom: nil)
        goneTags = tags.count - Int(next - first)
        // Moved only when it is worth it, so that each record costs the same.
        if goneTags > tags.count / 2 {
            tags.removeFirst(goneTags)
            goneTags = 0
        }
        if !readers.isEmpty { hasNews = true }
    }

    private var first: UInt64 { history.firstRetained }
    private var next: UInt64 { history.nextSequence }

    private func fits(_ sequence: UInt64, _ filter: FeedTag) -> Bool {
        let tag = tags[goneTags + Int(sequence - first)]
        if let deployment = filter.deployment, tag.deployment != deployment { return false }
        if let worker = filter.worker, tag.worker != worker { return false }
        return true
    }

    /// The newest records that fit, each as a line of JSON.
    package func lines(_ filter: FeedTag, count: Int?) -> [UInt8] {
        var output: [UInt8] = []
        for sequence in start(of: count, filter)..<next where fits(sequence, filter) {
            output += EventEncoder.decode(history.event(sequence)).data
            output.append(0x0A)
        }
        return output
    }

    /// Where the newest `count` records that fit begin; nil: where memory begins.
    private func start(of count: Int?, _ filter: FeedTag) -> UInt64 {
        guard var left = count else { return first }
        var sequence = next
        while sequence > first, left > 0 {
            sequence -= 1
            if fits(sequence, filter) { left -= 1 }
        }
        return sequence
    }

    // MARK: Readers

    package mutating func subscribe(_ id: ConnectionID, _ request: FeedRequest, now: UInt64) {
        let filter = FeedTag(deployment: request.deployment, worker: request.worker)
        let cursor =
            switch request.resume {
            case .beginning, .unintelligible: start(of: request.lines, filter)
            case .now: next
            case .after(let id): id.epoch == epoch ? min(id.sequence &+ 1, next) : start(of: request.lines, filter)
            case .afterSequence(let sequence): min(sequence &+ 1, next)
            }
        readers.append(Reader(id: id, filter: filter, cursor: cursor, lastWrite: now))
        hasNews = true
    }

    package mutating func unsubscribe(_ id: ConnectionID) {
        readers.removeAll { $0.id == id }
    }

    /// The reader's socket can take more.
    package mutating func drained(_ id: ConnectionID) {
        guard let place = readers.firstIndex(where: { $0.id == id }) else { return }
        readers[place].blockedSince = nil
        hasNews = true
    }

    package typealias Deliver = (ConnectionID, UnsafeRawBufferPointer) -> Channel.Delivery

    /// Hands each reader that can take more what is new to it.
    package mutating func flush(now: UInt64, _ deliver: Deliver) {
        guard hasNews else { return }
        hasNews = false
        for place in readers.indices where readers[place].blockedSince == nil { flush(place, now, deliver) }
    }

    private mutating func flush(_ place: Int, _ now: UInt64, _ deliver: Deliver) {
        let (id, filter) = (readers[place].id, readers[place].filter)
        while readers[place].cursor < next {
            let cursor = readers[place].cursor
            var delivery = Channel.Delivery.accepted
            if cursor < first {
                delivery = Feed.gap(first - cursor).withUnsafeBytes { deliver(id, $0) }
                readers[place].cursor = first
            } else {
                let run = run(from: cursor, filter)
                readers[place].cursor = run.upperBound
                // Nothing that fits is left.
                if run.isEmpty { return }
                let offset = history.offset(of: run.lowerBound)
                let count = Int(history.offset(of: run.upperBound) - offset)
                delivery = deliver(id, history.slice(from: offset, limit: count))
            }
            readers[place].lastWrite = now
            if delivery == .blocked {
                readers[place].blockedSince = now
                return
            }
        }
    }

    /// The next records that fit and lie side by side, of about a slice in all; empty at the end.
    private func run(from cursor: UInt64, _ filter: FeedTag) -> Range<UInt64> {
        var start = cursor
        while start < next, !fits(start, filter) { start += 1 }
        var end = start
        while end < next, fits(end, filter),
            end == start || history.offset(of: end + 1) - history.offset(of: start) <= UInt64(Channel.sliceLimit)
        {
            end += 1
        }
        return start..<end
    }

    /// So many records were not in memory any more. Without an id, so that a reader that comes back goes on behind the
    /// last record that it has.
    private static func gap(_ missed: UInt64) -> [UInt8] {
        EventEncoder.encode(name: "gap", id: nil, data: Array(#"{"missed":\#(missed)}"#.utf8))
    }

    /// Keeps silent streams alive. Answers the readers that have taken nothing for `patience`, which are to be cut off.
    package mutating func tick(
        now: UInt64, heartbeat: UInt64, patience: UInt64, _ deliver: Deliver
    ) -> [ConnectionID] {
        var stuck: [ConnectionID] = []
        for place in readers.indices {
            if let since = readers[place].blockedSince {
                if now - since >= patience { stuck.append(readers[place].id) }
            } else if now - readers[place].lastWrite >= heartbeat {
                let delivery = EventEncoder.heartbeat.withUnsafeBytes { deliver(readers[place].id, $0) }
                readers[place].lastWrite = now
                if delivery == .blocked { readers[place].blockedSince = now }
            }
        }
        return stuck
    }
}
