import CLinux

/// epoll with an owner for each event.
///
/// Every registration has a slot and the slot's generation, which travel with the descriptor through the kernel. An
/// event with an old generation belongs to a registration that has ended, even if the slot and the descriptor's number
/// are in use again, and is dropped. That makes it safe to deregister in the middle of a batch.
struct Selector: ~Copyable {
    private struct Slot {
        /// Counts the registrations that have used this slot.
        var generation: UInt32
        var descriptor: Int32
        var interest: Interest
        /// `nil` while the slot is free.
        var handler: (any EventHandler)?
    }

    private let epoll: FileDescriptor
    private let events: UnsafeMutablePointer<cl_event>
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []

    init() throws(SystemError) {
        let raw = cl_epoll_create()
        guard raw >= 0 else { throw SystemError("epoll_create1", -raw) }
        epoll = FileDescriptor(adopting: raw)
        events = .allocate(capacity: Int(CL_EVENT_BATCH))
    }

    deinit {
        events.deallocate()
    }

    /// The number of registrations.
    var count: Int { slots.count - freeSlots.count }

    mutating func register(
        _ descriptor: Int32, _ interest: Interest, handler: any EventHandler
    ) throws(SystemError) -> Registration {
        let index = takeSlot()
        let registration = Registration(slot: index, generation: slots[Int(index)].generation)
        if !interest.isSilent {
            let result = cl_epoll_add(epoll.raw, descriptor, interest.rawValue, registration.token)
            guard result >= 0 else {
                freeSlots.append(index)
                throw SystemError("epoll_ctl", -result)
            }
        }
        slots[Int(index)].descriptor = descriptor
        slots[Int(index)].interest = interest
        slots[Int(index)].handler = handler
        return registration
    }

    mutating func modify(_ registration: Registration, _ interest: Interest) throws(SystemError) {
        guard let index = index(of: registration) else {
            preconditionFailure("modify after deregister: the owner of the descriptor has lost track of it")
        }
        let slot = slots[index]
        let result =
            switch (slot.interest.isSilent, interest.isSilent) {
            case (true, true): Int32(0)
            case (true, false): cl_epoll_add(epoll.raw, slot.descriptor, interest.rawValue, registration.token)
            case (false, true): cl_epoll_remove(epoll.raw, slot.descriptor)
            case (false, false): cl_epoll_modify(epoll.raw, slot.descriptor, interest.rawValue, registration.token)
            }
        guard result >= 0 else { throw SystemError("epoll_ctl", -result) }
        slots[index].interest = interest
    }

    /// Ends the registration; false when it has ended already.
    mutating func deregister(_ registration: Registration) -> Bool {
        guard let index = index(of: registration) else { return false }
        let slot = slots[index]
        if !slot.interest.isSilent {
            let result = cl_epoll_remove(epoll.raw, slot.descriptor)
            // Cannot fail otherwise: with a closed descriptor the number might already be another's, whose
            // registration would have been removed here.
            precondition(result >= 0, "deregister after close: the descriptor must outlive its registration")
        }
        slots[index].generation &+= 1
        slots[index].handler = nil
        freeSlots.append(registration.slot)
        return true
    }

    /// Waits for events, at most `timeout` nanoseconds (negative: for ever), and reads the clock. Answers how many
    /// came.
    mutating func wait(timeout: Int64, now: inout UInt64) throws(SystemError) -> Int {
        let count = cl_epoll_wait(epoll.raw, events, timeout, &now)
        guard count >= 0 else { throw SystemError("epoll_wait", -count) }
        return Int(count)
    }

    /// The owner of the event at `index` of the last wait; `nil` when its registration has ended since.
    func handler(ofEvent index: Int) -> (any EventHandler)? {
        let registration = Registration(token: events[index].token)
        return self.index(of: registration).flatMap { slots[$0].handler }
    }

    /// What the event at `index` of the last wait says.
    func readiness(ofEvent index: Int) -> Readiness {
        Readiness(rawValue: events[index].events)
    }

    private mutating func takeSlot() -> UInt32 {
        if let slot = freeSlots.popLast() { return slot }
        slots.append(Slot(generation: 0, descriptor: -1, interest: [], handler: nil))
        return UInt32(slots.count - 1)
    }

    private func index(of registration: Registration) -> Int? {
        let index = Int(registration.slot)
        guard index < slots.count, slots[index].generation == registration.generation else { return nil }
        return slots[index].handler == nil ? nil : index
    }
}
