import Engine
import Testing

@Suite("Engine: simulation")
struct SimulationTests {
    static let steps = 2_500

    /// The faults are real: they leave the traces that they should.
    @Test func everythingHappens() {
        var reasons: Set<ExitReason> = []
        var lines: Set<String> = []
        for seed in 100...115 as ClosedRange<UInt64> {
            let simulation = Simulation(seed: seed)
            for _ in 0..<600 { simulation.step() }
            for deployment in simulation.runner.engine.statusReport().deployments {
                reasons.formUnion(deployment.exits.map(\.reason))
            }
            lines.formUnion(simulation.runner.logs.map(\.message))
        }
        let rare: Set<ExitReason> = [.group, .loadTimeout, .setup, .reload]
        #expect(reasons.union(rare) == Set(ExitReason.allCases))
        for text in [
            "begun again", "SIGUSR1", "is to be replaced", "unresponsive", "stall_timeout", "failed:",
        ] {
            #expect(lines.contains { $0.contains(text) }, "\(text)")
        }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func invariantsHold(seed: UInt64) {
        let simulation = Simulation(seed: seed)
        for step in 0..<Self.steps {
            simulation.step()
            if let problem = simulation.problem() {
                let lines = simulation.runner.logs.suffix(8).map { "\($0.deployment ?? "") \($0.message)" }
                Issue.record("seed \(seed), step \(step): \(problem)\n\(lines.joined(separator: "\n"))")
                return
            }
        }
        simulation.finish()
        if let problem = simulation.finalProblem() { Issue.record("seed \(seed), at the end: \(problem)") }
    }
}
