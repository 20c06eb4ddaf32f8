import Glibc

/// Runs the tasks of one slot on threads of its own.
///
/// A handler that blocks (in a call to a C library, or because the pipe is full) holds up its own run and no other, and
/// Swift's shared pool is left to whoever wants it. There is one thread as long as one is enough; task groups get as
/// many as there are processors.
final class SlotExecutor: TaskExecutor {
    private struct State {
        /// Jobs in their order; those before `first` are done with.
        var jobs: [UnownedJob] = []
        var first = 0
        var threads = 0
        /// Threads that wait.
        var idle = 0
        var isEnding = false

        var waiting: Int { jobs.count - first }

        mutating func next() -> UnownedJob? {
            guard first < jobs.count else { return nil }
            defer {
                first += 1
                if first == jobs.count {
                    jobs.removeAll(keepingCapacity: true)
                    first = 0
                }
            }
            return jobs[first]
        }
    }

    private let state = Monitor(State())
    private let maximumThreads = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let needsThread = state.change { state in
            state.jobs.append(job)
            // After the end there may be none left, and what was begun must go on all the same.
            guard state.waiting > state.idle, state.threads < maximumThreads else { return false }
            state.threads += 1
            return true
        }
        if needsThread { Thread.start { self.work() } }
    }

    /// Lets the threads end when there is nothing to do.
    func end() {
        state.change { $0.isEnding = true }
    }

    private func work() {
        while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
        // A change wakes one thread; so that all hear of the end, each tells the next.
        state.change { $0.threads -= 1 }
    }

    /// The next job, or nil at the end.
    private func next() -> UnownedJob? {
        var isIdle = false
        return state.wait { state -> UnownedJob?? in
            let job = state.next()
            guard job != nil || state.isEnding else {
                if !isIdle { state.idle += 1 }
                isIdle = true
                return nil
            }
            if isIdle { state.idle -= 1 }
            return .some(job)
        }
    }
}
