import SSE
import WireProtocol

/// Where a new reader of a stream begins, and what it is told before that.
struct ReplayStart {
    /// The offset in the history; nil: there is nothing for it, the stream ends after the preamble.
    let cursor: UInt64?
    let replay: StreamOpening.Replay
    let replayFrom: EventID?
    /// Whole events for this reader alone.
    var preamble: [UInt8] = []
    /// It has the terminal event already.
    var hasSeenEverything = false

    /// Milliseconds of `retry:` for an EventSource: between these, drawn once per run, so that the readers of a server
    /// that went away do not all come back at the same instant.
    private static let retryMilliseconds = 1500...3000

    /// - Parameter isCreator: the reader's own request began the run; it gets everything, whatever the history keeps.
    static func choose(
        _ request: StreamRequest, _ channel: borrowing Channel, isCreator: Bool
    ) -> ReplayStart {
        if isCreator {
            return ReplayStart(cursor: channel.history.offset(of: 1), replay: .full, replayFrom: nil)
        }
        let place = Place(request.resume, channel)
        switch place {
        case .beginning(let isForeign): return beginning(request, channel, isForeign: isForeign)
        case .now:
            return ReplayStart(
                cursor: channel.history.endOffset, replay: .live, replayFrom: last(channel),
                hasSeenEverything: channel.history.hasTerminal)
        case .next(let sequence): return resumed(request, channel, next: sequence)
        }
    }

    /// What a resume point means for a channel.
    private enum Place {
        case beginning(isForeign: Bool)
        case now
        case next(UInt64)

        init(_ point: ResumePoint, _ channel: borrowing Channel) {
            switch point {
            case .beginning: self = .beginning(isForeign: false)
            case .now: self = .now
            case .unintelligible: self = .beginning(isForeign: true)
            case .after(let id) where id.epoch != channel.epoch: self = .beginning(isForeign: true)
            case .after(let id): self.init(after: id.sequence, channel)
            case .afterSequence(let sequence): self.init(after: sequence, channel)
            }
        }

        private init(after sequence: UInt64, _ channel: borrowing Channel) {
            // A number that was never given out is of another run, whatever its epoch says.
            self = sequence < channel.history.nextSequence ? .next(sequence + 1) : .beginning(isForeign: true)
        }
    }

    private static func last(_ channel: borrowing Channel) -> EventID? {
        let next = channel.history.nextSequence
        return next > 1 ? EventID(epoch: channel.epoch, sequence: next - 1) : nil
    }

    private static func beginning(
        _ request: StreamRequest, _ channel: borrowing Channel, isForeign: Bool
    ) -> ReplayStart {
        let dropped = channel.history.droppedCount
        if channel.history.keepsNothing {
            return ReplayStart(cursor: channel.history.replayOffset, replay: .live, replayFrom: nil)
        }
        switch request.flavor {
        case .cog:
            return dropped > 0
                ? ReplayStart(
                    cursor: nil, replay: .truncated, replayFrom: nil,
                    preamble: NativeProfile.lossError(replay: true, skipped: dropped))
                : ReplayStart(cursor: channel.history.replayOffset, replay: .full, replayFrom: nil)
        case .typed:
            return ReplayStart(
                cursor: channel.history.replayOffset, replay: dropped > 0 ? .truncated : .full,
                replayFrom: dropped > 0 ? EventID(epoch: channel.epoch, sequence: dropped) : nil)
        case .events:
            var start = eventsFromBeginning(channel, dropped: dropped)
            if isForeign { start.preamble = NativeProfile.gap(from: nil, through: nil) + start.preamble }
            return start
        }
    }

    /// The first event with its `retry:` line, a gap where there is one, and then the history.
    private static func eventsFromBeginning(_ channel: borrowing Channel, dropped: UInt64) -> ReplayStart {
        guard channel.history.nextSequence > 1 else {
            return ReplayStart(cursor: channel.history.replayOffset, replay: .full, replayFrom: nil)
        }
        let (name, data) = EventEncoder.decode(channel.history.firstEvent)
        let first = EventID(epoch: channel.epoch, sequence: 1)
        var preamble = EventEncoder.encode(name: name, id: first, retry: retry(channel.epoch), data: data)
        guard dropped > 1 else {
            return ReplayStart(
                cursor: channel.history.offset(of: 2), replay: .full, replayFrom: nil, preamble: preamble)
        }
        let through = EventID(epoch: channel.epoch, sequence: dropped)
        preamble += NativeProfile.gap(from: EventID(epoch: channel.epoch, sequence: 2), through: through)
        return ReplayStart(
            cursor: channel.history.replayOffset, replay: .truncated, replayFrom: through, preamble: preamble)
    }

    private static func resumed(
        _ request: StreamRequest, _ channel: borrowing Channel, next: UInt64
    ) -> ReplayStart {
        let before = EventID(epoch: channel.epoch, sequence: next - 1)
        let available = max(channel.history.historyStart, channel.history.firstRetained)
        if next >= available {
            let seen = channel.history.hasTerminal && next == channel.history.nextSequence
            return ReplayStart(
                cursor: channel.history.offset(of: next), replay: .resumed, replayFrom: before, hasSeenEverything: seen)
        }
        let through = EventID(epoch: channel.epoch, sequence: available - 1)
        switch request.flavor {
        case .cog:
            return ReplayStart(
                cursor: nil, replay: .truncated, replayFrom: nil,
                preamble: NativeProfile.lossError(replay: true, skipped: available - next))
        case .events:
            let gap = NativeProfile.gap(from: EventID(epoch: channel.epoch, sequence: next), through: through)
            return ReplayStart(
                cursor: channel.history.replayOffset, replay: .truncated, replayFrom: through, preamble: gap)
        case .typed:
            return ReplayStart(cursor: channel.history.replayOffset, replay: .truncated, replayFrom: through)
        }
    }

    /// The same for all readers of a run: taken from its epoch.
    private static func retry(_ epoch: Epoch) -> Int {
        let sum = epoch.bytes.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
        return retryMilliseconds.lowerBound + sum % retryMilliseconds.count
    }
}
