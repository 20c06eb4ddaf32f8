import Testing
import Worker

@Suite struct RunTableTests {
    private func table(_ runs: (slot: UInt16, number: UInt64)...) -> RunTable<UInt64> {
        var table = RunTable<UInt64>()
        for run in runs { _ = table.begin(run.number, slot: run.slot, number: run.number) }
        return table
    }

    @Test func aSlotTakesOneRun() {
        var table = table((slot: 3, number: 1))
        let isRefused = !table.begin(2, slot: 3, number: 2)
        let isTaken = table.begin(2, slot: 0, number: 2)
        #expect(isRefused)
        #expect(isTaken)
        #expect(table.active == [2, 1])
        #expect(!table.isIdle)
    }

    @Test(arguments: [(0, 1, 1), (0, 2, nil), (1, 1, nil)] as [(UInt16, UInt64, UInt64?)])
    func aCancelMeansOneRun(slot: UInt16, number: UInt64, run: UInt64?) {
        var table = table((slot: 0, number: 1))
        let canceled = table.cancel(slot: slot, number: number)
        #expect(canceled == run)
    }

    @Test func aSecondCancelMeansNothing() {
        var table = table((slot: 0, number: 1))
        _ = table.cancel(slot: 0, number: 1)
        let again = table.cancel(slot: 0, number: 1)
        #expect(again == nil)
    }

    @Test func aLateCancelDoesNotHitTheNextRunOfTheSlot() {
        var table = table((slot: 0, number: 1))
        _ = table.end(slot: 0, number: 1)
        _ = table.begin(2, slot: 0, number: 2)
        let late = table.cancel(slot: 0, number: 1)
        let right = table.cancel(slot: 0, number: 2)
        #expect(late == nil)
        #expect(right == 2)
    }

    @Test func aRunEndsOnce() {
        var table = table((slot: 0, number: 1))
        let other = table.end(slot: 0, number: 2)
        let first = table.end(slot: 0, number: 1)
        let second = table.end(slot: 0, number: 1)
        #expect([other, first, second] == [false, true, false])
    }

    /// The worker may exit when nothing is left to be written, and the slot is free before that.
    @Test func aFreeSlotIsNotYetTheEnd() {
        var table = table((slot: 0, number: 1))
        _ = table.end(slot: 0, number: 1)
        #expect(table.active.isEmpty)
        #expect(!table.isIdle)
        let isTaken = table.begin(2, slot: 0, number: 2)
        #expect(isTaken)
        table.endWritten()
        #expect(!table.isIdle)
        _ = table.end(slot: 0, number: 2)
        table.endWritten()
        #expect(table.isIdle)
    }
}
