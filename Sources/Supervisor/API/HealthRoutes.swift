import Engine
import HTTP
import WireProtocol

/// What the server says of itself.
enum HealthRoutes {
    /// The one loop answers this itself, in between all else that it does: a loop that stands still answers nothing, and
    /// whoever reads this has the proof that it turned just now.
    static let live = Response.json(.ok, Array(#"{"status":"ok"}"#.utf8))

    /// 200 when every required deployment has as many ready workers as it needs and the server is not stopping; else 503.
    /// The body says which.
    static func ready(_ engine: borrowing SupervisorEngine) -> Response {
        let isReady = engine.isReady
        var body: [UInt8] = []
        JSONWriter.openObject(in: &body)
        let status = engine.isLeaving ? "stopping" : isReady ? "ready" : "unready"
        JSONWriter.appendMember("status", status, to: &body)
        appendDeployments(engine, to: &body) { deployment, body in
            JSONWriter.appendMember("status", deployment.health.rawValue, to: &body)
            JSONWriter.appendMember("state", deployment.state.rawValue, to: &body)
            JSONWriter.appendMember("required", deployment.settings.supervision.isRequired, to: &body)
            JSONWriter.appendMember("ready", deployment.readyCount, to: &body)
            JSONWriter.appendMember("wanted", deployment.wantedCount, to: &body)
            JSONWriter.appendMember("min_ready", deployment.settings.supervision.minimumReady, to: &body)
            JSONWriter.appendMember("slots", deployment.slots.capacity, to: &body)
            JSONWriter.appendMember("busy", deployment.slots.busyCount, to: &body)
            JSONWriter.appendMember("restarts", deployment.restartCount, to: &body)
        }
        JSONWriter.closeObject(in: &body)
        return .json(isReady ? .ok : .serviceUnavailable, body)
    }

    /// 200 from the moment on at which every required deployment has been ready once, whatever comes then.
    static func started(_ engine: borrowing SupervisorEngine) -> Response {
        var body: [UInt8] = []
        JSONWriter.openObject(in: &body)
        JSONWriter.appendMember("status", engine.hasStarted ? "started" : "starting", to: &body)
        appendDeployments(engine, to: &body) { deployment, body in
            JSONWriter.appendMember("state", deployment.state.rawValue, to: &body)
            JSONWriter.appendMember("required", deployment.settings.supervision.isRequired, to: &body)
            JSONWriter.appendMember("was_ready", deployment.hasServed, to: &body)
        }
        JSONWriter.closeObject(in: &body)
        return .json(engine.hasStarted ? .ok : .serviceUnavailable, body)
    }

    private static func appendDeployments(
        _ engine: borrowing SupervisorEngine, to body: inout [UInt8],
        _ members: (borrowing Deployment, inout [UInt8]) -> Void
    ) {
        JSONWriter.beginMember("deployments", in: &body)
        JSONWriter.openObject(in: &body)
        for deployment in engine.deployments where !deployment.isRemoved {
            JSONWriter.beginMember(deployment.settings.name, in: &body)
            JSONWriter.openObject(in: &body)
            members(deployment, &body)
            JSONWriter.closeObject(in: &body)
        }
        JSONWriter.closeObject(in: &body)
    }

    /// What a health document is made of: as long as it stays the same, so does the document.
    struct Fingerprint: Equatable {
        private let health: DeploymentHealth
        private let startedWall: UInt64
        private let completedWall: UInt64?
        private let status: SetupReport.Status
        private let logByteCount: Int
        private let lastExit: String?
        private let versions: [String: String]

        init(_ deployment: borrowing Deployment) {
            health = deployment.health
            startedWall = deployment.setup.startedWall
            completedWall = deployment.setup.completedWall
            status = deployment.setup.status
            logByteCount = deployment.setup.logs.utf8.count
            lastExit = deployment.lastExit
            versions = deployment.handler?.versions ?? [:]
        }
    }

    /// Cog's health document: always 200, members in Cog's order.
    static func health(_ report: HealthReport) -> Response {
        var body: [UInt8] = []
        JSONWriter.openObject(in: &body)
        JSONWriter.appendMember("status", report.status.rawValue, to: &body)
        JSONWriter.beginMember("setup", in: &body)
        appendSetup(report.setup, to: &body)
        JSONWriter.beginMember("version", in: &body)
        appendVersions(report.versions, to: &body)
        if let error = userError(report) { JSONWriter.appendMember("user_healthcheck_error", error, to: &body) }
        JSONWriter.closeObject(in: &body)
        return .json(.ok, body)
    }

    private static func userError(_ report: HealthReport) -> String? {
        if let complaint = report.complaint { return complaint }
        guard report.status == .unhealthy, let exit = report.lastExit else { return nil }
        return "Healthcheck error: no worker is ready; the last one ended with \(exit)"
    }

    /// This server's version, and what the worker says of itself.
    private static func appendVersions(_ versions: [String: String], to body: inout [UInt8]) {
        JSONWriter.openObject(in: &body)
        JSONWriter.appendMember("supervisor", ProductVersion.text, to: &body)
        for key in versions.keys.sorted() where key != "supervisor" {
            JSONWriter.appendMember(key, versions[key] ?? "", to: &body)
        }
        JSONWriter.closeObject(in: &body)
    }

    private static func appendSetup(_ setup: SetupReport, to body: inout [UInt8]) {
        JSONWriter.openObject(in: &body)
        JSONWriter.appendMember("started_at", Timestamp.text(setup.startedWall), to: &body)
        if let completed = setup.completedWall {
            JSONWriter.appendMember("completed_at", Timestamp.text(completed), to: &body)
        }
        JSONWriter.appendMember("status", setup.status.rawValue, to: &body)
        if !setup.logs.isEmpty { JSONWriter.appendMember("logs", setup.logs, to: &body) }
        JSONWriter.closeObject(in: &body)
    }
}
