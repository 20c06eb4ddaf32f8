import Engine
import WireProtocol

/// The data of one event of `GET /events`.
package enum StateChangeDocument {
    /// The name of these events.
    package static let eventName = "state"

    package static func json(_ change: StateChange) -> [UInt8] {
        var body: [UInt8] = []
        JSONWriter.openObject(in: &body)
        JSONWriter.appendMember("ts", Timestamp.text(change.wall), to: &body)
        if !change.deployment.isEmpty { JSONWriter.appendMember("deployment", change.deployment, to: &body) }
        if let worker = change.worker { JSONWriter.appendMember("worker", worker, to: &body) }
        if let pid = change.processID { JSONWriter.appendMember("pid", pid, to: &body) }
        if let from = change.from { JSONWriter.appendMember("from", from, to: &body) }
        JSONWriter.appendMember("to", change.to, to: &body)
        if let reason = change.reason { JSONWriter.appendMember("reason", reason.rawValue, to: &body) }
        if let detail = change.detail { JSONWriter.appendMember("detail", detail, to: &body) }
        JSONWriter.closeObject(in: &body)
        return body
    }
}
