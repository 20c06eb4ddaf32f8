import EventLoop
import TestSupport
import Testing

@Suite struct TimerHeapTests {
    @Test func expiresInOrderOfDeadlineThenOfScheduling() {
        var heap = TimerHeap()
        let late = heap.schedule(at: 30)
        let first = heap.schedule(at: 10)
        let second = heap.schedule(at: 10)
        #expect(heap.nextDeadline == 10)
        #expect(heap.popExpired(now: 9) == nil)
        #expect(heap.popExpired(now: 10) == first)
        #expect(heap.popExpired(now: 10) == second)
        #expect(heap.popExpired(now: 29) == nil)
        #expect(heap.popExpired(now: 99) == late)
        #expect(heap.popExpired(now: .max) == nil)
        #expect(heap.nextDeadline == nil)
    }

    @Test func tokenOfAnEndedTimerNamesNoLaterOne() {
        var heap = TimerHeap()
        let cancelled = heap.schedule(at: 1)
        let isCancelled = heap.cancel(cancelled)
        #expect(isCancelled)
        let next = heap.schedule(at: 2)
        let isCancelledAgain = heap.cancel(cancelled)
        let isMoved = heap.move(cancelled, to: 0)
        #expect(!isCancelledAgain && !isMoved && heap.count == 1)
        #expect(heap.popExpired(now: 2) == next)
        let isCancelledAfterExpiry = heap.cancel(next)
        #expect(!isCancelledAfterExpiry)
    }

    @Test func movedTimerTakesItsNewPlace() {
        var heap = TimerHeap()
        let moved = heap.schedule(at: 1)
        let other = heap.schedule(at: 5)
        let isMoved = heap.move(moved, to: 5)
        #expect(isMoved && heap.nextDeadline == 5)
        #expect(heap.popExpired(now: 5) == other)
        #expect(heap.popExpired(now: 5) == moved)
    }

    /// Against a plain list that is searched from end to end.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func behavesAsAPlainList(seed: UInt64) {
        struct Model {
            var token: TimerToken
            var deadline: UInt64
            var order: Int
        }
        var random = SeededGenerator(seed: seed)
        var heap = TimerHeap()
        var model: [Model] = []
        var ended: [TimerToken] = []
        var now: UInt64 = 0
        for step in 0..<2_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                let deadline = now + UInt64.random(in: 0..<50, using: &random)
                model.append(Model(token: heap.schedule(at: deadline), deadline: deadline, order: step))
            case 4, 5:
                guard let index = model.indices.randomElement(using: &random) else { continue }
                let token = model.remove(at: index).token
                let isCancelled = heap.cancel(token)
                #expect(isCancelled, "seed \(seed), step \(step)")
                ended.append(token)
            case 6:
                guard let index = model.indices.randomElement(using: &random) else { continue }
                model[index].deadline = now + UInt64.random(in: 0..<50, using: &random)
                model[index].order = step
                let isMoved = heap.move(model[index].token, to: model[index].deadline)
                #expect(isMoved, "seed \(seed), step \(step)")
            case 7:
                guard let token = ended.randomElement(using: &random) else { continue }
                let isCancelled = heap.cancel(token)
                #expect(!isCancelled, "seed \(seed), step \(step)")
            default:
                now += UInt64.random(in: 0..<5, using: &random)
                let expired = model.filter { $0.deadline <= now }
                    .sorted { ($0.deadline, $0.order) < ($1.deadline, $1.order) }
                for timer in expired {
                    #expect(heap.popExpired(now: now) == timer.token, "seed \(seed), step \(step)")
                    ended.append(timer.token)
                }
                #expect(heap.popExpired(now: now) == nil, "seed \(seed), step \(step)")
                model.removeAll { $0.deadline <= now }
            }
            #expect(heap.count == model.count && heap.nextDeadline == model.map(\.deadline).min(), "seed \(seed)")
        }
    }
}
