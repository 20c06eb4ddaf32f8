import Synchronization

/// Tells the supervisor that the process is alive, from a thread of its own.
///
/// The thread waits for the clock and for the pipe, never for the author's code: neither a handler that computes for an
/// hour nor one that blocks its thread keeps it from beating.
package final class Heartbeat: Sendable {
    /// Beats of this process are left out, for workers in tests that misbehave.
    package static let isMuted = Atomic<Bool>(false)

    private struct State {
        var isStarted = false
        var isEnding = false
    }

    private let state = Monitor(State())

    /// Beats at once, and then each time that so many nanoseconds have passed, until ``end()`` or until a beat cannot be
    /// sent. A second call does nothing.
    ///
    /// - Parameter beat: Sends one, and says whether it went out. It may block; what was missed meanwhile is not made up.
    func start(every interval: UInt64, _ beat: @escaping @Sendable () -> Bool) {
        let isFirst = state.change { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { return }
        let state = state
        Thread.start {
            while Self.isMuted.load(ordering: .relaxed) || beat() {
                let next = MonotonicClock.now + interval
                let isEnding = state.wait(
                    until: { $0.isEnding ? true : MonotonicClock.now >= next ? false : nil }, deadline: { _ in next })
                if isEnding { return }
            }
        }
    }

    /// Lets the thread end.
    func end() {
        state.changeForAll { $0.isEnding = true }
    }
}
