import Engine
import Testing

@Suite("Engine: ladders")
struct StopLadderTests {
    private static func steps(_ ladder: StopLadder) -> [StopLadder.Step] {
        var ladder = ladder
        var steps: [StopLadder.Step] = []
        while let step = ladder.next() { steps.append(step) }
        return steps
    }

    private static func cancel(_ grace: UInt64, _ signalGrace: UInt64) -> CancelSettings {
        var settings = CancelSettings()
        settings.grace = grace
        settings.signalGrace = signalGrace
        return settings
    }

    static let table: [(String, StopLadder, [(StopLadder.Action, UInt64?)])] = [
        ("ordinary", .ordinary(grace: 11), [(.ask, 5), (.terminate, 6), (.kill, nil)]),
        (
            "a run", .run(cancel(3, 2), canInterrupt: true, grace: 7),
            [(.cancelRun, 3), (.interruptRun, 2), (.terminate, 7), (.kill, nil)]
        ),
        (
            "a run of a worker that takes no signal", .run(cancel(3, 2), canInterrupt: false, grace: 7),
            [(.cancelRun, 3), (.terminate, 7), (.kill, nil)]
        ),
        ("a run that has for ever", .run(cancel(0, 2), canInterrupt: true, grace: 7), [(.cancelRun, nil)]),
        ("unresponsive", .unresponsive(abortGrace: 3), [(.dumpStacks, 3), (.kill, nil)]),
        ("at once", .atOnce, [(.kill, nil)]),
    ]

    @Test(arguments: table.indices)
    func ladders(_ row: Int) {
        let (name, ladder, steps) = Self.table[row]
        #expect(Self.steps(ladder) == steps.map { StopLadder.Step($0.0, wait: $0.1) }, "\(name)")
    }
}
