import Engine
import TestSupport
import Testing
import WireProtocol

@Suite struct PendingCancellationsTests {
    private static func id(_ number: Int) -> PredictionID {
        guard let id = PredictionID("p\(number)") else { preconditionFailure("a short text is an id") }
        return id
    }

    private static func limited(_ count: Int) -> PendingCancellations {
        PendingCancellations(limits: .init(count: count, age: 60))
    }

    @Test func isTakenOnce() {
        var pending = Self.limited(10)
        let dropped = pending.insert(Self.id(1), now: 0)
        #expect(dropped == nil)
        let isPending = pending.take(Self.id(1), now: 59)
        #expect(isPending)
        let isStillPending = pending.take(Self.id(1), now: 59)
        #expect(!isStillPending)
    }

    @Test func isForgottenWithAge() {
        var pending = Self.limited(10)
        _ = pending.insert(Self.id(1), now: 0)
        let isPending = pending.take(Self.id(1), now: 60)
        #expect(!isPending)
        #expect(pending.count == 0)
    }

    @Test func repeatingMakesItYounger() {
        var pending = Self.limited(10)
        _ = pending.insert(Self.id(1), now: 0)
        _ = pending.insert(Self.id(1), now: 30)
        pending.expire(now: 60)
        #expect(pending.count == 1)
        let isPending = pending.take(Self.id(1), now: 89)
        #expect(isPending)
    }

    @Test func theOldestLeavesFirst() {
        var pending = Self.limited(3)
        for number in 1...3 {
            let dropped = pending.insert(Self.id(number), now: UInt64(number))
            #expect(dropped == nil)
        }
        let droppedForFourth = pending.insert(Self.id(4), now: 4)
        #expect(droppedForFourth == Self.id(1))
        #expect(pending.droppedCount == 1)
        let isFirstPending = pending.take(Self.id(1), now: 5)
        #expect(!isFirstPending)
        let isSecondPending = pending.take(Self.id(2), now: 5)
        #expect(isSecondPending)
    }

    @Test func staysWithinItsCapUnderAFlood() {
        var pending = Self.limited(1000)
        for number in 0..<20_000 {
            _ = pending.insert(Self.id(number), now: UInt64(number) / 1000)
            #expect(pending.count <= 1000)
        }
        #expect(pending.droppedCount == 19_000)
    }
}

@Suite struct LogLinesTests {
    @Test(
        arguments: [
            (["a\nb"], ["a\n"], "b"),
            (["a", "b\n", "c\nd\n"], ["ab\n", "c\nd\n"], nil),
            (["a\nb", "c\nd"], ["a\n", "bc\n"], "d"),
            (["", "x"], [], "x"),
        ] as [([String], [String], String?)])
    func passesWholeLinesOn(pieces: [String], lines: [String], rest: String?) {
        var assembler = LogLines()
        let passed = pieces.compactMap { assembler.receive(Array($0.utf8)) }
        #expect(passed == lines.map { Array($0.utf8) })
        let left = assembler.flush()
        #expect(left == rest.map { Array($0.utf8) })
        let leftAgain = assembler.flush()
        #expect(leftAgain == nil)
    }

    @Test func doesNotCollectALineWithoutEnd() {
        var assembler = LogLines()
        let half = [UInt8](repeating: 0x61, count: LogLines.lineLimit / 2)
        let early = assembler.receive(half)
        #expect(early == nil)
        let passed = assembler.receive(half)
        #expect(passed?.count == LogLines.lineLimit)
    }
}

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000000+00:00"),
            (951_782_400_000_000_001, "2000-02-29T00:00:00.000000001+00:00"),
            (1_755_768_600_123_456_789, "2025-08-21T09:30:00.123456789+00:00"),
            (4_102_444_799_999_999_999, "2099-12-31T23:59:59.999999999+00:00"),
        ] as [(UInt64, String)])
    func isWrittenAsCogWritesIt(wall: UInt64, text: String) {
        #expect(Timestamp.text(wall) == text)
    }
}

@Suite struct SlabTests {
    @Test func handlesOutliveNothing() {
        var slab = Slab<Int>()
        let first = slab.insert(1)
        let removed = slab.remove(first)
        #expect(removed == 1)
        let second = slab.insert(2)
        let hasFirst = slab.contains(first)
        #expect(!hasFirst)
        let hasSecond = slab.contains(second)
        #expect(hasSecond)
        let value = slab[second]
        #expect(value == 2)
    }

    /// Against a dictionary, with random insertions and removals.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func behavesLikeADictionary(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var slab = Slab<Int>()
        var model: [SlabHandle: Int] = [:]
        for value in 0..<2000 {
            if Bool.random(using: &generator) || model.isEmpty {
                model[slab.insert(value)] = value
            } else if let handle = model.keys.randomElement(using: &generator) {
                let removed = slab.remove(handle)
                #expect(removed == model.removeValue(forKey: handle), "seed \(seed)")
                let isStillThere = slab.contains(handle)
                #expect(!isStillThere, "seed \(seed)")
            }
            let count = slab.count
            #expect(count == model.count, "seed \(seed)")
        }
        for (handle, value) in model {
            let found = slab[handle]
            #expect(found == value, "seed \(seed)")
        }
    }
}
