import EventLoop

/// What the guard process was told: a line for each fact.
///
/// `server PID`, `mark NAME`, `cgroup PATH`, `plain` once at the beginning; `add PID START` and `remove PID START` for
/// each life of a worker; `end` when the server has left nothing behind. A line that is none of these means nothing.
package struct GuardRoster: Equatable {
    package private(set) var server: Int32?
    /// What begins the marks of all the server's workers.
    package private(set) var mark: String?
    /// Directory of the control group that all its workers are in.
    package private(set) var controlGroup: String?
    package private(set) var leaders: Set<ProcessIdentity> = []
    /// Its log is read by a person.
    package private(set) var isPlain = false
    /// The server has ended in order: nothing is to be done.
    package private(set) var isOver = false
    private var partialLine: [UInt8] = []

    package init() {}

    package mutating func receive(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            if byte != 0x0A {
                partialLine.append(byte)
                continue
            }
            understand(String(decoding: partialLine, as: UTF8.self))
            partialLine.removeAll(keepingCapacity: true)
        }
    }

    private mutating func understand(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 1)
        guard let word = words.first else { return }
        let rest = words.count > 1 ? String(words[1]) : ""
        switch word {
        case "server": server = Int32(rest)
        case "mark": mark = rest
        case "cgroup": controlGroup = rest
        case "plain": isPlain = true
        case "add": if let leader = GuardRoster.identity(rest) { leaders.insert(leader) }
        case "remove": if let leader = GuardRoster.identity(rest) { leaders.remove(leader) }
        case "end": isOver = true
        default: break
        }
    }

    private static func identity(_ text: String) -> ProcessIdentity? {
        let numbers = text.split(separator: " ")
        guard numbers.count == 2, let number = Int32(numbers[0]), number > 1, let start = UInt64(numbers[1]) else {
            return nil
        }
        return ProcessIdentity(number: number, startTime: start)
    }

    // MARK: The other end

    package static func added(_ leader: ProcessIdentity) -> String { "add \(leader.number) \(leader.startTime)\n" }
    package static func removed(_ leader: ProcessIdentity) -> String { "remove \(leader.number) \(leader.startTime)\n" }
    package static let ended = "end\n"

    /// What a new guard is told first.
    package static func introduction(
        server: Int32, mark: String, controlGroup: String?, isPlain: Bool, leaders: Set<ProcessIdentity>
    ) -> [String] {
        var lines = ["server \(server)\n", "mark \(mark)\n"]
        if let controlGroup { lines.append("cgroup \(controlGroup)\n") }
        if isPlain { lines.append("plain\n") }
        return lines + leaders.map(added)
    }
}
