import Engine
import TestSupport

/// What does not happen every day: workers that hang or go, operators, measurements.
extension Simulation {
    /// Processes that were told to end do, most of the time.
    func obey() {
        guard let worker = workers.filter({ $0.obedientEnd != nil }).randomElement(using: &generator),
            let end = worker.obedientEnd
        else { return sweepSomething() }
        write(worker, true)
        kill(worker, end)
    }

    private func sweepSomething() {
        guard let number = runner.heldSweeps.indices.randomElement(using: &generator) else { return }
        runner.releaseSweep(number, ended: Int.random(in: 0...2, using: &generator))
    }

    func doSomethingRare() {
        switch Int.random(in: 0...9, using: &generator) {
        case 0...1: someWorker()?.isMute = true
        case 2...4: measure()
        case 5: sweepSomething()
        case 6: runner.spawnFailure = runner.spawnFailure == nil ? "no such file" : nil
        case 7: runner.skip(UInt64.random(in: 0...(10 * second), using: &generator))
        default: administer()
        }
    }

    /// Answers what was asked for, and tells more than that.
    private func measure() {
        runner.send(
            .workersSampled(
                workers.filter { $0.stage != .dead }.map {
                    ResourceSample(
                        worker: $0.script.id, residentBytes: UInt64.random(in: 0...1_000, using: &generator),
                        processorTime: UInt64.random(in: 0...second, using: &generator))
                }))
    }

    private func administer() {
        let verbs: [AdminCommand.Verb] = [
            .restart(worker: nil), .restart(worker: Int.random(in: 0...2, using: &generator)), .stop, .start, .start,
            .scale(workers: Int.random(in: 0...4, using: &generator)), .drain, .start, .reset, .reset,
        ]
        let deployment = DeploymentIndex(Int.random(in: 0..<settings.deployments.count, using: &generator))
        guard let verb = verbs.randomElement(using: &generator) else { return }
        let command = AdminCommand(verb, deployment: deployment, waits: Bool.random(using: &generator))
        hasAdministered = true
        known.append(runner.perform(.administer(command)))
    }
}
