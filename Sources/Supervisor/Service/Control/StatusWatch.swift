import EventLoop
import WireProtocol

/// `supervisor status --watch`: the table, drawn anew every second, until a key ends it.
struct StatusWatch {
    /// Nanoseconds between two drawings: often enough to see a worker load, too seldom to be a burden.
    private static let interval: UInt64 = 1_000_000_000
    /// How long (nanoseconds) the server may take to answer.
    private static let patience: UInt64 = 5_000_000_000

    let path: String
    let name: String?
    let table: StatusTable

    func run() throws(ControlClient.Failure) -> ExitCode {
        guard let keys = TerminalKeys(), CurrentProcess.isTerminal(1) else { return try print() }
        // A screen of its own, so that what was there before comes back.
        Console.output("\u{1B}[?1049h\u{1B}[?25l")
        defer {
            Console.output("\u{1B}[?25h\u{1B}[?1049l")
            keys.close()
        }
        while true {
            draw(try fetch())
            switch keys.next(within: StatusWatch.interval) {
            case .none: continue
            case .end: return .success
            case .character(let byte):
                // q, Ctrl-C, Ctrl-D, Escape; others just draw.
                if [UInt8(ascii: "q"), 3, 4, 27].contains(byte) { return .success }
            }
        }
    }

    /// Not on a terminal there is nothing to redraw: one table after the other.
    private func print() throws(ControlClient.Failure) -> ExitCode {
        while true {
            Console.output(table.text(try fetch()) + "\n")
            CurrentProcess.pause(StatusWatch.interval)
        }
    }

    private func draw(_ document: JSONValue) {
        // The terminal may have been resized.
        let text = StatusTable(width: Terminal.columns() ?? table.width, usesColor: table.usesColor).text(document)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        if let height = Terminal.lines(), lines.count > height - 1 {
            let hidden = lines.count - (height - 2)
            lines = lines.prefix(max(height - 2, 1)) + ["… and \(hidden) more lines"]
        }
        // Each line is cleared behind its end, then all below: no flicker.
        Console.output("\u{1B}[H" + lines.map { "\($0)\u{1B}[K\n" }.joined() + "\u{1B}[J")
    }

    private func fetch() throws(ControlClient.Failure) -> JSONValue {
        var client = try ControlClient(path: path)
        let answer = try client.ask("GET", ControlProgram.statusPath(name), patience: StatusWatch.patience)
        let document = try? JSONValue.parse(answer.body)
        guard answer.status == 200, let document else {
            throw ControlClient.Failure(
                text: Brief.printable(document?["message"]?.stringValue ?? "the server answered \(answer.status)"))
        }
        return document
    }
}
