/// Which run is in which slot, and which runs are not over yet.
///
/// A slot is free again *before* the frame that says so is written, because the next run for it may come as soon as the
/// supervisor has read that frame; but the worker may not exit until it is written. Hence a run ends in two steps.
package struct RunTable<Run> {
    private struct Entry {
        let number: UInt64
        let run: Run
        var isCanceled = false
    }

    private var entries: [UInt16: Entry] = [:]
    /// Runs whose slots are free but whose last frames are not written.
    private var unwritten = 0

    /// A table without runs.
    package init() {}

    /// Whether nothing goes on and nothing is left to be written.
    package var isIdle: Bool { entries.isEmpty && unwritten == 0 }

    /// Runs that have a slot, by slot.
    package var active: [Run] { entries.sorted { $0.key < $1.key }.map(\.value.run) }

    /// The run number `number`, if it has `slot` now.
    package func run(slot: UInt16, number: UInt64) -> Run? {
        guard let entry = entries[slot], entry.number == number else { return nil }
        return entry.run
    }

    /// Puts run number `number` into `slot`.
    ///
    /// - Returns: Whether the slot was free; if not, nothing changes.
    package mutating func begin(_ run: Run, slot: UInt16, number: UInt64) -> Bool {
        guard entries[slot] == nil else { return false }
        entries[slot] = Entry(number: number, run: run)
        return true
    }

    /// The run that a cancel means.
    ///
    /// - Returns: The run in `slot` if it is number `number` and was not cancelled before; nil when the cancel came
    ///   too late, or twice, and means nothing.
    package mutating func cancel(slot: UInt16, number: UInt64) -> Run? {
        guard let entry = entries[slot], entry.number == number, !entry.isCanceled else { return nil }
        entries[slot]?.isCanceled = true
        return entry.run
    }

    /// Frees the slot of run number `number`, whose last frame is to be written next.
    ///
    /// - Returns: Whether it had the slot; if not, someone else has ended it and its last frame must not be written
    ///   again.
    package mutating func end(slot: UInt16, number: UInt64) -> Bool {
        guard entries[slot]?.number == number else { return false }
        entries[slot] = nil
        unwritten += 1
        return true
    }

    /// Says that the last frame of a run that has ended is written.
    package mutating func endWritten() {
        unwritten -= 1
    }
}
