import SSE
import TestSupport
import Testing

@Suite("Replay history")
struct ReplayHistoryTests {
    static func bytes(_ slice: UnsafeRawBufferPointer) -> [UInt8] { Array(slice) }

    @Test func offsetsAndSequencesNeverChange() {
        var history = ReplayHistory(limits: HistoryLimits(events: 2, bytes: 1_000))
        #expect(history.nextSequence == 1)
        #expect(history.endOffset == 0)
        for event in ["one\n\n", "second\n\n", "3\n\n"] { history.append(Array(event.utf8)) }
        #expect(history.offset(of: 2) == 5)
        #expect(history.offset(of: 3) == 13)
        #expect(history.offset(of: 4) == 16)
        history.trim(keepingFrom: nil)
        #expect(history.historyStart == 2)
        #expect(history.firstRetained == 2)
        #expect(history.startOffset == 5)
        #expect(history.offset(of: 3) == 13)
        #expect(history.event(2) == Array("second\n\n".utf8))
        #expect(Self.bytes(history.slice(from: 13, limit: 100)) == Array("3\n\n".utf8))
        #expect(history.firstEvent == Array("one\n\n".utf8))
        #expect(history.droppedCount == 1)
        #expect(history.replayOffset == 5)
    }

    @Test func theFirstEventAndTheTerminalAreNeverLost() {
        var history = ReplayHistory(limits: HistoryLimits(events: 1, bytes: 10))
        for number in 1...50 { history.append(Array("event \(number)\n\n".utf8)) }
        history.append([UInt8](repeating: 0x61, count: 5_000), isTerminal: true)
        history.trim(keepingFrom: nil)
        #expect(history.firstEvent == Array("event 1\n\n".utf8))
        #expect(history.historyStart == 50)
        #expect(history.event(51).count == 5_000)
        #expect(history.droppedCount == 49)
    }

    @Test func anEventLargerThanTheHistoryIsDroppedFromItWithAllBefore() {
        var history = ReplayHistory(limits: HistoryLimits(events: 10, bytes: 20))
        history.append([UInt8](repeating: 0x61, count: 10))
        history.append([UInt8](repeating: 0x62, count: 21))
        #expect(history.droppedCount == 2)
        history.append([UInt8](repeating: 0x63, count: 20))
        #expect(history.historyStart == 3)
        history.trim(keepingFrom: nil)
        #expect(history.byteCount == 20)
    }

    @Test func withoutCapacityNothingIsReplayedAndNothingCountsAsDropped() {
        var history = ReplayHistory(limits: HistoryLimits(events: 0, bytes: 1_000))
        for _ in 0..<3 { history.append(Array("event\n\n".utf8)) }
        #expect(history.keepsNothing == true)
        #expect(history.droppedCount == 0)
        #expect(history.replayOffset == history.endOffset)
        history.trim(keepingFrom: nil)
        #expect(history.byteCount == 0)
        history.append(Array("end\n\n".utf8), isTerminal: true)
        history.trim(keepingFrom: nil)
        // The terminal event is what a reader can still have who comes after the end.
        #expect(Self.bytes(history.slice(from: history.replayOffset, limit: 100)) == Array("end\n\n".utf8))
        #expect(history.droppedCount == 0)
    }

    @Test func aCursorKeepsItsBytesFromTrimming() {
        var history = ReplayHistory(limits: HistoryLimits(events: 1, bytes: 1_000))
        for number in 1...9 { history.append(Array("event \(number)\n\n".utf8)) }
        // In the middle of the third event: that event stays whole.
        history.trim(keepingFrom: history.offset(of: 3) + 4)
        #expect(history.firstRetained == 3)
        #expect(history.historyStart == 9)
        history.trim(keepingFrom: history.endOffset)
        #expect(history.firstRetained == 9)
        history.trim(keepingFrom: history.startOffset)
        #expect(history.firstRetained == 9)
    }

    @Test func slicesAreCutBehindWholeEvents() {
        var history = ReplayHistory(limits: HistoryLimits(events: 100, bytes: 10_000))
        for _ in 0..<10 { history.append([UInt8](repeating: 0x61, count: 30)) }
        #expect(history.slice(from: 0, limit: 100).count == 90)
        #expect(history.slice(from: 0, limit: 90).count == 90)
        #expect(history.slice(from: 0, limit: 89).count == 60)
        #expect(history.slice(from: 240, limit: 60).count == 60)
        #expect(history.slice(from: 300, limit: 60).isEmpty)
        // An event that is larger than the limit has to be cut, and is finished before the next begins.
        #expect(history.slice(from: 0, limit: 20).count == 20)
        #expect(history.slice(from: 20, limit: 20).count == 10)
    }

