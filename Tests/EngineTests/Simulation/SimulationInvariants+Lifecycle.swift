import Engine

/// What must be true of workers, slots and places after every step.
extension Simulation {
    func lifecycleProblem() -> String? {
        let report = runner.engine.statusReport()
        return slotProblem(report) ?? placeProblem() ?? loadProblem(report) ?? breakerProblem(report)
            ?? predictionProblem(report)
    }

    /// The pool counts what the workers' records say, and what the workers themselves know.
    private func slotProblem(_ report: StatusReport) -> String? {
        for deployment in report.deployments {
            let serving = deployment.workers.filter { $0.state == .idle || $0.state == .busy }
            let (slots, busy) = serving.reduce(into: (0, 0)) { $0 = ($0.0 + $1.slots, $0.1 + $1.busy) }
            if (deployment.slots, deployment.busy) != (slots, busy) {
                return "\(deployment.name): \(deployment.busy) of \(deployment.slots) slots are busy in the pool, "
                    + "\(busy) of \(slots) in the workers"
            }
        }
        let rows = Dictionary(
            report.deployments.flatMap(\.workers).compactMap { row in row.processID.map { ($0, row) } },
            uniquingKeysWith: { first, _ in first })
        for (number, worker) in workers.enumerated() where worker.stage == .ready && worker.isSettled {
            guard let row = rows[Int32(101 + number)], row.state == .idle || row.state == .busy else { continue }
            // A request that the worker has not looked at yet is a busy slot too.
            if row.busy != worker.busySlots {
                return "\(row.busy) slots of a worker are busy, and it has \(worker.busySlots) runs"
            }
        }
        return nil
    }

    /// Everybody who lives is in one place, and takes new runs there alone.
    private func placeProblem() -> String? {
        var seen: Set<WorkerID> = []
        for deployment in runner.engine.deployments {
            for place in deployment.places {
                for life in place.outgoing + [place.current, place.incoming].compactMap({ $0 }) {
                    if !seen.insert(life).inserted { return "a worker is in two places" }
                }
            }
            if deployment.recycling.heldCount > deployment.settings.supervision.recycle.maximumUnavailable {
                return "\(deployment.recycling.heldCount) workers are being recycled at a time"
            }
        }
        // One whose process is yet to start has no script.
        let living = runner.workers.filter { !$0.isReleased }
        if let lost = living.first(where: { !seen.contains($0.id) }) { return "\(lost.id) is in no place" }
        return nil
    }

    private func loadProblem(_ report: StatusReport) -> String? {
        let loading = report.deployments.filter { $0.group == nil }.flatMap(\.workers)
            .count { $0.state == .starting || $0.state == .loading }
        return loading <= settings.loads.host ? nil : "\(loading) workers load at a time"
    }

    /// Nobody is started in a deployment that has failed, but for one with each probe.
    private func breakerProblem(_ report: StatusReport) -> String? {
        let new = runner.logs[seenLogs...]
        seenLogs = runner.logs.count
        for (index, deployment) in report.deployments.enumerated() {
            let lines = new.filter { $0.deployment == deployment.name }.map(\.message)
            let started = runner.workers.count { $0.plan.deployment.value == index }
            let probes = lines.count { $0.contains("tried again") }
            // An operator, or a worker that became ready, may have closed the breaker meanwhile.
            let isUndisturbed = !hasAdministered && !lines.contains { $0.hasPrefix("worker ready") }
            if deployment.state == .failed, deployment.group == nil, let allowed = allowedStarts[index], isUndisturbed {
                allowedStarts[index] = allowed + probes
                if started > allowed + probes { return "\(deployment.name) has failed, and a worker is started" }
            } else {
                // A probe that waits for its turn starts later.
                allowedStarts[index] = deployment.state == .failed ? started + 1 : nil
            }
        }
        hasAdministered = false
        return nil
    }

    /// Nobody is forgotten: who has not ended runs somewhere, or waits.
    private func predictionProblem(_ report: StatusReport) -> String? {
        let held = report.deployments.flatMap(\.workers).reduce(0) { $0 + $1.busy }
        let waiting = report.deployments.reduce(0) { $0 + $1.waiting }
        if runner.engine.activeCount > held + waiting {
            return "\(runner.engine.activeCount) predictions have not ended, \(held) run and \(waiting) wait"
        }
        for (index, deployment) in report.deployments.enumerated() where deployment.waiting > 0 {
            if deployment.state == .failed || deployment.state == .stopped || deployment.state == .draining {
                return "\(deployment.waiting) wait for \(deployment.name), which is \(deployment.state)"
            }
            let line = runner.engine.deployments[index].retryLine
            if line.isBlocking(now: runner.now), deployment.ready > 0, deployment.busy < deployment.slots,
                runner.engine.deployments[index].isReady,
                runner.timers[.retry(DeploymentIndex(index))].map({ $0 > runner.now }) ?? true
            {
                return "somebody waits for \(deployment.name), where a slot is free"
            }
        }
        return report.deployments.allSatisfy { $0.exits.count <= 100 } ? nil : "too many ends are kept"
    }

    /// What is left after the end of the server.
    func leftOver() -> String? {
        if let worker = runner.workers.first(where: { !$0.isReleased }) { return "\(worker.id) is left" }
        for timer in runner.timers.keys {
            switch timer {
            // What is kept for latecomers goes with the process.
            case .retention, .pendingCancellations, .streamTick, .webhook: continue
            default: return "\(timer) is left"
            }
        }
        return nil
    }
}
