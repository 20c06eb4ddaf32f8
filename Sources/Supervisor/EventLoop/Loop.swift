import CLinux

/// One thread's event loop. A turn is: wait for descriptors → call their handlers → fire timers → deliver the mail →
/// end of turn.
///
/// Not `Sendable` on purpose: everything but `mailbox` belongs to the thread that runs it. Nothing is allocated per
/// event, and the clock is read once per turn.
package final class Loop {
    /// The door for other threads.
    package let mailbox: Mailbox

    /// Called once at the end of each turn, after events, timers and mail: the place to write what the turn has
    /// gathered.
    package var endOfTurn: (() -> Void)?

    // The exclusivity checks are off for the three fields below, which each turn touches for every event and timer.
    // That is safe because their accesses never overlap: each lasts for one call of a Selector or TimerHeap method, or
    // one copy of a number; none of those methods calls out to a handler, and the class is confined to one thread.
    @exclusivity(unchecked) private var selector: Selector
    @exclusivity(unchecked) private var timers = TimerHeap()
    /// The monotonic time in nanoseconds, read after the wait of the current (or last) turn.
    @exclusivity(unchecked) package private(set) var now: UInt64

    /// What to do when a timer fires, by the timer's slot.
    private var timerActions: [(() -> Void)?] = []
    private var isFiringTimers = false
    private var isTurning = false
    private var isStopping = false
    /// The letters being delivered; empty between the turns, kept for its memory.
    private var tray: [Mailbox.Letter] = []
    private let alarm = MailboxAlarm()

    /// A burst of letters may leave a large tray behind; above this many letters its memory is given back.
    private static let retainedTrayCapacity = 1_024

    package init() throws(SystemError) {
        mailbox = try Mailbox()
        selector = try Selector()
        now = cl_monotonic_now()
        mailbox.claimThread()
        _ = try selector.register(mailbox.bell.raw, [.readable, .edgeTriggered], handler: alarm)
    }

    // MARK: - Descriptors

    /// Has `handler` called when the descriptor is ready. The loop keeps the handler alive, not the descriptor:
    /// deregister before closing it. An interest without any event is legal and hears nothing until it is modified.
    ///
    /// - Throws: `EPERM` for what cannot be waited for (a regular file), `EEXIST` for a descriptor registered twice.
    package func register(
        _ descriptor: Int32, _ interest: Interest, handler: any EventHandler
    ) throws(SystemError) -> Registration {
        try selector.register(descriptor, interest, handler: handler)
    }

    /// Changes what the handler hears. An edge-triggered registration hears again of a state that exists now.
    package func modify(_ registration: Registration, _ interest: Interest) throws(SystemError) {
        try selector.modify(registration, interest)
    }

    /// The handler hears nothing more, not even of events in the running batch. Does nothing when done before.
    package func deregister(_ registration: Registration) {
        _ = selector.deregister(registration)
    }

    /// The number of registered descriptors, the loop's own not counted.
    package var registrationCount: Int { selector.count - 1 }

    // MARK: - Timers

    /// Has `action` run once, in the first turn whose `now` is not before `deadline` (nanoseconds, monotonic). A
    /// deadline in the past means this turn, or the next if this turn is already firing its timers. A wait does not
    /// count the time that the turn before it took: a timer may come late by as much.
    @discardableResult
    package func schedule(at deadline: UInt64, _ action: @escaping () -> Void) -> TimerToken {
        let token = timers.schedule(at: effective(deadline))
        let slot = Int(token.slot)
        if slot == timerActions.count {
            timerActions.append(action)
        } else {
            timerActions[slot] = action
        }
        return token
    }

    /// Like `schedule(at:)`, counted from `now`.
    @discardableResult
    package func schedule(after nanoseconds: UInt64, _ action: @escaping () -> Void) -> TimerToken {
        schedule(at: MonotonicTime(nanoseconds: now).advanced(by: nanoseconds).nanoseconds, action)
    }

    /// Gives a waiting timer another deadline without allocating; false when it has fired or was cancelled.
    @discardableResult
    package func reschedule(_ token: TimerToken, at deadline: UInt64) -> Bool {
        timers.move(token, to: effective(deadline))
    }

    /// Forgets the timer and its action. Does nothing when it has fired or was cancelled before.
    package func cancel(_ token: TimerToken) {
        if timers.cancel(token) { timerActions[Int(token.slot)] = nil }
    }

    /// A timer set by a timer waits for the next turn, or two of them could keep a turn from ending.
    private func effective(_ deadline: UInt64) -> UInt64 {
        isFiringTimers ? max(deadline, now + 1) : deadline
    }

    // MARK: - Turning

    /// Turns until `stop()`.
    ///
    /// - Throws: what `epoll_wait` answers when the program has broken its own descriptor; not met in a sound process.
    package func run() throws(SystemError) {
        mailbox.claimThread()
        while !isStopping { try turn() }
        isStopping = false
    }

    /// Ends `run()` after the current turn, or before the first if it does not run yet. From another thread: by mail.
    package func stop() {
        isStopping = true
    }

    /// One turn, for tests and for owners with a loop of their own. Waits for an event, a timer or mail, at most
    /// `nanoseconds`. Answers the number of descriptor events.
    @discardableResult
    package func turn(waitingAtMost nanoseconds: UInt64 = .max) throws(SystemError) -> Int {
        precondition(!isTurning, "a handler may not turn the loop that called it")
        isTurning = true
        defer { isTurning = false }

        let count = try selector.wait(timeout: timeout(atMost: nanoseconds), now: &now)
        for index in 0..<count {
            guard let handler = selector.handler(ofEvent: index) else { continue }
            handler.ready(selector.readiness(ofEvent: index))
        }
        fireTimers()
        deliverMail()
        endOfTurn?()
        return count
    }

    /// For `epoll_wait`: nanoseconds until the next deadline, or negative for ever.
    private func timeout(atMost limit: UInt64) -> Int64 {
        if isStopping { return 0 }
        var wait = limit
        if let deadline = timers.nextDeadline {
            wait = min(wait, deadline > now ? deadline - now : 0)
        }
        return wait == .max ? -1 : Int64(clamping: wait)
    }

    private func fireTimers() {
        isFiringTimers = true
        while let token = timers.popExpired(now: now) {
            let slot = Int(token.slot)
            // Taken out first: the action may schedule a timer that uses this slot.
            let action = timerActions[slot]
            timerActions[slot] = nil
            action?()
        }
        isFiringTimers = false
    }

    private func deliverMail() {
        guard alarm.isRinging else { return }
        alarm.isRinging = false
        mailbox.empty(into: &tray)
        for letter in tray { letter() }
        tray.removeAll(keepingCapacity: tray.count <= Self.retainedTrayCapacity)
    }
}

/// Notes that mail has come; the loop delivers it after the timers.
private final class MailboxAlarm: EventHandler {
    var isRinging = false

    func ready(_ readiness: Readiness) {
        isRinging = true
    }
}
