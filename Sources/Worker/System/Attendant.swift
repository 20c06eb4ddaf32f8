/// A thread that sends answers and minds deadlines, so that the reader never waits for a full pipe.
final class Attendant: Sendable {
    /// Names something that is to happen at a deadline.
    struct Appointment: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private struct Entry {
        let appointment: Appointment
        let deadline: UInt64
        let action: @Sendable () -> Void
    }

    private struct State {
        var errands: [@Sendable () -> Void] = []
        /// A handful at most, so they are not kept in order.
        var entries: [Entry] = []
        var lastNumber: UInt64 = 0
        var isEnding = false
    }

    private let state = Monitor(State())

    /// Starts the thread; it lasts until ``end()``.
    init() {
        let state = state
        Thread.start {
            while let errands = Self.next(state) {
                for errand in errands { errand() }
            }
        }
    }

    /// What is due; nil at the end.
    private static func next(_ state: Monitor<State>) -> [@Sendable () -> Void]? {
        let batch: [@Sendable () -> Void] = state.wait(
            until: { state in
                let now = MonotonicClock.now
                let due = state.errands + state.entries.filter { $0.deadline <= now }.map(\.action)
                state.errands = []
                state.entries.removeAll { $0.deadline <= now }
                return due.isEmpty && !state.isEnding ? nil : due
            },
            deadline: { $0.entries.map(\.deadline).min() })
        return batch.isEmpty ? nil : batch
    }

    /// Has `errand` done soon, in the order of calls. It may block.
    func send(_ errand: @escaping @Sendable () -> Void) {
        state.change { $0.errands.append(errand) }
    }

    /// Has `action` done after `nanoseconds`, unless it is cancelled before.
    func schedule(after nanoseconds: UInt64, _ action: @escaping @Sendable () -> Void) -> Appointment {
        let deadline = MonotonicClock.now.addingReportingOverflow(nanoseconds)
        return state.change { state in
            state.lastNumber += 1
            let appointment = Appointment(number: state.lastNumber)
            state.entries.append(
                Entry(
                    appointment: appointment, deadline: deadline.overflow ? .max : deadline.partialValue,
                    action: action))
            return appointment
        }
    }

    /// Calls an appointment off; one that is past is none.
    func cancel(_ appointment: Appointment) {
        state.change { state in state.entries.removeAll { $0.appointment == appointment } }
    }

    /// Lets the thread end when nothing is left to do.
    func end() {
        state.change { $0.isEnding = true }
    }
}
