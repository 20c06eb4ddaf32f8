import Engine
import EventLoop

/// The server's own log on standard error: one line per entry, JSON for machines, plain text for people.
///
/// Never blocks the loop: a thread of its own writes, and what a stuck reader does not take is dropped, oldest first, and
/// counted.
package final class LogWriter {
    /// How long the end of the process waits for the reader of the log (nanoseconds).
    private static let flushPatience: UInt64 = 500_000_000

    private let writer: BackgroundWriter
    private let level: LogEntry.Level
    private let isPlain: Bool
    private var dropNotice = DropNotice()
    /// The time of the newest line.
    private var newest: UInt64 = 0

    /// - Parameter isPlain: text instead of JSON.
    package init(descriptor: Int32, level: LogEntry.Level, isPlain: Bool) throws(SystemError) {
        writer = try BackgroundWriter(descriptor: descriptor)
        self.level = level
        self.isPlain = isPlain
    }

    /// Whether entries of this level are written at all.
    package func takes(_ level: LogEntry.Level) -> Bool { level >= self.level }

    /// - Parameter record: the entry as `LogRecord` writes it; nil: it is made here.
    package func write(_ entry: LogEntry, record: [UInt8]? = nil, wall: UInt64) {
        guard takes(entry.level) else { return }
        newest = wall
        if let text = dropNotice.text(dropped: writer.droppedCount, wall: wall) {
            append(LogEntry(.warning, text), wall: wall)
        }
        append(entry, record, wall: wall)
    }

    private func append(_ entry: LogEntry, _ record: [UInt8]? = nil, wall: UInt64) {
        writer.append(LogWriter.line(entry, record, wall: wall, isPlain: isPlain))
    }

    /// As it is written, with the end of the line.
    ///
    /// - Parameter record: its JSON, where somebody has made it already.
    static func line(_ entry: LogEntry, _ record: [UInt8]? = nil, wall: UInt64, isPlain: Bool) -> [UInt8] {
        var line: [UInt8] = []
        if isPlain {
            writePlain(entry, wall, to: &line)
        } else {
            line = record ?? LogRecord.json(entry, wall: wall)
        }
        line.append(0x0A)
        return line
    }

    package func flush() {
        if let text = dropNotice.lastText(dropped: writer.droppedCount) {
            append(LogEntry(.warning, text), wall: newest)
        }
        _ = writer.flush(atMost: LogWriter.flushPatience)
    }

    private static func writePlain(_ entry: LogEntry, _ wall: UInt64, to line: inout [UInt8]) {
        // Hours, minutes and seconds of the time stamp: whoever watches knows the day.
        line.append(contentsOf: Timestamp.text(wall).dropFirst(11).prefix(8).utf8)
        line.append(contentsOf: " \(LogRecord.levelName(entry.level).padded(to: 7)) ".utf8)
        if let deployment = entry.deployment {
            let process = entry.processID.map { "/\($0)" } ?? ""
            let source = entry.source.map { " \($0)" } ?? ""
            line.append(contentsOf: "[\(deployment)\(process)\(source)] ".utf8)
        }
        // A terminal must not be steered by what a worker prints.
        line.append(contentsOf: entry.message.utf8.map { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F ? 0x20 : $0 })
        if let id = entry.predictionID { line.append(contentsOf: " (prediction \(id))".utf8) }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - utf8.count))
    }
}
