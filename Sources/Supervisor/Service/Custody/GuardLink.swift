import Engine
import EventLoop

/// The server's side of its guard: starts it, tells it what lives, and starts another when it is gone.
final class GuardLink {
    /// Nanoseconds before another one is started: the first soon, since nobody watches meanwhile; twice as long with
    /// each that could not be started or did not last, up to the longest.
    private static let firstWait: UInt64 = 100_000_000
    private static let longestWait: UInt64 = 10_000_000_000
    /// What it needs to find its libraries, and what tells it for what it is to a server that has started this one.
    private static let variables: Set<String> = ["LD_LIBRARY_PATH", "PATH", ProcessMark.variable]

    private let loop: Loop
    private let mark: String
    /// Directory of the control group that all workers are in; to be set before the start.
    var controlGroup: String?
    private let request: SpawnRequest
    private let log: (LogEntry) -> Void
    private var leaders: Set<ProcessIdentity> = []
    private var processDescriptor: FileDescriptor?
    private var pipe: FileDescriptor?
    private var registration: Registration?
    private var processID: Int32?
    private var startTime: UInt64 = 0
    private var wait = GuardLink.firstWait
    private var hasEnded = false

    init(
        mark: String, environment: [(name: String, value: String)], on loop: Loop,
        log: @escaping (LogEntry) -> Void
    ) {
        self.mark = mark
        self.loop = loop
        self.log = log
        var request = SpawnRequest(
            arguments: ["supervisor", GuardProgram.command],
            environment: environment.filter { GuardLink.variables.contains($0.name) }, workingDirectory: "/",
            ignoredSignals: GuardProgram.ignoredSignals)
        // Not by its path: there may be another version by now.
        request.program = CurrentProcess.program
        self.request = request
    }

    func start() {
        let lines = GuardRoster.introduction(
            server: CurrentProcess.number, mark: mark, controlGroup: controlGroup,
            isPlain: CurrentProcess.isTerminal(2), leaders: leaders)
        // As much as the pipe holds is in it before the guard is there, and so before we can be killed beside it.
        var untold = lines[...]
        do throws(SystemError) {
            let process = try ChildProcess.spawnListener(request) { raw in
                while let line = untold.first, GuardLink.write(line, to: raw) { untold = untold.dropFirst() }
            }
            let number = process.pid
            processID = number
            startTime = loop.now
            let raw = process.pidfd.raw
            processDescriptor = .some(process.pidfd)
            pipe = .some(process.standardInput)
            registration = try loop.register(raw, .readable, handler: ClosureHandler { [unowned self] _ in ended() })
            log(LogEntry(.debug, "guard process started", processID: number))
        } catch {
            log(LogEntry(.warning, "the guard process could not be started: \(error)"))
            if let processID {
                ChildProcess.disown(processID)
                ChildProcess.signalProcess(processID, .kill)
            }
            close()
            return startLater()
        }
        for line in untold { tell(line) }
    }

    func add(_ leader: ProcessIdentity) {
        leaders.insert(leader)
        tell(GuardRoster.added(leader))
    }

    func remove(_ leader: ProcessIdentity) {
        guard leaders.remove(leader) != nil else { return }
        tell(GuardRoster.removed(leader))
    }

    /// - Parameter inOrder: nothing is left that it could do.
    func end(inOrder: Bool) {
        hasEnded = true
        if inOrder { tell(GuardRoster.ended) }
        if let processID { ChildProcess.disown(processID) }
        close()
    }

    /// Lines are shorter than what the kernel takes whole or not at all.
    private static func write(_ line: String, to raw: Int32) -> Bool {
        Array(line.utf8).withUnsafeBytes { Transfer.write(raw, $0) } == .bytes(line.utf8.count)
    }

    private func tell(_ line: String) {
        guard let raw = pipe?.raw, !GuardLink.write(line, to: raw), let processID else { return }
        // One that does not read would not know what to do: the next is told everything.
        pipe = nil
        ChildProcess.signalProcess(processID, .kill)
    }

    private func ended() {
        guard let raw = processDescriptor?.raw else { return }
        var how = "for an unknown reason"
        do throws(SystemError) {
            guard let ending = try ChildProcess.reap(raw) else { return }
            how = "with \(ending.status)"
        } catch {}
        log(LogEntry(.warning, "the guard process ended \(how); another is started", processID: processID))
        if loop.now - startTime > GuardLink.longestWait { wait = GuardLink.firstWait }
        close()
        startLater()
    }

    private func startLater() {
        guard !hasEnded else { return }
        loop.schedule(after: wait) { [weak self] in
            guard let self, !hasEnded else { return }
            start()
        }
        wait = min(wait * 2, GuardLink.longestWait)
    }

    private func close() {
        if let registration { loop.deregister(registration) }
        registration = nil
        processDescriptor = nil
        pipe = nil
        processID = nil
    }
}
