/// How the loading of a deployment's workers went, for the health document.
package struct SetupReport: Equatable, Sendable {
    package enum Status: String, Sendable {
        case starting, succeeded, failed
    }

    /// Bounds what a set-up prints, in bytes, so that a chatty loader cannot grow the health document without end.
    private static let outputLimit = 256 * 1024
    /// The same for each text that says why it failed. That text has room of its own: it is what people look for.
    private static let reasonLimit = 64 * 1024

    package internal(set) var status = Status.starting
    /// Nanoseconds since 1970.
    package internal(set) var startedWall: UInt64
    package internal(set) var completedWall: UInt64?
    /// 0 to 1, as the worker last said.
    package internal(set) var progress: Double?
    /// What the loading printed and, when it failed, why.
    package private(set) var logs = ""
    private var outputBytes = 0

    init(startedWall: UInt64) {
        self.startedWall = startedWall
    }

    /// Appends what was printed.
    mutating func append(_ text: String) {
        guard outputBytes < SetupReport.outputLimit else { return }
        let room = SetupReport.outputLimit - outputBytes
        outputBytes += text.utf8.count
        if text.utf8.count <= room {
            logs += text
        } else {
            logs += String(decoding: text.utf8.prefix(room), as: UTF8.self)
            logs += "\n[what the set-up printed is cut here, at \(SetupReport.outputLimit) bytes]\n"
        }
    }

    /// Appends a reason for the failure as lines of their own.
    mutating func explain(_ text: String) {
        if !logs.isEmpty, !logs.hasSuffix("\n") { logs += "\n" }
        logs +=
            text.utf8.count <= SetupReport.reasonLimit
            ? text : String(decoding: text.utf8.prefix(SetupReport.reasonLimit), as: UTF8.self) + "…"
        if !logs.hasSuffix("\n") { logs += "\n" }
    }
}
