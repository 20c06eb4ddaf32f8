import WireProtocol

/// Records of feeds as lines for people.
package enum RecordText {
    /// As the log looks on a terminal: a line, or one for each that the record holds.
    package static func log(_ record: JSONValue) -> [String] {
        let lines = record["msg"]?.stringValue?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
        // What was printed ends with a line feed.
        return (lines.last == "" ? lines.dropLast() : lines).map { log(record, line: $0) }
    }

    private static func log(_ record: JSONValue, line: Substring) -> String {
        var text = time(record) + " " + padded(record["level"]?.stringValue ?? "", 7) + " "
        if let deployment = record["deployment"]?.stringValue {
            let worker = record["worker"]?.integerValue.map { "/\($0)" } ?? ""
            let pid = record["pid"]?.integerValue.map { " \($0)" } ?? ""
            let source = record["source"]?.stringValue.map { " \($0)" } ?? ""
            text += "[\(deployment)\(worker)\(pid)\(source)] "
        }
        text += line
        if let id = record["prediction_id"]?.stringValue { text += " (prediction \(id))" }
        return Brief.printable(text)
    }

    /// `10:15:02 llama/1 (pid 4301) busy → exited, oom: signal 9 (SIGKILL)`
    package static func stateChange(_ record: JSONValue) -> String {
        var text = time(record) + " "
        text += record["deployment"]?.stringValue ?? "server"
        if let worker = record["worker"]?.integerValue { text += "/\(worker)" }
        if let pid = record["pid"]?.integerValue { text += " (pid \(pid))" }
        text += " "
        if let from = record["from"]?.stringValue { text += "\(from) → " }
        text += record["to"]?.stringValue ?? ""
        let words = [record["reason"]?.stringValue, record["detail"]?.stringValue].compactMap { $0 }
        if !words.isEmpty { text += ", " + words.joined(separator: ": ") }
        return Brief.printable(text)
    }

    /// Hours, minutes and seconds of the time stamp: whoever watches knows the day.
    private static func time(_ record: JSONValue) -> String {
        String(record["ts"]?.stringValue?.dropFirst(11).prefix(8) ?? "")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
