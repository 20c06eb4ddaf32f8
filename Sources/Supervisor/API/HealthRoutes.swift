import Engine
import HTTP
import WireProtocol

/// What the server says of itself.
enum HealthRoutes {
    /// The loop turns: whoever reads this has the proof.
    static let live = Response.json(.ok, Array(#"{"status":"ok"}"#.utf8))

    /// 200 when every deployment has a ready worker and the server is not stopping; else 503. The body says which.
    static func ready(_ engine: borrowing SupervisorEngine) -> Response {
        let isLeaving = engine.isLeaving
        var isReady = !isLeaving
        var body: [UInt8] = []
        var list: [UInt8] = []
        JSONWriter.openObject(in: &list)
        for deployment in engine.deployments {
            isReady = isReady && deployment.isReady
            JSONWriter.beginMember(deployment.settings.name, in: &list)
            JSONWriter.openObject(in: &list)
            JSONWriter.appendMember("status", deployment.health.rawValue, to: &list)
            JSONWriter.appendMember("slots", deployment.slots.capacity, to: &list)
            JSONWriter.appendMember("busy", deployment.slots.busyCount, to: &list)
            JSONWriter.appendMember("restarts", deployment.restartCount, to: &list)
            JSONWriter.closeObject(in: &list)
        }
        JSONWriter.closeObject(in: &list)
        JSONWriter.openObject(in: &body)
        let status = isLeaving ? "stopping" : isReady ? "ready" : "unready"
        JSONWriter.appendMember("status", status, to: &body)
        JSONWriter.beginMember("deployments", in: &body)
        body.append(contentsOf: list)
        JSONWriter.closeObject(in: &body)
        return .json(isReady ? .ok : .serviceUnavailable, body)
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
