import TestSupport
import Testing
import WireProtocol

@Suite("Session")
struct SessionTests {
    /// The frames up to `ready`, in order.
    static let opening: [FrameType] = [.supervisorHello, .workerHello, .initialize, .loading, .ready]

    static func ready(_ role: Role, slots: Int = 2, spill: Bool = false) throws -> Session {
        var session = Session(role: role)
        for type in opening {
            try session.pass(FrameHeader(type))
            if type == .workerHello {
                let capabilities = spill ? [Capability.spill] : []
                session.adopt(
                    try Agreement(
                        SupervisorHello(supervisor: "s", spoolDirectory: "/s"),
                        WorkerHello(worker: "w", capabilities: capabilities)))
            }
        }
        session.limitSlots(to: slots)
        return session
    }

    @Test("goes through its phases", arguments: [Role.supervisor, .worker])
    func phases(role: Role) throws {
        var session = Session(role: role)
        var phases = [session.phase]
        for type in Self.opening {
            try session.pass(FrameHeader(type))
            phases.append(session.phase)
        }
        #expect(phases == [.start, .greeting, .greeted, .loading, .loading, .ready])
    }

    @Test("follows a run from predict to done", arguments: [Role.supervisor, .worker])
    func run(role: Role) throws {
        var session = try Self.ready(role)
        try session.pass(FrameHeader(.predict, slot: 1, sequence: 1))
        #expect(session.isActive(1))
        #expect(session.run(in: 1) == 1)
        #expect(!session.isActive(0))
        for (sequence, type) in [FrameType.started, .output, .log, .metric, .fileOutput, .done].enumerated() {
            #expect(session.nextSequence(in: 1) == UInt64(sequence))
            try session.pass(FrameHeader(type, slot: 1, sequence: UInt64(sequence)))
        }
        #expect(session.activeRuns == 0)
        #expect(session.lastRun == 1)
        try session.pass(FrameHeader(.predict, slot: 1, sequence: 2))
        #expect(session.nextSequence(in: 1) == 0)
    }

    @Test("blames the sender", arguments: [Role.supervisor, .worker])
    func fault(role: Role) throws {
        var session = try Self.ready(role)
        let outputOfNothing = FrameHeader(.output, slot: 0, sequence: 1)
        let error = session.refusal(of: outputOfNothing)
        #expect(error?.code == .slotIdle)
        #expect(error?.fault == (role == .worker ? .local : .remote))
        #expect(error?.offset == (role == .worker ? nil : 77))
    }

    @Test("forgives the worker's end a cancel that crossed the done")
    func lateCancel() throws {
        for role in [Role.supervisor, .worker] {
            var session = try Self.ready(role)
            try session.pass(FrameHeader(.predict, slot: 0, sequence: 1))
            try session.pass(FrameHeader(.started, slot: 0, sequence: 0))
            try session.pass(FrameHeader(.done, slot: 0, sequence: 1))
            let late = FrameHeader(.cancel, slot: 0, sequence: 1)
            #expect(session.refusal(of: late)?.code == (role == .supervisor ? .slotIdle : nil))
            try session.pass(FrameHeader(.predict, slot: 0, sequence: 2))
            #expect(session.refusal(of: late)?.code == (role == .supervisor ? .wrongSequence : nil))
            #expect(session.refusal(of: FrameHeader(.cancel, slot: 0, sequence: 3))?.code == .wrongSequence)
            #expect(session.refusal(of: FrameHeader(.cancel, slot: 0, sequence: 0))?.code == .wrongSequence)
        }
    }

    @Test("allows spilled payloads only where both ends know them", arguments: [Role.supervisor, .worker])
    func spill(role: Role) throws {
        for isAgreed in [false, true] {
            var session = try Self.ready(role, spill: isAgreed)
            let spilledPredict = FrameHeader(.predict, flags: .spilled, slot: 0, sequence: 1)
            #expect(session.refusal(of: spilledPredict)?.code == (isAgreed ? nil : .notAgreed))
            if !isAgreed { try session.pass(FrameHeader(.predict, slot: 0, sequence: 1)) }
            try session.pass(FrameHeader(.started, slot: 0, sequence: 0))
            let spilledOutput = FrameHeader(.output, flags: .spilled, slot: 0, sequence: 1)
            #expect(session.refusal(of: spilledOutput)?.code == (isAgreed ? nil : .notAgreed))
        }
    }

