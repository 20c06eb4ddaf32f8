import Engine
import EventLoop

/// The guard process: outlives a server that was killed, and ends what that server cannot end any more.
///
/// It reads from a pipe what lives (`GuardRoster`). The end of that pipe, without the word that all is well, means that
/// the server is gone. Then everything of its workers gets SIGTERM, and after `grace` SIGKILL, until nothing is left.
package enum GuardProgram {
    /// The word of the command line. Nobody is meant to write it.
    package static let command = "guard"

    /// Whatever is sent to the server's group, or by an init to all that belongs to a service, is not meant for it: its
    /// pipe tells it when to go.
    static let ignoredSignals: Set<ProcessSignal> = [.hangUp, .interrupt, .quit, .terminate, .user1, .user2]

    /// Nanoseconds between SIGTERM and SIGKILL: as long as workers have to notice by themselves.
    static let grace: UInt64 = 2_000_000_000
    /// Nanoseconds after which it gives up: what SIGKILL has not ended by then waits in the kernel.
    static let patience: UInt64 = 10_000_000_000
    /// Nanoseconds between two looks while processes end: they may be starting others.
    private static let look: UInt64 = 100_000_000
    /// It must be gone in so many looks in a row: a process that was starting its program has neither the old nor the
    /// new environment for a moment.
    private static let emptyLooks = 2
    private static let readSize = 4_096

    /// Reads until the end, does what is to be done, and answers the exit code.
    package static func run() -> Int32 {
        // `killall supervisor` must not take both.
        CurrentProcess.setName("guard")
        Signals.ignore(Array(ignoredSignals))
        Signals.ignoreBrokenPipe()
        var roster = GuardRoster()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: readSize, alignment: 1)
        defer { buffer.deallocate() }
        while !roster.isOver, case .bytes(let count) = Transfer.read(0, into: buffer) {
            roster.receive(buffer[..<count])
        }
        if !roster.isOver, let mark = roster.mark { endAll(roster, mark) }
        return 0
    }

    private static func endAll(_ roster: GuardRoster, _ mark: String) {
        let remains = Remains(
            signs: ProcessTree.Signs(leaders: roster.leaders, mark: .server(mark)), scope: .everywhere,
            controlGroup: roster.controlGroup)
        let began = MonotonicTime.now()
        var asked: Set<ProcessIdentity> = []
        var struck: Set<ProcessIdentity> = []
        var left = 0
        var looks = 0
        while looks < emptyLooks {
            let elapsed = MonotonicTime.now().since(began)
            guard elapsed < patience else { break }
            let found = remains.find().map(\.identity)
            left = found.count
            if found.isEmpty {
                looks += 1
                if looks < emptyLooks { CurrentProcess.pause(look) }
                continue
            }
            looks = 0
            let handles = found.compactMap { ProcessHandle($0) }
            if elapsed < grace {
                for handle in handles where asked.insert(handle.identity).inserted { handle.signal(.terminate) }
                ProcessHandle.waitForEnd(of: handles, atMost: min(look, grace - elapsed))
            } else {
                struck.formUnion(remains.strike())
                ProcessHandle.waitForEnd(of: handles, atMost: look)
            }
        }
        if let group = roster.controlGroup { _ = ControlGroup.remove(group) }
        report(roster, ended: asked.union(struck).count, killed: struck.count, left: left)
    }

    /// One line, where the server's log went, if somebody takes it.
    private static func report(_ roster: GuardRoster, ended: Int, killed: Int, left: Int) {
        guard ended > 0 || left > 0, CurrentProcess.canWrite(to: 2) else { return }
        var text = "the server is gone: \(ended) processes of its workers were ended, \(killed) of them by SIGKILL"
        if left > 0 { text += "; \(left) cannot be ended" }
        let entry = LogEntry(left > 0 ? .error : .warning, text, processID: roster.server)
        let line = LogWriter.line(entry, wall: WallClock.now(), isPlain: roster.isPlain)
        _ = line.withUnsafeBytes { Transfer.write(2, $0) }
    }
}
