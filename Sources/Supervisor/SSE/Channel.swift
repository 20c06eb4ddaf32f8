/// How much an attached reader may be behind before it is told that it lost events.
package struct LiveWindow: Equatable, Sendable {
    /// A reader that is behind by no more events than this is kept, up to `hardByteFactor` times the bytes.
    package var events: Int
    /// A reader that is behind by no more bytes than this is kept, however many events they are.
    package var bytes: Int
    /// Bounds what few but very large events may hold in memory.
    package static let hardByteFactor = 8
    /// The share of the window at which its owner should stop feeding the stream for a while, and the one at which to
    /// go on: half, so that what is already on its way still fits; an eighth, so that it does not flutter.
    static let pauseDivisor = 2
    static let resumeDivisor = 8

    package init(events: Int, bytes: Int) {
        self.events = events
        self.bytes = bytes
    }

    fileprivate func isOverrun(events behind: UInt64, bytes behindBytes: UInt64) -> Bool {
        if behindBytes <= UInt64(bytes) { return false }
        return behind > UInt64(events) || behindBytes > UInt64(bytes) * UInt64(LiveWindow.hardByteFactor)
    }
}

/// One stream of events: its history and the cursors of its readers.
///
/// Replay, live delivery and slow readers are one mechanism: a reader gets what lies between its cursor and the end, at
/// the end of every turn of the loop in which something was appended. Nothing is queued for it beyond that.
package struct Channel: ~Copyable {
    /// At most so many bytes are handed to a connection at once. What its socket does not take of them is all that is
    /// ever copied for one reader.
    package static let sliceLimit = 64 * 1024

    package let epoch: Epoch
    package private(set) var history: ReplayHistory
    package private(set) var subscriptions: [Subscription] = []
    private let window: LiveWindow
    private var nextID = DecimalCounter(1)

    package init(epoch: Epoch, limits: HistoryLimits, window: LiveWindow) {
        self.epoch = epoch
        self.window = window
        history = ReplayHistory(limits: limits)
    }

    // MARK: Appending

    /// The id that the next event will have.
    package var nextEventID: EventID { EventID(epoch: epoch, sequence: history.nextSequence) }

    /// Appends an event of the template, whose payload is clean.
    @inline(__always)
    package mutating func append(
        _ template: borrowing EventTemplate, payload: UnsafeRawBufferPointer, number: DecimalCounter
    ) {
        history.append(template, sequence: nextID, payload: payload, number: number)
        nextID.increment()
    }

    /// Appends an event of the template whose number is its own sequence number.
    package mutating func append(_ template: borrowing EventTemplate, payload: UnsafeRawBufferPointer) {
        append(template, payload: payload, number: nextID)
    }

    /// Appends an event with the next id. Answers whether its data stands there byte for byte.
    @discardableResult
    package mutating func append(name: String?, data: [UInt8], isTerminal: Bool = false) -> Bool {
        let isClean = data.withUnsafeBytes { PayloadScan.of($0) == .clean }
        if isClean {
            // The terminal event repeats the whole output: it is copied once, into its place.
            history.append(EventEncoder.head(name: name, id: nextEventID), data, isTerminal: isTerminal)
        } else {
            history.append(EventEncoder.encode(name: name, id: nextEventID, data: data), isTerminal: isTerminal)
        }
        nextID.increment()
        return isClean
    }

    /// The data of the latest event, which must be in memory, have this name, and have been appended as it is.
    package func latestData(name: String?) -> [UInt8] {
        let sequence = history.nextSequence - 1
        let head = EventEncoder.head(name: name, id: EventID(epoch: epoch, sequence: sequence))
        return history.event(sequence, droppingFirst: head.count, last: EventEncoder.endByteCount)
    }

    // MARK: Readers

    package mutating func subscribe(_ id: SubscriberID, at cursor: UInt64, lagPolicy: LagPolicy, now: UInt64) {
        subscriptions.append(Subscription(id: id, lagPolicy: lagPolicy, cursor: cursor, lastWrite: now))
    }

    /// Forgets the reader; answers whether there was one.
    package mutating func unsubscribe(_ id: SubscriberID) -> Bool {
        guard let place = subscriptions.firstIndex(where: { $0.id == id }) else { return false }
        subscriptions.swapAt(place, subscriptions.count - 1)
        subscriptions.removeLast()
        return true
    }

    package func hasSubscriber(_ id: SubscriberID) -> Bool {
        subscriptions.contains { $0.id == id }
    }

    /// What became of bytes that were handed to a connection. In each case it has taken all of them.
    package enum Delivery {
        /// More can follow.
        case accepted
        /// The socket is full; a copy of the rest waits in the connection.
        case blocked
    }

    /// What a reader has to be told apart from the events of the stream.
    package enum Notice: Equatable, Sendable {
        /// These events are lost to it; it goes on behind them.
        case gap(from: UInt64, through: UInt64)
        /// So many events are lost to it; its stream ends.
        case lagged(skipped: UInt64)
        /// It has the terminal event; its stream ends.
        case finished
    }

    /// Hands every reader that can take more what lies behind its cursor. Readers that are done, or have to be told of a
    /// loss, come back through `notice`; for those whose stream ends the subscription is gone by then.
    package mutating func flush(
        now: UInt64, deliver: (SubscriberID, UnsafeRawBufferPointer) -> Delivery,
        notice: (SubscriberID, Notice) -> Void
    ) {
        let end = history.endOffset
        let terminal = history.hasTerminal
        var place = 0
        while place < subscriptions.count {
            guard subscriptions[place].state == .live else {
                place += 1
                continue
            }
            var cursor = subscriptions[place].cursor
            let id = subscriptions[place].id
            if cursor < end {
                var delivery = Delivery.accepted
                repeat {
                    let slice = history.slice(from: cursor, limit: Channel.sliceLimit)
                    delivery = deliver(id, slice)
                    cursor &+= UInt64(slice.count)
                } while cursor < end && delivery == .accepted
                subscriptions[place].cursor = cursor
                subscriptions[place].lastWrite = now
                if delivery == .blocked { subscriptions[place].state = .blocked(since: now) }
            }
            if terminal && cursor == end {
                subscriptions.swapAt(place, subscriptions.count - 1)
                subscriptions.removeLast()
                notice(id, .finished)
            } else {
                place += 1
            }
        }
    }

    /// A reader's socket has drained: it can be written to again. Answers what it has to be told first; with
    /// `.lagged` its subscription is over.
    package mutating func drained(_ id: SubscriberID) -> Notice? {
        guard let place = subscriptions.firstIndex(where: { $0.id == id }) else { return nil }
        guard case .lagged(let missedFrom, _) = subscriptions[place].state else {
            subscriptions[place].state = .live
            return nil
        }
        // A history that reaches further back than the live window may still have all of it.
        let resume = max(missedFrom, history.historyStart)
        switch subscriptions[place].lagPolicy {
        case .errorAndEnd where resume > missedFrom:
            subscriptions.remove(at: place)
            return .lagged(skipped: history.nextSequence - missedFrom)
        case .gapAndContinue, .errorAndEnd:
            subscriptions[place].state = .live
            subscriptions[place].cursor = history.offset(of: resume)
            return resume > missedFrom ? .gap(from: missedFrom, through: resume - 1) : nil
        }
    }

    /// Ends a turn: readers that are too far behind lose their claim on the bytes, and what nobody needs any more is let
    /// go. Readers that stand in the middle of an event, which cannot be made whole for them any more, are removed and
    /// answered, to be cut off.
    package mutating func settle() -> [SubscriberID] {
        var cutOff: [SubscriberID] = []
        var slowest: UInt64?
        let end = history.endOffset
        var place = 0
        while place < subscriptions.count {
            let subscription = subscriptions[place]
            place += 1
            if case .lagged = subscription.state { continue }
            guard case .blocked(let since) = subscription.state else {
                slowest = min(slowest ?? end, subscription.cursor)
                continue
            }
            let behind = end - subscription.cursor
            guard behind > UInt64(window.bytes) else {
                slowest = min(slowest ?? end, subscription.cursor)
                continue
            }
            let next = history.sequence(at: subscription.cursor)
            guard window.isOverrun(events: history.nextSequence - next, bytes: behind) else {
                slowest = min(slowest ?? end, subscription.cursor)
                continue
            }
            if history.offset(of: next) == subscription.cursor {
                subscriptions[place - 1].state = .lagged(missedFrom: next, since: since)
            } else {
                cutOff.append(subscription.id)
                place -= 1
                subscriptions.remove(at: place)
            }
        }
        history.trim(keepingFrom: slowest)
        return cutOff
    }

    /// Whether some reader that has not been given up is so far behind that the stream should not be fed for a while
    /// (`isPaused`: should not be fed on yet).
    package func isNearlyOverrun(isPaused: Bool) -> Bool {
        let mark = UInt64(window.bytes / (isPaused ? LiveWindow.resumeDivisor : LiveWindow.pauseDivisor))
        let end = history.endOffset
        return subscriptions.contains { subscription in
            if case .blocked = subscription.state { return end - subscription.cursor > mark }
            return false
        }
    }

    /// Marks that something other than events was written to a reader.
    package mutating func touched(_ id: SubscriberID, now: UInt64) {
        guard let place = subscriptions.firstIndex(where: { $0.id == id }) else { return }
        subscriptions[place].lastWrite = now
    }

    /// A reader's socket turned out to be full.
    package mutating func blocked(_ id: SubscriberID, now: UInt64) {
        guard let place = subscriptions.firstIndex(where: { $0.id == id }), subscriptions[place].state == .live else {
            return
        }
        subscriptions[place].state = .blocked(since: now)
    }

    /// For a stream that has ended: gives back what only the running one needed.
    package mutating func shrink() {
        history.shrink()
    }
}