    @Test("gives out nothing new after shutdown but lets runs end", arguments: [Role.supervisor, .worker])
    func shutdown(role: Role) throws {
        var session = try Self.ready(role)
        try session.pass(FrameHeader(.predict, slot: 0, sequence: 1))
        try session.pass(FrameHeader(.shutdown))
        #expect(session.isShuttingDown)
        #expect(session.refusal(of: FrameHeader(.predict, slot: 1, sequence: 2))?.code == .wrongPhase)
        #expect(session.refusal(of: FrameHeader(.healthCheck))?.code == .wrongPhase)
        try session.pass(FrameHeader(.cancel, slot: 0, sequence: 1))
        try session.pass(FrameHeader(.shutdown))
        try session.pass(FrameHeader(.done, slot: 0, sequence: 0))
        #expect(session.activeRuns == 0)
    }

    @Test("never traps on any header, in any phase", arguments: [81, 82, 83, 84] as [UInt64])
    func randomHeaders(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for length in 0...Self.opening.count {
            var session = Session(role: seed.isMultiple(of: 2) ? .supervisor : .worker)
            for type in Self.opening[..<length] { try session.pass(FrameHeader(type)) }
            for _ in 0..<3_000 {
                let header = FrameHeader(
                    FrameType.allCases.randomElement(using: &random)!,
                    flags: FrameFlags(rawValue: .random(in: 0...255, using: &random)),
                    slot: .random(in: 0...UInt16.max, using: &random), sequence: random.next())
                _ = session.refusal(of: header)
            }
            #expect(session.activeRuns == 0, "seed \(seed)")
        }
    }

    /// Frames that a careless end might send: mostly near what is legal, so that walks get far.
    private static func candidate(_ session: Session, _ random: inout SeededGenerator) -> FrameHeader {
        // What ends the walk early is drawn seldom.
        let isEnding = Int.random(in: 0..<500, using: &random) == 0
        let types =
            isEnding ? [.shutdown, .setupFailed] : FrameType.allCases.filter { $0 != .setupFailed && $0 != .shutdown }
        let type = types.randomElement(using: &random)!
        let slot = UInt16.random(in: 0...3, using: &random)
        switch type {
        case .predict, .cancel, .uploaded:
            let run = session.lastRun + UInt64.random(in: 0...2, using: &random)
            return FrameHeader(type, slot: slot, sequence: run)
        case .started, .output, .fileOutput, .upload, .log, .metric, .done:
            let jump = UInt64.random(in: 0..<8, using: &random) == 0 ? UInt64.random(in: 0...3, using: &random) : 0
            return FrameHeader(type, slot: slot, sequence: session.nextSequence(in: slot) + jump)
        default:
            return FrameHeader(type, slot: Bool.random(using: &random) ? FrameHeader.noSlot : slot)
        }
    }

    @Test("keeps both ends of one mind on a random walk", arguments: 60...79 as ClosedRange<UInt64>)
    func randomWalk(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var supervisor = Session(role: .supervisor)
        var worker = Session(role: .worker)
        var expectedRuns: [UInt16: UInt64] = [:]
        for step in 0..<2_000 {
            let header = Self.candidate(supervisor, &random)
            let before = supervisor
            let refusals = (supervisor.refusal(of: header)?.code, worker.refusal(of: header)?.code)
            // The worker's end forgives what it cannot know; see lateCancel.
            if [.cancel, .uploaded].contains(header.type) && refusals.0 != nil { continue }
            #expect(refusals.0 == refusals.1, "seed \(seed), step \(step), \(header)")
            #expect(supervisor.phase == worker.phase)
            if refusals.0 == nil {
                if header.type == .predict { expectedRuns[header.slot] = header.sequence }
                if header.type == .done { expectedRuns[header.slot] = nil }
                if header.type == .ready {
                    supervisor.limitSlots(to: 3)
                    worker.limitSlots(to: 3)
                }
            } else {
                #expect(supervisor.phase == before.phase && supervisor.activeRuns == before.activeRuns)
            }
            #expect(supervisor.activeRuns == expectedRuns.count, "seed \(seed), step \(step)")
            for (slot, run) in expectedRuns { #expect(worker.run(in: slot) == run) }
        }
        #expect(supervisor.phase >= .ready, "seed \(seed): the walk went nowhere")
    }
}

extension Session {
    /// Sends or receives the frame, whichever it is at this end.
    mutating func pass(_ header: FrameHeader) throws(ProtocolError) {
        if header.type.sender == role { try send(header) } else { try receive(header, at: 77) }
    }

    /// Passes the frame and gives back what the machine has against it.
    mutating func refusal(of header: FrameHeader) -> ProtocolError? {
        do throws(ProtocolError) {
            try pass(header)
            return nil
        } catch {
            return error
        }
    }
}
