import Engine
import WireProtocol

/// A line of the server's log as a JSON object: what goes to standard error, and what operators read.
enum LogRecord {
    static func json(_ entry: LogEntry, wall: UInt64) -> [UInt8] {
        var line: [UInt8] = []
        JSONWriter.openObject(in: &line)
        JSONWriter.appendMember("ts", Timestamp.text(wall), to: &line)
        JSONWriter.appendMember("level", levelName(entry.level), to: &line)
        JSONWriter.appendMember("msg", entry.message, to: &line)
        if let deployment = entry.deployment { JSONWriter.appendMember("deployment", deployment, to: &line) }
        if let worker = entry.worker { JSONWriter.appendMember("worker", worker, to: &line) }
        if let pid = entry.processID { JSONWriter.appendMember("pid", pid, to: &line) }
        if let id = entry.predictionID { JSONWriter.appendMember("prediction_id", id, to: &line) }
        if let source = entry.source { JSONWriter.appendMember("source", source, to: &line) }
        JSONWriter.closeObject(in: &line)
        return line
    }

    static func levelName(_ level: LogEntry.Level) -> String {
        switch level {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }
}
