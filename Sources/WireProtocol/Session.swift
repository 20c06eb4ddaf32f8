/// Which frame may come next: the legal order of both directions as one machine, used by both ends.
///
/// It sees headers only, so it costs a few comparisons for each frame and never looks into a payload. What it needs
/// from payloads it is told: ``adopt(_:)`` after the hellos, ``limitSlots(to:)`` after `ready`. A frame that is refused
/// changes nothing here.
///
/// ```
/// start ─supervisorHello→ greeting ─workerHello→ greeted ─initialize→ loading ─ready→ ready
///                                                                     └─setupFailed→ failed
/// ```
public struct Session: Sendable {
    /// How far the conversation is.
    public enum Phase: UInt8, Comparable, Sendable {
        /// Nothing was said.
        case start
        /// The supervisor has said hello.
        case greeting
        /// Both have said hello; `initialize` is next.
        case greeted
        /// The worker sets itself up.
        case loading
        /// Runs may be given out.
        case ready
        /// The set-up failed; the worker only logs until it ends.
        case failed

        /// By progress.
        public static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
    }

    /// The end that this machine stands at: what is sent is this end's, what is received the other's.
    public let role: Role
    /// How far the conversation is.
    public private(set) var phase = Phase.start
    /// Whether `shutdown` was said; then nothing new begins.
    public private(set) var isShuttingDown = false
    /// Slots of the worker; runs beyond are refused.
    public private(set) var slotCount: Int
    /// The number of the latest run given out; 0 before the first.
    public private(set) var lastRun: UInt64 = 0
    /// One entry for each slot that ever had a run.
    @usableFromInline var slots: [Slot] = []
    @usableFromInline var allowsSpill = false
    private var allowsUpload = false
    private var unansweredPings = 0
    private var unansweredHealthChecks = 0

    /// What a slot is at.
    @usableFromInline
    struct Slot: Sendable {
        /// Number of its run; 0 when it is free.
        @usableFromInline var run: UInt64 = 0
        /// Sequence of the next frame of its run; 0 when it is free or the run has not begun.
        @usableFromInline var next: UInt64 = 0
        /// Uploads that its run asked for and that were not answered.
        var unansweredUploads: UInt64 = 0
    }

    /// A conversation in which nothing was said yet.
    ///
    /// - Parameter maximumSlots: Bounds the table; ``limitSlots(to:)`` narrows it.
    public init(role: Role, maximumSlots: Int = ProtocolLimits.maximumSlots) {
        precondition(0..<Int(FrameHeader.noSlot) ~= maximumSlots, "a slot must fit into the header")
        self.role = role
        slotCount = maximumSlots
    }

    /// Takes over what the hellos add up to. To be called when the second hello has gone or come.
    public mutating func adopt(_ agreement: Agreement) {
        allowsSpill = agreement.allowsSpill
        allowsUpload = agreement.allowsUpload
    }

    /// Takes over how many slots the manifest of `ready` declares, at most the count given at the start.
    public mutating func limitSlots(to count: Int) {
        slotCount = min(count, slotCount)
    }

    // MARK: Questions

    /// Whether `slot` has a run.
    public func isActive(_ slot: UInt16) -> Bool { run(in: slot) != nil }

    /// The number of the run in `slot`; nil when it is free.
    public func run(in slot: UInt16) -> UInt64? {
        guard Int(slot) < slots.count, slots[Int(slot)].run != 0 else { return nil }
        return slots[Int(slot)].run
    }

    /// The sequence of the next frame of the run in `slot`; 0 when there is none or it has not begun.
    public func nextSequence(in slot: UInt16) -> UInt64 {
        Int(slot) < slots.count ? slots[Int(slot)].next : 0
    }

    /// How many slots have a run.
    public var activeRuns: Int { slots.count { $0.run != 0 } }

    // MARK: Frames

    /// Says that this end is about to send a frame; throws when it must not.
    @inlinable
    public mutating func send(_ header: FrameHeader) throws(ProtocolError) {
        if role == .worker, continueRun(header) { return }
        try check(header, from: role, at: nil)
    }

    /// Says that the other end has sent a frame; throws when it may not.
    ///
    /// - Parameter offset: Where the frame began, for the error.
    @inlinable
    public mutating func receive(_ header: FrameHeader, at offset: UInt64) throws(ProtocolError) {
        if role == .supervisor, continueRun(header) { return }
        try check(header, from: role.peer, at: offset)
    }

