import Engine
import HTTP
import WireProtocol

/// `GET /status` and `GET /status/{name}`: times as in RFC 3339, lengths of time in seconds, sizes in bytes. What is not
/// known, or is not so, is left out.
package struct StatusDocument {
    /// What the engine does not know of its process.
    package struct Process: Sendable {
        package let processID: Int32
        /// Where it takes requests of clients, as URLs where there is one.
        package let addresses: [String]

        package init(processID: Int32, addresses: [String]) {
            self.processID = processID
            self.addresses = addresses
        }
    }

    private let report: StatusReport
    private let process: Process

    package init(_ report: StatusReport, _ process: Process) {
        self.report = report
        self.process = process
    }

    /// - Parameter name: only this deployment, with the evidence of its ends; nil: all.
    package func response(deployment name: String?) -> Response {
        var body: [UInt8] = []
        guard let name else {
            append(to: &body)
            return .json(.ok, body)
        }
        // Of several that had the name, the last is in force.
        guard let deployment = report.deployments.last(where: { $0.name == name }) else {
            return ErrorCatalog.unknownDeployment(name, known: report.deployments.map(\.name))
                .response(.administrative)
        }
        append(deployment, withEvidence: true, to: &body)
        return .json(.ok, body)
    }

    private func append(to body: inout [UInt8]) {
        JSONWriter.openObject(in: &body)
        JSONWriter.appendMember("state", report.state.rawValue, to: &body)
        JSONWriter.appendMember("version", ProductVersion.text, to: &body)
        JSONWriter.appendMember("pid", process.processID, to: &body)
        JSONWriter.appendMember("started_at", Timestamp.text(report.startedWall), to: &body)
        JSONWriter.appendMember("now", Timestamp.text(report.nowWall), to: &body)
        appendSeconds("uptime", since(report.startedWall), to: &body)
        JSONWriter.beginMember("addresses", in: &body)
        JSONWriter.openArray(in: &body)
        for address in process.addresses {
            JSONWriter.beginElement(in: &body)
            JSONWriter.appendString(address, to: &body)
        }
        JSONWriter.closeArray(in: &body)
        JSONWriter.beginMember("deployments", in: &body)
        JSONWriter.openArray(in: &body)
        for deployment in report.deployments {
            JSONWriter.beginElement(in: &body)
            append(deployment, withEvidence: false, to: &body)
        }
        JSONWriter.closeArray(in: &body)
        JSONWriter.closeObject(in: &body)
    }

    private func append(_ deployment: DeploymentStatus, withEvidence: Bool, to body: inout [UInt8]) {
        JSONWriter.openObject(in: &body)
        JSONWriter.appendMember("name", deployment.name, to: &body)
        JSONWriter.appendMember("state", deployment.state.rawValue, to: &body)
        if let detail = deployment.detail { JSONWriter.appendMember("detail", detail, to: &body) }
        JSONWriter.appendMember("ready", deployment.ready, to: &body)
        JSONWriter.appendMember("wanted", deployment.wanted, to: &body)
        JSONWriter.appendMember("min_ready", deployment.minimumReady, to: &body)
        JSONWriter.appendMember("slots", deployment.slots, to: &body)
        JSONWriter.appendMember("busy", deployment.busy, to: &body)
        JSONWriter.appendMember("waiting", deployment.waiting, to: &body)
        JSONWriter.appendMember("restarts", deployment.restarts, to: &body)
        JSONWriter.appendMember("generation", deployment.generation, to: &body)
        if let group = deployment.group { JSONWriter.appendMember("group", group, to: &body) }
        if let last = deployment.exits.last { appendExit("last_exit", last, withEvidence: false, to: &body) }
        JSONWriter.beginMember("workers", in: &body)
        JSONWriter.openArray(in: &body)
        for worker in deployment.workers {
            JSONWriter.beginElement(in: &body)
            append(worker, to: &body)
        }
        JSONWriter.closeArray(in: &body)
        if withEvidence {
            JSONWriter.beginMember("exits", in: &body)
            JSONWriter.openArray(in: &body)
            for exit in deployment.exits {
                JSONWriter.beginElement(in: &body)
                append(exit, withEvidence: true, to: &body)
            }
            JSONWriter.closeArray(in: &body)
        }
        JSONWriter.closeObject(in: &body)
    }

    private func append(_ worker: WorkerStatus, to body: inout [UInt8]) {
        JSONWriter.openObject(in: &body)
        JSONWriter.appendMember("index", worker.index, to: &body)
        JSONWriter.appendMember("state", worker.state.rawValue, to: &body)
        if let pid = worker.processID { JSONWriter.appendMember("pid", pid, to: &body) }
        if let device = worker.device { JSONWriter.appendMember("device", device, to: &body) }
        JSONWriter.appendMember("generation", worker.generation, to: &body)
        JSONWriter.appendMember("since", Timestamp.text(worker.sinceWall), to: &body)
        appendSeconds("for", since(worker.sinceWall), to: &body)
        if let started = worker.startedWall {
            JSONWriter.appendMember("started_at", Timestamp.text(started), to: &body)
        }
        JSONWriter.appendMember("slots", worker.slots, to: &body)
        JSONWriter.appendMember("busy", worker.busy, to: &body)
        JSONWriter.appendMember("served", worker.served, to: &body)
        if let bytes = worker.residentBytes { JSONWriter.appendMember("rss_bytes", bytes, to: &body) }
        if let time = worker.processorTime { appendSeconds("cpu_seconds", time, to: &body) }
        if let progress = worker.progress {
            JSONWriter.beginMember("progress", in: &body)
            JSONWriter.appendNumber(progress, to: &body)
        }
        if let message = worker.message { JSONWriter.appendMember("message", message, to: &body) }
        JSONWriter.appendMember("restarts", worker.restarts, to: &body)
        if let next = worker.nextStartWall {
            appendSeconds("next_start_in", next > report.nowWall ? next - report.nowWall : 0, to: &body)
        }
        if let exit = worker.lastExit { appendExit("last_exit", exit, withEvidence: false, to: &body) }
        JSONWriter.closeObject(in: &body)
    }

    private func appendExit(_ key: String, _ exit: ExitRecord, withEvidence: Bool, to body: inout [UInt8]) {
        JSONWriter.beginMember(key, in: &body)
        append(exit, withEvidence: withEvidence, to: &body)
    }

    private func append(_ exit: ExitRecord, withEvidence: Bool, to body: inout [UInt8]) {
        JSONWriter.openObject(in: &body)
        JSONWriter.appendMember("worker", exit.worker, to: &body)
        if let pid = exit.processID { JSONWriter.appendMember("pid", pid, to: &body) }
        JSONWriter.appendMember("at", Timestamp.text(exit.wall), to: &body)
        appendSeconds("ago", since(exit.wall), to: &body)
        JSONWriter.appendMember("reason", exit.reason.rawValue, to: &body)
        JSONWriter.appendMember("detail", exit.detail, to: &body)
        if withEvidence { appendEvidence(exit, to: &body) }
        JSONWriter.closeObject(in: &body)
    }

    private func appendEvidence(_ exit: ExitRecord, to body: inout [UInt8]) {
        appendSeconds("lifetime", exit.lifetime, to: &body)
        if let ready = exit.readyTime { appendSeconds("ready_for", ready, to: &body) }
        switch exit.ending?.status {
        case .exited(let code): JSONWriter.appendMember("exit_status", code, to: &body)
        case .signaled(let number): JSONWriter.appendMember("signal", number, to: &body)
        case .unknown, nil: break
        }
        if let usage = exit.ending?.usage {
            appendSeconds("user_seconds", usage.userTime, to: &body)
            appendSeconds("system_seconds", usage.systemTime, to: &body)
            JSONWriter.appendMember("peak_rss_bytes", usage.peakResidentBytes, to: &body)
        }
        JSONWriter.appendMember("strays", exit.strays, to: &body)
        JSONWriter.appendMember("log_tail", exit.logTail, to: &body)
    }

    private func since(_ wall: UInt64) -> UInt64 { report.nowWall > wall ? report.nowWall - wall : 0 }

    /// With milliseconds: finer ones would only differ from call to call.
    private func appendSeconds(_ key: String, _ nanoseconds: UInt64, to body: inout [UInt8]) {
        JSONWriter.beginMember(key, in: &body)
        JSONWriter.appendNumber(Double(nanoseconds / 1_000_000) / 1000, to: &body)
    }
}
