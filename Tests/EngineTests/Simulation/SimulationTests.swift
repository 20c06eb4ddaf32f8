import Testing

@Suite("Engine: simulation")
struct SimulationTests {
    static let steps = 2_500

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func invariantsHold(seed: UInt64) {
        let simulation = Simulation(seed: seed)
        for step in 0..<Self.steps {
            simulation.step()
            if let problem = simulation.problem() {
                Issue.record("seed \(seed), step \(step): \(problem)")
                return
            }
        }
        simulation.finish()
        if let problem = simulation.finalProblem() { Issue.record("seed \(seed), at the end: \(problem)") }
    }
}