    /// The fast way of what runs consist of: the next frame, and not the last, of a run that has begun.
    @inlinable
    mutating func continueRun(_ header: FrameHeader) -> Bool {
        guard FrameType.output.rawValue...FrameType.metric.rawValue ~= header.type.rawValue,
            Int(header.slot) < slots.count, header.sequence != 0,
            slots[Int(header.slot)].next == header.sequence,
            allowsSpill || !header.flags.contains(.spilled)
        else { return false }
        slots[Int(header.slot)].next &+= 1
        return true
    }

    @usableFromInline
    mutating func check(_ header: FrameHeader, from sender: Role, at offset: UInt64?) throws(ProtocolError) {
        do throws(Violation) {
            guard header.type.sender == sender else {
                throw Violation(.wrongDirection, "`\(header.type)` is a frame that only the \(sender.peer) may send.")
            }
            switch sender {
            case .supervisor: try supervisorSays(header)
            case .worker: try workerSays(header)
            }
        } catch {
            throw ProtocolError(sender == role ? .local : .remote, error.code, at: offset, error.reason)
        }
    }
}

// MARK: - From the supervisor

extension Session {
    private mutating func supervisorSays(_ header: FrameHeader) throws(Violation) {
        switch header.type {
        case .predict: try runGivenOut(header)
        case .cancel: try runAddressed(header)
        case .uploaded:
            try runAddressed(header)
            try uploadAnswered(header)
        default: try workerAddressed(header)
        }
    }

    /// A frame that concerns the worker as a whole.
    private mutating func workerAddressed(_ header: FrameHeader) throws(Violation) {
        try requireNoSlot(header)
        switch header.type {
        case .supervisorHello:
            try require(phase == .start, header)
            phase = .greeting
        case .initialize:
            try require(phase == .greeted && !isShuttingDown, header)
            phase = .loading
        case .ping:
            try require(phase >= .greeted, header)
            unansweredPings += 1
        case .healthCheck:
            try require(phase >= .greeted && !isShuttingDown, header)
            unansweredHealthChecks += 1
        default:
            // `shutdown`; a second one changes the time that is left.
            try require(phase >= .greeted, header)
            isShuttingDown = true
        }
    }

    private mutating func runGivenOut(_ header: FrameHeader) throws(Violation) {
        try require(phase == .ready && !isShuttingDown, header)
        try requireSlot(header)
        guard header.sequence == lastRun + 1 else {
            throw Violation(
                .wrongSequence, "The run number of `predict` is \(header.sequence); the next one is \(lastRun + 1).")
        }
        if let run = run(in: header.slot) {
            throw Violation(
                .slotBusy, "`predict` gives out slot \(header.slot), which has run \(run) until its `done`.")
        }
        guard allowsSpill || !header.flags.contains(.spilled) else { throw .spillNotAgreed(header) }
        while slots.count <= Int(header.slot) { slots.append(Slot()) }
        slots[Int(header.slot)] = Slot(run: header.sequence)
        lastRun = header.sequence
    }

    /// `cancel` and `uploaded` may cross the `done` of their run on the way: the supervisor must mean an active run when
    /// it sends, the worker must have heard of the run when it receives.
    private func runAddressed(_ header: FrameHeader) throws(Violation) {
        try require(phase == .ready, header)
        try requireSlot(header)
        switch role {
        case .supervisor:
            guard let run = run(in: header.slot) else {
                throw Violation(.slotIdle, "`\(header.type)` names slot \(header.slot), which has no run.")
            }
            guard run == header.sequence else {
                throw Violation(
                    .wrongSequence,
                    "The run number of `\(header.type)` is \(header.sequence); slot \(header.slot) has run \(run).")
            }
        case .worker:
            guard header.sequence >= 1, header.sequence <= lastRun else {
                throw Violation(
                    .wrongSequence,
                    "The run number of `\(header.type)` is \(header.sequence); \(lastRun) runs were given out so far.")
            }
        }
    }

    private mutating func uploadAnswered(_ header: FrameHeader) throws(Violation) {
        // Late for the worker: the run that had asked is over.
        guard run(in: header.slot) == header.sequence else { return }
        guard slots[Int(header.slot)].unansweredUploads > 0 else {
            throw Violation(.notAsked, "`uploaded` answers no `upload`; each may be answered once.")
        }
        slots[Int(header.slot)].unansweredUploads -= 1
    }
}

// MARK: - From the worker

