/// A place in a worker in which one run can take place at a time.
package struct Slot: Hashable, Sendable {
    package let worker: WorkerID
    package let number: UInt16

    package init(worker: WorkerID, number: UInt16) {
        self.worker = worker
        self.number = number
    }
}

/// The free and the busy slots of one deployment: those of its ready workers.
///
/// A slot is taken and given back exactly once; a second give is a fault of the engine and stops the program. A worker
/// that goes takes its slots with it, busy ones included.
///
/// All slots busy is an answer (409, as in Cog). This is the one place where a waiting line would stand: `take` fails
/// here and nowhere else.
package struct SlotPool {
    private struct Member {
        let worker: WorkerID
        let capacity: Int
        /// The next one to take stands last.
        var free: [UInt16]
        var busy: Set<UInt16> = []
    }

    private var members: [Member] = []

    package init() {}

    package var capacity: Int { members.reduce(0) { $0 + $1.capacity } }
    package var busyCount: Int { members.reduce(0) { $0 + $1.busy.count } }
    package var freeCount: Int { members.reduce(0) { $0 + $1.free.count } }

    /// Those that it has slots of.
    var workers: [WorkerID] { members.map(\.worker) }
    var workerCount: Int { members.count }

    package mutating func workerBecameReady(_ worker: WorkerID, slots: Int) {
        precondition(!members.contains { $0.worker == worker }, "a worker becomes ready once")
        members.append(Member(worker: worker, capacity: slots, free: (0..<UInt16(slots)).reversed()))
    }

    /// It had left without an end of its own, and takes predictions again; some slots are in use.
    mutating func workerReturned(_ worker: WorkerID, slots: Int, busy: Set<UInt16>) {
        workerBecameReady(worker, slots: slots)
        members[members.count - 1].free.removeAll { busy.contains($0) }
        members[members.count - 1].busy = busy
    }

    package mutating func workerLeft(_ worker: WorkerID) {
        members.removeAll { $0.worker == worker }
    }

    /// A slot of the worker that has most of them free; the first such worker. Nil: all are busy.
    ///
    /// - Parameter avoided: a worker whose slots are taken only where no other has a free one.
    package mutating func take(avoiding avoided: WorkerID? = nil) -> Slot? {
        var best: Int?
        for place in members.indices where !members[place].free.isEmpty && members[place].worker != avoided {
            if best.map({ members[place].free.count > members[$0].free.count }) ?? true { best = place }
        }
        best = best ?? members.firstIndex { $0.worker == avoided && !$0.free.isEmpty }
        guard let best, let number = members[best].free.popLast() else { return nil }
        members[best].busy.insert(number)
        return Slot(worker: members[best].worker, number: number)
    }

    /// The run in the slot has ended. A worker that is gone has no slots, and nothing happens.
    package mutating func giveBack(_ slot: Slot) {
        guard let place = members.firstIndex(where: { $0.worker == slot.worker }) else { return }
        precondition(
            members[place].busy.remove(slot.number) != nil, "a slot is given back once, by the run that took it")
        members[place].free.append(slot.number)
    }
}
