import EventLoop

/// Whether a process that was killed was killed by the kernel for want of memory. Nothing says so of a single process;
/// but the kernel counts such kills, and one that was counted at the time of a death explains it.
package struct OutOfMemoryEvidence {
    private var counters: [(file: String, count: KillCount)]

    /// Where the whole system's kills are counted.
    private static let systemFile = "/proc/vmstat"
    private static let fileLimit = 1 << 20

    /// - Parameter file: has a line `oom_kill N`; nil: the system's own files, of the server's control group and of all.
    package init(file: String?) {
        let files = file.map { [$0] } ?? OutOfMemoryEvidence.systemFiles()
        counters = files.map { (file: $0, count: KillCount(OutOfMemoryEvidence.kills(in: $0) ?? 0)) }
    }

    private static func systemFiles() -> [String] {
        [
            ControlGroupTree.ownDirectory().map { "\($0)/memory.events" },
            ControlGroupTree.ownMemoryDirectory().map { "\($0)/memory.oom_control" },
            systemFile,
        ].compactMap { $0 }
    }

    /// To be asked once for each process that SIGKILL has ended.
    ///
    /// - Parameter group: the directory of the control group that was its own.
    package mutating func explainsDeath(in group: String?, now: UInt64) -> Bool {
        var isExplained = false
        for index in counters.indices {
            guard let kills = OutOfMemoryEvidence.kills(in: counters[index].file) else { continue }
            if counters[index].count.explainsDeath(kills, now: now) { isExplained = true }
        }
        if let group, let kills = OutOfMemoryEvidence.kills(in: "\(group)/memory.events"), kills > 0 { return true }
        return isExplained
    }

    private static func kills(in file: String) -> UInt64? {
        guard let bytes = try? Files.readUnsized(file, limit: fileLimit) else { return nil }
        return kills(of: String(decoding: bytes, as: UTF8.self))
    }

    /// The number in the line `oom_kill N` of `memory.events`, `memory.oom_control` or `/proc/vmstat`.
    package static func kills(of text: String) -> UInt64? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "oom_kill" { return UInt64(words[1]) }
        }
        return nil
    }
}

/// A counter of kills: each of them explains one death, of the same time.
package struct KillCount: Equatable, Sendable {
    /// Nanoseconds for which a kill that was counted waits for its death to be seen. Several that die at once are told
    /// one after the other, but in moments; and what was killed may have been somebody else's.
    package static let validity: UInt64 = 2_000_000_000

    private var last: UInt64
    private var unexplained: UInt64 = 0
    private var validUntil: UInt64 = 0

    package init(_ count: UInt64) {
        last = count
    }

    package mutating func explainsDeath(_ count: UInt64, now: UInt64) -> Bool {
        if now > validUntil { unexplained = 0 }
        if count > last {
            unexplained += count - last
            validUntil = now + KillCount.validity
        }
        last = count
        guard unexplained > 0 else { return false }
        unexplained -= 1
        return true
    }
}
