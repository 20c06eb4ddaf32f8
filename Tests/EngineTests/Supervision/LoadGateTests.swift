import Engine
import Testing

@Suite("Engine: turns to load")
struct LoadGateTests {
    private static func gate(host: Int = 2, device: Int = 1) -> LoadGate {
        var limits = LoadLimits()
        limits.host = host
        limits.device = device
        return LoadGate(limits: limits)
    }

    private static func ticket(_ place: Int, _ deployment: Int = 0, isReplacement: Bool = false) -> StartTicket {
        StartTicket(deployment: DeploymentIndex(deployment), place: place, isReplacement: isReplacement)
    }

    private static let workers: [WorkerID] = {
        var slab = Slab<Int>()
        return (0..<10).map { WorkerID(handle: slab.insert($0)) }
    }()

    /// Lets in whoever may go in; answers their places.
    private static func admit(
        _ gate: inout LoadGate, now: UInt64 = 0, device: (Int) -> String? = { _ in nil }, group: String? = nil
    ) -> [Int] {
        var admitted: [Int] = []
        while let ticket = gate.next(now: now) {
            admitted.append(ticket.place)
            gate.began(workers[ticket.place], device: device(ticket.place), group: group, now: now)
        }
        return admitted
    }

    @Test func twoOnAHost() {
        var gate = Self.gate()
        for place in 0..<5 { gate.enter(Self.ticket(place), device: nil, group: nil) }
        #expect(Self.admit(&gate) == [0, 1])
        gate.left(Self.workers[1])
        #expect(Self.admit(&gate) == [2])
        gate.left(Self.workers[0])
        gate.left(Self.workers[2])
        gate.left(Self.workers[2])
        #expect(Self.admit(&gate) == [3, 4])
        #expect(gate.waitingCount == 0)
    }

    /// One that waits for its device does not hold up those behind it.
    @Test func oneOnADevice() {
        var gate = Self.gate(host: 3)
        let device: (Int) -> String? = { "\($0 / 2)" }
        for place in 0..<6 { gate.enter(Self.ticket(place), device: device(place), group: nil) }
        #expect(Self.admit(&gate, device: device) == [0, 2, 4])
        gate.left(Self.workers[2])
        #expect(Self.admit(&gate, device: device) == [3])
    }

    /// Ranks wait for each other while they load.
    @Test func aGroupPassesTogether() {
        var gate = Self.gate(host: 1)
        for place in 0..<4 { gate.enter(Self.ticket(place), device: "0", group: "ranks") }
        gate.enter(Self.ticket(9), device: nil, group: nil)
        var admitted: [Int] = []
        while let ticket = gate.next(now: 0) {
            admitted.append(ticket.place)
            gate.began(Self.workers[ticket.place], device: "0", group: "ranks", now: 0)
        }
        #expect(admitted == [0, 1, 2, 3])
        for place in 0..<3 { gate.left(Self.workers[place]) }
        #expect(gate.next(now: 0) == nil)
        gate.left(Self.workers[3])
        #expect(gate.next(now: 0)?.place == 9)
    }

    @Test func whoStandsInLineTwiceIsThereOnce() {
        var gate = Self.gate(host: 9)
        for _ in 0..<3 { gate.enter(Self.ticket(0), device: nil, group: nil) }
        gate.enter(Self.ticket(0, isReplacement: true), device: nil, group: nil)
        gate.enter(Self.ticket(1), device: nil, group: nil)
        gate.withdraw(Self.ticket(1))
        #expect(gate.waitingCount == 2)
        #expect(gate.next(now: 0) == Self.ticket(0))
        #expect(gate.next(now: 0) == Self.ticket(0, isReplacement: true))
        #expect(gate.next(now: 0) == nil)
    }

    /// One that hangs while it loads must not hold up its neighbours for ever.
    @Test func aTurnEnds() {
        var gate = Self.gate(host: 1)
        gate.enter(Self.ticket(0), device: nil, group: nil)
        gate.enter(Self.ticket(1), device: nil, group: nil)
        #expect(Self.admit(&gate) == [0])
        let turn = LoadLimits().turn
        #expect(gate.nextTurn(now: 0) == turn)
        #expect(Self.admit(&gate, now: turn - 1) == [])
        #expect(Self.admit(&gate, now: turn) == [1])
        #expect(gate.nextTurn(now: turn) == nil, "nobody waits")
    }
}
