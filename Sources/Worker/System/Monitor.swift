import Glibc

/// State under a lock, and threads that wait for it to change.
///
/// For threads of the library only: tasks must never wait here, but for those of runs, whose threads are their own.
final class Monitor<State>: @unchecked Sendable {
    // Unchecked because the compiler cannot see it: `state` is touched between lock and unlock only, and the two
    // system objects stay at one address for the life of this object.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    init(_ state: sending State) {
        self.state = state
        // None of these can fail with default attributes and a clock that Linux always has.
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Changes the state and wakes one of the threads that wait.
    @discardableResult
    func change<Result>(_ body: (inout State) -> sending Result) -> sending Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_signal(condition)
            pthread_mutex_unlock(mutex)
        }
        return body(&state)
    }

    /// Changes the state and wakes all threads that wait.
    func changeForAll(_ body: (inout State) -> Void) {
        pthread_mutex_lock(mutex)
        body(&state)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Waits until `body` has a result.
    ///
    /// - Parameter deadline: When `body` wants to be asked again though nothing was changed, in nanoseconds of the
    ///   monotonic clock; nil for never.
    func wait<Result>(
        until body: (inout State) -> sending Result?, deadline: (State) -> UInt64? = { _ in nil }
    ) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            if let deadline = deadline(state) {
                var time = timespec(
                    tv_sec: Int(deadline / MonotonicClock.second), tv_nsec: Int(deadline % MonotonicClock.second))
                pthread_cond_timedwait(condition, mutex, &time)
            } else {
                pthread_cond_wait(condition, mutex)
            }
        }
    }
}
