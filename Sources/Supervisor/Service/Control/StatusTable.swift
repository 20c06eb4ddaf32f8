import WireProtocol

/// `supervisor status` for people: a row for each deployment, and below it one for each of its workers.
package struct StatusTable {
    /// Columns of output; nil: as many as it takes.
    let width: Int?
    let usesColor: Bool

    package init(width: Int?, usesColor: Bool) {
        self.width = width
        self.usesColor = usesColor
    }

    private enum Column: Int, CaseIterable {
        case name, state, ready, busy, waiting, restarts, duration, pid, device, runs, memory, processor, last

        var title: String {
            switch self {
            case .name: "NAME"
            case .state: "STATE"
            case .ready: "READY"
            case .busy: "BUSY"
            case .waiting: "WAITING"
            case .restarts: "RESTARTS"
            case .duration: "FOR"
            case .pid: "PID"
            case .device: "DEVICE"
            case .runs: "RUNS"
            case .memory: "RSS"
            case .processor: "CPU"
            case .last: "LAST EXIT"
            }
        }

        /// Numbers stand at the right.
        var isNumber: Bool { ![.name, .state, .device, .last].contains(self) }

        /// What a narrow terminal does without, in this order.
        static let dispensable: [Column] = [.processor, .runs, .pid, .memory, .waiting, .restarts]
    }

    private enum Row {
        case deployment([Column: String], state: String)
        case worker([Column: String], state: String)
        case note(String)

        var cells: [Column: String] {
            switch self {
            case .deployment(let cells, _), .worker(let cells, _): cells
            case .note: [:]
            }
        }
    }

    /// Spaces between two columns.
    private static let gap = 2
    /// Narrower than this, the last column says nothing any more.
    private static let narrowestLast = 24

    /// The document of `GET /status`, or one of its deployments, as `GET /status/{name}` has it.
    package func text(_ document: JSONValue) -> String {
        let deployments = document["deployments"]?.arrayValue
        var lines: [String] = []
        if deployments != nil { lines += [headline(document), ""] }
        let rows = (deployments ?? [document]).flatMap(StatusTable.rows)
        lines += rows.isEmpty ? ["There is no deployment."] : table(rows)
        return lines.map { "\($0)\n" }.joined()
    }

    private func headline(_ document: JSONValue) -> String {
        let state = document["state"]?.stringValue ?? "unknown"
        var parts = ["pid \(document["pid"]?.integerValue ?? 0)"]
        if let uptime = document["uptime"]?.doubleValue { parts.append("up \(Brief.duration(seconds: uptime))") }
        parts += document["addresses"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return "supervisor \(document["version"]?.stringValue ?? "") is \(colored(state, state)), "
            + parts.joined(separator: ", ")
    }

    // MARK: Rows

    private static func rows(_ deployment: JSONValue) -> [Row] {
        let number = { (key: String) in deployment[key]?.integerValue ?? 0 }
        let state = deployment["state"]?.stringValue ?? ""
        var cells: [Column: String] = [
            .name: Brief.printable(deployment["name"]?.stringValue ?? ""), .state: state,
            .ready: "\(number("ready"))/\(number("wanted"))", .busy: "\(number("busy"))/\(number("slots"))",
            .waiting: "\(number("waiting"))", .restarts: "\(number("restarts"))",
        ]
        if let exit = deployment["last_exit"] { cells[.last] = Self.exit(exit) }
        var rows = [Row.deployment(cells, state: state)]
        if let detail = deployment["detail"]?.stringValue { rows.append(.note(Brief.printable(detail))) }
        rows += deployment["workers"]?.arrayValue?.map(worker) ?? []
        return rows
    }

    private static func worker(_ worker: JSONValue) -> Row {
        let state = worker["state"]?.stringValue ?? ""
        var cells: [Column: String] = [
            .name: "  \(worker["index"]?.integerValue ?? 0)", .state: state,
            .restarts: "\(worker["restarts"]?.integerValue ?? 0)",
        ]
        if let seconds = worker["for"]?.doubleValue { cells[.duration] = Brief.duration(seconds: seconds) }
        if let pid = worker["pid"]?.integerValue { cells[.pid] = "\(pid)" }
        if let device = worker["device"]?.stringValue { cells[.device] = Brief.printable(device) }
        if let slots = worker["slots"]?.integerValue, slots > 0 {
            cells[.busy] = "\(worker["busy"]?.integerValue ?? 0)/\(slots)"
        }
        if worker["pid"] != nil { cells[.runs] = "\(worker["served"]?.integerValue ?? 0)" }
        if let bytes = worker["rss_bytes"]?.doubleValue { cells[.memory] = Brief.size(bytes: bytes) }
        if let seconds = worker["cpu_seconds"]?.doubleValue { cells[.processor] = Brief.duration(seconds: seconds) }
        cells[.last] = remark(worker, state)
        return .worker(cells, state: state)
    }

    /// What is to come stands before what was.
    private static func remark(_ worker: JSONValue, _ state: String) -> String? {
        var parts: [String] = []
        if let seconds = worker["next_start_in"]?.doubleValue {
            parts.append("starts in \(Brief.duration(seconds: seconds))")
        }
        if state == "loading" || state == "starting" {
            let percent = worker["progress"]?.doubleValue.map { "\(Int((min(max($0, 0), 1) * 100).rounded())) %" }
            let message = worker["message"]?.stringValue.map(Brief.printable)
            let words = [percent, message].compactMap { $0 }
            if !words.isEmpty { parts.append(words.joined(separator: " ")) }
        }
        if let exit = worker["last_exit"] { parts.append(Self.exit(exit)) }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    private static func exit(_ exit: JSONValue) -> String {
        let reason = exit["reason"]?.stringValue ?? ""
        // What stands behind a semicolon explains more than a table has room for.
        let detail = Brief.printable(String(exit["detail"]?.stringValue?.prefix { $0 != ";" } ?? ""))
        let ago = exit["ago"]?.doubleValue.map { ", \(Brief.duration(seconds: $0)) ago" } ?? ""
        return (detail.isEmpty || detail == reason ? reason : "\(reason): \(detail)") + ago
    }

    // MARK: Layout

    private func table(_ rows: [Row]) -> [String] {
        var columns = Column.allCases.filter { column in
            // Few servers have devices, and what nobody has is left out.
            column.rawValue <= Column.restarts.rawValue || rows.contains { $0.cells[column] != nil }
        }
        var widths: [Column: Int] = [:]
        for column in columns {
            widths[column] = rows.reduce(column.title.count) { max($0, $1.cells[column]?.count ?? 0) }
        }
        let fixed = { columns.filter { $0 != .last }.reduce(0) { $0 + (widths[$1] ?? 0) + StatusTable.gap } }
        if let width {
            for column in Column.dispensable where fixed() + StatusTable.narrowestLast > width {
                columns.removeAll { $0 == column }
            }
        }
        var titles: [Column: String] = [:]
        for column in columns { titles[column] = column.title }
        let head = line(titles, columns, widths, fixed()) { _, text in bold(text) }
        return [head]
            + rows.map { row in
                switch row {
                case .note(let text): return "  ! " + clipped(text, to: width.map { $0 - 4 })
                case .deployment(let cells, let state):
                    return line(cells, columns, widths, fixed()) { column, text in
                        column == .state ? colored(text, state) : column == .name ? bold(text) : text
                    }
                case .worker(let cells, let state):
                    return line(cells, columns, widths, fixed()) { column, text in
                        column == .state ? colored(text, state) : text
                    }
                }
            }
    }

    private func line(
        _ cells: [Column: String], _ columns: [Column], _ widths: [Column: Int], _ fixed: Int,
        style: (Column, String) -> String
    ) -> String {
        var line = ""
        var blanks = 0
        for column in columns {
            let text =
                column == .last ? clipped(cells[column] ?? "", to: width.map { $0 - fixed }) : cells[column] ?? ""
            let padding = max(0, (widths[column] ?? 0) - text.count)
            if column.isNumber { blanks += padding }
            if !text.isEmpty {
                line += String(repeating: " ", count: blanks) + style(column, text)
                blanks = 0
            }
            if !column.isNumber { blanks += padding }
            blanks += StatusTable.gap
        }
        return line
    }

    private func clipped(_ text: String, to width: Int?) -> String {
        guard let width, text.count > max(width, 1) else { return text }
        return text.prefix(max(width - 1, 0)) + "…"
    }

    // MARK: Color

    private func bold(_ text: String) -> String { usesColor ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    private func colored(_ text: String, _ state: String) -> String {
        guard usesColor else { return text }
        let code =
            switch state {
            case "ready", "idle", "busy": "32"
            case "failed", "unresponsive", "exited": "31"
            case "stopped": "2"
            default: "33"
            }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}