extension Session {
    private mutating func workerSays(_ header: FrameHeader) throws(Violation) {
        switch header.type {
        case .started, .output, .fileOutput, .upload, .metric, .done: try runContinued(header)
        case .log where header.slot != FrameHeader.noSlot: try runContinued(header)
        case .log:
            try requireNoSlot(header)
            try require(phase >= .greeted, header)
        default: try supervisorAddressed(header)
        }
    }

    /// A frame that concerns the worker as a whole.
    private mutating func supervisorAddressed(_ header: FrameHeader) throws(Violation) {
        try requireNoSlot(header)
        switch header.type {
        case .workerHello:
            try require(phase == .greeting, header)
            phase = .greeted
        case .loading:
            try require(phase == .loading, header)
        case .ready:
            try require(phase == .loading, header)
            phase = .ready
        case .setupFailed:
            try require(phase == .loading, header)
            phase = .failed
        case .pong:
            try require(phase >= .greeted && phase != .failed, header)
            try Self.answer(header, to: "ping", &unansweredPings)
        case .healthResult:
            try require(phase >= .greeted && phase != .failed, header)
            try Self.answer(header, to: "healthCheck", &unansweredHealthChecks)
        default:
            // `heartbeat`
            try require(phase >= .greeted && phase != .failed, header)
        }
    }

    private mutating func runContinued(_ header: FrameHeader) throws(Violation) {
        try require(phase == .ready, header)
        try requireSlot(header)
        guard isActive(header.slot) else {
            throw Violation(.slotIdle, "`\(header.type)` names slot \(header.slot), which has no run.")
        }
        let next = slots[Int(header.slot)].next
        guard header.sequence == next else {
            throw Violation(
                .wrongSequence,
                "The sequence of `\(header.type)` in slot \(header.slot) is \(header.sequence); the next one is \(next)."
            )
        }
        switch header.type {
        case .started where next > 0:
            throw Violation(.wrongPhase, "The run in slot \(header.slot) has `started` already.")
        case .done: slots[Int(header.slot)] = Slot()
        case .output, .fileOutput, .upload, .log, .metric:
            guard next > 0 else {
                throw Violation(
                    .notStarted,
                    "The first frame of the run in slot \(header.slot) is `\(header.type)`; "
                        + "it must be `started`.")
            }
            guard allowsSpill || !header.flags.contains(.spilled) else { throw .spillNotAgreed(header) }
            if header.type == .upload {
                guard allowsUpload else { throw .uploadNotAgreed }
                slots[Int(header.slot)].unansweredUploads += 1
            }
            slots[Int(header.slot)].next = next + 1
        default: slots[Int(header.slot)].next = next + 1
        }
    }

    private static func answer(
        _ header: FrameHeader, to question: String, _ unanswered: inout Int
    ) throws(Violation) {
        guard unanswered > 0 else {
            throw Violation(.notAsked, "`\(header.type)` answers no `\(question)`; each may be answered once.")
        }
        unanswered -= 1
    }
}

// MARK: - Rules that several frames share

extension Session {
    private func require(_ isLegal: Bool, _ header: FrameHeader) throws(Violation) {
        guard !isLegal else { return }
        let ending = isShuttingDown ? ", after `shutdown`" : ""
        throw Violation(.wrongPhase, "`\(header.type)` is not legal in the phase `\(phase)`\(ending).")
    }

    private func requireSlot(_ header: FrameHeader) throws(Violation) {
        guard Int(header.slot) < slotCount else {
            throw Violation(
                .wrongSlot, "`\(header.type)` names slot \(header.slot); the worker has \(slotCount), counted from 0.")
        }
    }

    private func requireNoSlot(_ header: FrameHeader) throws(Violation) {
        guard header.slot == FrameHeader.noSlot else {
            throw Violation(
                .wrongSlot,
                "`\(header.type)` concerns no run: its slot must be \(FrameHeader.noSlot), "
                    + "not \(header.slot).")
        }
        guard header.sequence == 0 else {
            throw Violation(
                .wrongSequence, "`\(header.type)` concerns no run: its sequence must be 0, not \(header.sequence).")
        }
    }
}

/// A broken rule, before it is known from which end it is seen.
private struct Violation: Error {
    let code: ProtocolError.Code
    let reason: String

    init(_ code: ProtocolError.Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    static func spillNotAgreed(_ header: FrameHeader) -> Violation {
        Violation(
            .notAgreed, "`\(header.type)` goes by file; both hellos must name the capability `\(Capability.spill)`.")
    }

    static var uploadNotAgreed: Violation {
        Violation(.notAgreed, "`upload` was not agreed; both hellos must name the capability `\(Capability.upload)`.")
    }
}
