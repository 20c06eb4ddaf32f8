import Synchronization

/// One helper thread for work that may block (files), in order; results come back on the loop's thread.
///
/// Belongs to the loop's thread. Ends its thread when it goes away, after the work that waits then; results that come
/// later than that are dropped.
package final class BackgroundQueue {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isStopping = false
    }

    /// What the thread and its owner share.
    private final class Core: Sendable {
        let state = Mutex(State())
        let bell: WakeUp

        init() throws(SystemError) {
            bell = try WakeUp()
        }
    }

    /// What waits for results, on the loop's side: so the closures of the loop never leave its thread.
    private final class Deliveries {
        var waiting: [UInt64: (Any) -> Void] = [:]
        var nextNumber: UInt64 = 0
    }

    private let core: Core
    private let mailbox: Mailbox
    private let deliveries = Deliveries()
    private let boundDeliveries: LoopBound<Deliveries>

    /// - Parameter name: of its thread, as shown by `ps -L`; 15 bytes at most count.
    package init(on loop: Loop, name: String = "file-work") throws(SystemError) {
        core = try Core()
        mailbox = loop.mailbox
        boundDeliveries = LoopBound(deliveries, on: loop)
        try HelperThread.start(name: name) { [core] in Self.run(core) }
    }

    deinit {
        deliveries.waiting = [:]
        core.state.withLock { $0.isStopping = true }
        core.bell.ring()
    }

    /// Work that has not delivered its result yet.
    package var waitingCount: Int { deliveries.waiting.count }

    /// Runs `work` on the helper thread, then `deliver` with its result on the loop's thread.
    package func run<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value, deliver: @escaping (Value) -> Void
    ) {
        let number = deliveries.nextNumber
        deliveries.nextNumber += 1
        deliveries.waiting[number] = { value in
            guard let value = value as? Value else {
                preconditionFailure("a number is given to one piece of work only, so its result has its type")
            }
            deliver(value)
        }
        let isFirst = core.state.withLock { [mailbox, boundDeliveries] state in
            state.jobs.append {
                let value = work()
                mailbox.post { boundDeliveries.value.waiting.removeValue(forKey: number)?(value) }
            }
            return state.jobs.count == 1
        }
        if isFirst { core.bell.ring() }
    }

    private static func run(_ core: Core) {
        while true {
            let (jobs, isStopping) = core.state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isStopping)
            }
            for job in jobs { job() }
            if !jobs.isEmpty { continue }
            if isStopping { return }
            _ = core.bell.wait()
        }
    }
}
