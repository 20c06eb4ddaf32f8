import SSE
import WireProtocol

/// What workers print, and what the log says of them.
extension SupervisorEngine {
    mutating func workerLogged(_ worker: WorkerID, _ source: LogSource, _ bytes: [UInt8]) {
        guard workers.contains(worker.handle) else { return }
        workers[worker.handle].tail.append(bytes)
        let lines =
            switch source {
            case .standardOutput: workers[worker.handle].standardOutput.receive(bytes)
            case .standardError: workers[worker.handle].standardError.receive(bytes)
            }
        if let lines { workerLogLines(worker, source, lines) }
    }

    /// Passes on what has no line end, since what comes next belongs to something else.
    mutating func flushLogLines(_ worker: WorkerID) {
        if let rest = workers[worker.handle].standardOutput.flush() { workerLogLines(worker, .standardOutput, rest) }
        if let rest = workers[worker.handle].standardError.flush() { workerLogLines(worker, .standardError, rest) }
    }

    /// Text that is of no run by the worker's own word: of the only prediction that runs there, if it is the only one;
    /// never of a wrong one.
    ///
    /// - Parameter isFramed: it came between the frames, so it was written before the `started` that has not come yet.
    mutating func workerLogLines(_ worker: WorkerID, _ source: LogSource, _ text: [UInt8], isFramed: Bool = false) {
        let index = workers[worker.handle].deployment
        if let key = workers[worker.handle].onlyPrediction,
            !isFramed || predictions[key].prediction.status == .processing
        {
            text.withUnsafeBytes { predictions[key].prediction.logReceived($0, source: source) }
            showOperators(text, source, of: key, worker)
            markDirty(key)
            noteWebhook(key, .logs)
            return
        }
        let readable = String(decoding: text, as: UTF8.self)
        let stage = workers[worker.handle].stage
        if stage == .starting || stage == .loading { deployments[index.value].setup.append(readable) }
        for line in readable.split(separator: "\n") {
            var entry = entry(.info, String(line), worker)
            entry.source = source.label
            actions.append(.log(entry))
        }
    }

    /// One record for all of it, since a run may print much.
    mutating func showOperators(_ text: [UInt8], _ source: LogSource, of key: PredictionKey, _ worker: WorkerID) {
        var entry = entry(.info, String(decoding: text, as: UTF8.self), worker)
        entry.predictionID = predictions[key].prediction.id.text
        entry.source = source.label
        entry.isForOperatorsOnly = true
        actions.append(.log(entry))
    }

    // MARK: The log

    mutating func note(_ level: LogEntry.Level, _ message: String, _ worker: WorkerID) {
        actions.append(.log(entry(level, message, worker)))
    }

    mutating func note(_ level: LogEntry.Level, _ message: String, _ index: DeploymentIndex) {
        actions.append(
            .log(LogEntry(level, message, deployment: deployments[index.value].settings.name)))
    }

    private func entry(_ level: LogEntry.Level, _ message: String, _ worker: WorkerID) -> LogEntry {
        LogEntry(
            level, message, deployment: deployments[workers[worker.handle].deployment.value].settings.name,
            processID: workers[worker.handle].processID, worker: workers[worker.handle].place)
    }
}
