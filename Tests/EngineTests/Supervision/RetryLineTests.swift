import Engine
import Testing

@Suite struct RetryLineTests {
    /// Keys of predictions that nobody knows but the test.
    private static let keys: [PredictionKey] = {
        var slab = Slab<Int>()
        return (0..<10).map { PredictionKey(handle: slab.insert($0)) }
    }()

    private static func entry(_ number: Int, due: UInt64 = 0, patience: UInt64 = 1_000) -> RetryLine.Entry {
        RetryLine.Entry(
            key: keys[number], arrival: UInt64(number), due: due, patienceEnd: patience, lostPlace: nil,
            outcome: .canceled)
    }

    private static func line(_ entries: RetryLine.Entry...) -> RetryLine {
        var line = RetryLine()
        for entry in entries { line.join(entry) }
        return line
    }

    @Test func theOneThatCameFirstGoesFirstWheneverItWasLost() {
        var line = Self.line(Self.entry(5), Self.entry(2), Self.entry(7), Self.entry(1))
        var order: [UInt64] = []
        while let entry = line.first(now: 0) {
            order.append(entry.arrival)
            line.leave(entry.arrival)
        }
        #expect(order == [1, 2, 5, 7])
        #expect(line.isEmpty)
    }

    @Test func whoWaitsOutItsBackOffHoldsUpNobody() {
        let line = Self.line(Self.entry(1, due: 100), Self.entry(2, due: 50))
        #expect(line.first(now: 49) == nil)
        #expect(!line.isBlocking(now: 49))
        #expect(line.first(now: 50)?.arrival == 2)
        #expect(line.isBlocking(now: 50))
        #expect(line.first(now: 100)?.arrival == 1)
    }

    @Test func somebodyLeavesFromAnywhere() {
        var line = Self.line(Self.entry(1), Self.entry(2), Self.entry(3))
        #expect(line.leave(2)?.key == Self.keys[2])
        #expect(line.leave(2) == nil)
        #expect(line.leave(9) == nil)
        #expect(line.count == 2)
        #expect(line.takeAll().map(\.arrival) == [1, 3])
        #expect(line.isEmpty)
    }

    @Test func patienceEndsForEachByItself() {
        var line = Self.line(Self.entry(1, patience: 100), Self.entry(2, due: 200, patience: 50), Self.entry(3))
        #expect(line.takeImpatient(now: 49).isEmpty)
        #expect(line.takeImpatient(now: 100).map(\.arrival) == [1, 2])
        #expect(line.count == 1)
    }

    @Test func saysWhenSomethingHappensNext() {
        #expect(RetryLine().nextTime(now: 0) == nil)
        let line = Self.line(Self.entry(1, due: 30, patience: 100), Self.entry(2, due: 20, patience: 90))
        #expect(line.nextTime(now: 0) == 20)
        #expect(line.nextTime(now: 20) == 30)
        #expect(line.nextTime(now: 30) == 90)
    }
}