    @Test func shrinkingGivesMemoryBackAndLosesNothing() {
        var history = ReplayHistory(limits: HistoryLimits(events: 4, bytes: 1_000_000))
        for number in 0..<10_000 { history.append(Array("event \(number)\n\n".utf8)) }
        history.trim(keepingFrom: nil)
        let replay = Self.bytes(history.slice(from: history.replayOffset, limit: 1_000))
        history.shrink()
        #expect(history.allocatedByteCount == history.byteCount)
        #expect(Self.bytes(history.slice(from: history.replayOffset, limit: 1_000)) == replay)
        #expect(history.event(9_998) == Array("event 9997\n\n".utf8))
        history.append(Array("end\n\n".utf8), isTerminal: true)
        #expect(history.event(10_001) == Array("end\n\n".utf8))
        var empty = ReplayHistory(limits: HistoryLimits(events: 4, bytes: 1_000))
        empty.shrink()
        empty.append(Array("event\n\n".utf8))
        #expect(empty.event(1) == Array("event\n\n".utf8))
    }

    // MARK: Against a model

    /// What the history has to be, written down in the simplest way: all events that ever were.
    struct Model {
        let limits: HistoryLimits
        var events: [[UInt8]] = []
        var hasTerminal = false
        var firstRetained = 1

        var offsets: [UInt64] { events.reduce(into: [0]) { $0.append($0.last! + UInt64($1.count)) } }
        var all: [UInt8] { events.flatMap { $0 } }

        /// The first event for a late reader: as many of the last ones as fit, the terminal one apart.
        var historyStart: Int {
            let counted = hasTerminal ? events.count - 1 : events.count
            if limits.events == 0 { return counted + 1 }
            var start = counted + 1
            var bytes = 0
            while start > 1, counted + 2 - start <= limits.events {
                bytes += events[start - 2].count
                if bytes > limits.bytes { break }
                start -= 1
            }
            return start
        }

        mutating func trim(keepingFrom cursor: UInt64?) {
            var keep = historyStart
            if let cursor, cursor < offsets.last! {
                keep = min(keep, offsets.dropLast().lastIndex { $0 <= cursor }! + 1)
            }
            firstRetained = max(firstRetained, keep)
        }
    }

    static let limits = [
        HistoryLimits(events: 0, bytes: 1_000), HistoryLimits(events: 1, bytes: 1_000),
        HistoryLimits(events: 7, bytes: 100), HistoryLimits(events: 40, bytes: 3_000),
    ]

    @Test(arguments: limits, [21, 22, 23] as [UInt64])
    func againstTheModel(_ limits: HistoryLimits, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var history = ReplayHistory(limits: limits)
        var model = Model(limits: limits)
        for step in 0..<400 {
            switch Int.random(in: 0...9, using: &generator) {
            case 0:
                let cursor: UInt64? =
                    Bool.random(using: &generator)
                    ? UInt64.random(in: history.startOffset...history.endOffset, using: &generator) : nil
                history.trim(keepingFrom: cursor)
                model.trim(keepingFrom: cursor)
            case 1: history.shrink()
            default:
                let event = generator.bytes(Int.random(in: 1...120, using: &generator))
                model.hasTerminal = step == 399
                model.events.append(event)
                history.append(event, isTerminal: model.hasTerminal)
            }
            if let difference = Self.difference(history, model, &generator) {
                Issue.record("seed \(seed), step \(step), \(limits): \(difference)")
                return
            }
        }
    }

    static func difference(
        _ history: borrowing ReplayHistory, _ model: Model, _ generator: inout SeededGenerator
    ) -> String? {
        let offsets = model.offsets
        if history.nextSequence != UInt64(model.events.count + 1) { return "nextSequence" }
        if history.endOffset != offsets.last! { return "endOffset" }
        if history.historyStart != UInt64(model.historyStart) {
            return "historyStart \(history.historyStart) instead of \(model.historyStart)"
        }
        if history.firstRetained != UInt64(model.firstRetained) {
            return "firstRetained \(history.firstRetained) instead of \(model.firstRetained)"
        }
        if history.startOffset != offsets[model.firstRetained - 1] { return "startOffset" }
        if !model.events.isEmpty, history.firstEvent != model.events[0] { return "firstEvent" }
        for sequence in model.firstRetained..<(model.events.count + 1) {
            if history.offset(of: UInt64(sequence)) != offsets[sequence - 1] { return "offset of \(sequence)" }
            if history.event(UInt64(sequence)) != model.events[sequence - 1] { return "event \(sequence)" }
        }
        guard history.startOffset < history.endOffset else { return nil }
        let offset = UInt64.random(in: history.startOffset..<history.endOffset, using: &generator)
        let expected = offsets.dropLast().lastIndex { $0 <= offset }! + 1
        if history.sequence(at: offset) != UInt64(expected) { return "sequence at \(offset)" }
        if history.sequence(at: history.endOffset) != history.nextSequence { return "sequence at the end" }
        let limit = Int.random(in: 1...400, using: &generator)
        let slice = bytes(history.slice(from: offset, limit: limit))
        let rest = model.all[Int(offset)...]
        if slice.isEmpty || slice.count > limit || !rest.starts(with: slice) { return "slice at \(offset)" }
        let end = offset + UInt64(slice.count)
        let fits = offsets.contains { $0 > offset && $0 <= offset + UInt64(limit) }
        if fits, !offsets.contains(end) { return "slice at \(offset) is cut inside an event" }
        return nil
    }
}
