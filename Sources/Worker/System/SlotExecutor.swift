/// Runs the tasks of one slot on a thread of its own.
///
/// A handler that blocks (in a call to a C library, or because the pipe is full) holds up its own run and no other.
/// What a run starts beside itself while its thread is busy goes to Swift's shared pool, so that task groups keep their
/// parallelism.
final class SlotExecutor: TaskExecutor {
    private struct State {
        var isBusy = false
        var job: UnownedJob?
        var isEnding = false
    }

    private enum Order {
        case run(UnownedJob)
        case end
    }

    private let state = Monitor(State())

    /// An executor and its thread, which lasts until ``end()``.
    init() {
        let state = state
        let executor = Unmanaged.passUnretained(self)
        // The thread must not keep the executor alive, and the executor outlives every job that it runs.
        let identity = ExecutorIdentity(executor)
        Thread.start {
            while case .run(let job) = Self.next(state) {
                job.runSynchronously(on: identity.executor.asUnownedTaskExecutor())
                state.change { $0.isBusy = false }
            }
        }
    }

    private static func next(_ state: Monitor<State>) -> Order {
        state.wait { state in
            if let job = state.job {
                state.job = nil
                return .run(job)
            }
            return state.isEnding ? .end : nil
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isTaken = state.change { state in
            if state.isBusy || state.isEnding { return false }
            state.isBusy = true
            state.job = job
            return true
        }
        if !isTaken { globalConcurrentExecutor.enqueue(job) }
    }

    /// Lets the thread end; later jobs go to the shared pool.
    func end() {
        state.change { $0.isEnding = true }
    }
}

/// An executor as its thread knows it.
private struct ExecutorIdentity: @unchecked Sendable {
    // Unchecked because `Unmanaged` is not Sendable; the class it stands for is.
    private let reference: Unmanaged<SlotExecutor>

    init(_ reference: Unmanaged<SlotExecutor>) { self.reference = reference }

    var executor: SlotExecutor { reference.takeUnretainedValue() }
}
