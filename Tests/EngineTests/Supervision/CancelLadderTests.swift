import Engine
import Testing

@Suite struct CancelLadderTests {
    private static func ladder(grace: UInt64 = 5, signalGrace: UInt64 = 7, interrupts: Bool) -> CancelLadder? {
        var settings = CancelSettings()
        settings.grace = grace
        settings.signalGrace = signalGrace
        return CancelLadder(settings, takesInterrupts: interrupts)
    }

    @Test(arguments: [
        (true, UInt64(7), [CancelLadder.Step.interrupt(wait: 7), .endWorker, .endWorker]),
        (false, 7, [.endWorker, .endWorker]),
        (true, 0, [.endWorker]),
    ])
    func goesFromWordsToForce(interrupts: Bool, signalGrace: UInt64, steps: [CancelLadder.Step]) {
        guard var ladder = Self.ladder(signalGrace: signalGrace, interrupts: interrupts) else {
            Issue.record("there is a ladder")
            return
        }
        #expect(ladder.firstWait == 5)
        for step in steps {
            let next = ladder.timeOver()
            #expect(next == step)
        }
    }

    @Test func withoutAGraceARunMayTakeForEver() {
        #expect(Self.ladder(grace: 0, interrupts: true) == nil)
    }
}
