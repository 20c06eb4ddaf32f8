import Synchronization

/// The threads of the slots, each made when its slot is first used.
final class ExecutorPool: Sendable {
    private struct State {
        var executors: [UInt16: SlotExecutor] = [:]
        var isEnding = false
    }

    private let state = Mutex(State())

    /// The executor of `slot`, the same each time.
    subscript(slot: UInt16) -> SlotExecutor {
        state.withLock { state in
            if let executor = state.executors[slot] { return executor }
            let executor = SlotExecutor()
            if state.isEnding { executor.end() }
            state.executors[slot] = executor
            return executor
        }
    }

    /// Lets the threads end as soon as they have nothing to do.
    func end() {
        state.withLock { state in
            state.isEnding = true
            for executor in state.executors.values { executor.end() }
        }
    }
}
