import Engine
import SSE
import TestSupport
import WireProtocol

/// What must be true after every step, whatever was drawn.
extension Simulation {
    /// What is wrong, in words; nil: nothing.
    func problem() -> String? {
        lifecycleProblem() ?? readerCountProblem() ?? timerProblem() ?? memoryProblem() ?? webhookProblem()
    }

    private func readerCountProblem() -> String? {
        let open = clients.count { $0.isOpen && runner.clients[$0.id.rawValue] != nil }
        return open == runner.engine.readerCount ? nil : "\(runner.engine.readerCount) readers for \(open) open streams"
    }

    /// Every started timer belongs to something that is there.
    private func timerProblem() -> String? {
        let alive = Set(runner.workers.filter { !$0.isReleased }.map(\.id))
        for timer in runner.timers.keys {
            switch timer {
            case .loadDeadline(let worker), .stopStep(let worker), .exitDeadline(let worker):
                if !alive.contains(worker) { return "\(timer) is left of a worker that is gone" }
            case .cancelStep(let slot):
                if !alive.contains(slot.worker) { return "\(timer) is left of a worker that is gone" }
            case .retry(let index):
                if runner.engine.deployments[index.value].retryLine.isEmpty { return "\(timer), and nobody waits" }
            default: break
            }
        }
        for (index, deployment) in runner.engine.deployments.enumerated() where !deployment.retryLine.isEmpty {
            if runner.timers[.retry(DeploymentIndex(index))] == nil { return "somebody waits, and there is no timer" }
        }
        let predictionTimers = runner.timers.keys.count { timer in
            switch timer {
            case .disconnectGrace, .patience: true
            default: false
            }
        }
        return predictionTimers <= 2 * runner.engine.activeCount ? nil : "timers are left of predictions that ended"
    }

    private func memoryProblem() -> String? {
        if runner.engine.predictionCount > settings.retention.count + runner.engine.activeCount {
            return "\(runner.engine.predictionCount) predictions are kept"
        }
        if runner.engine.pendingCancellationCount > settings.pendingCancellations.count {
            return "\(runner.engine.pendingCancellationCount) pending cancellations"
        }
        return nil
    }

    /// One notice of a prediction at a time, and nothing after the one of its end.
    private func webhookProblem() -> String? {
        let open = runner.unsettled.values.map(\.url)
        if Set(open).count != open.count { return "two notices of one prediction are under way: \(open)" }
        let new = runner.sent[checkedNotices...]
        checkedNotices = runner.sent.count
        for (id, request) in new {
            guard case .bytes(let body) = request.body, let notice = try? JSONValue.parse(body) else {
                return "a notice that is no document"
            }
            let isEnd = notice["completed_at"] != nil
            if !isEnd, toldEnds.contains(request.url) { return "\(request.url) heard of \(id) after the end" }
            if isEnd { toldEnds.insert(request.url) }
        }
        return nil
    }

    // MARK: The end

    /// What is wrong after `finish`.
    func finalProblem() -> String? {
        if runner.engine.activeCount != 0 { return "\(runner.engine.activeCount) predictions have not ended" }
        if runner.exitCode == nil { return "the server did not exit" }
        if runner.engine.readerCount != 0 { return "\(runner.engine.readerCount) readers are left" }
        if let problem = leftOver() { return problem }
        for client in clients {
            if client.answers.count > 1 { return "\(client.id) was answered \(client.answers.count) times" }
            let isThere = runner.clients[client.id.rawValue] != nil
            if isThere, client.answers.isEmpty, client.opening == nil { return "\(client.id) was never answered" }
            if isThere, client.opening != nil, !client.hasEnded, !client.isCut { return "\(client.id) was left open" }
            if let request = requests[client.id.rawValue], let problem = ReaderCheck.problem(client, request) {
                return "\(client.id), \(request): \(problem)\n\(client.texts.map { $0.prefix(80) })"
            }
        }
        return nil
    }
}
