import Engine
import EventLoop

/// What the server owes the processes that it has started, beyond their pipes: that nothing of them outlives them, or
/// the server itself, and that the orphans they leave are reaped. On the loop's thread; what reads `/proc` runs on a
/// thread of its own.
///
/// Three ways to find what a worker has started, since each has a hole: its session and process group (it may leave
/// them), the mark in the environment (it may write over it), its control group (there may be none to be had).
final class ProcessCustody {
    /// Nanoseconds for ending what a dead worker left behind. Killed processes are gone in milliseconds; one that waits
    /// in a driver may take seconds, and longer than this its successor had better not wait.
    static let sweepPatience: UInt64 = 5_000_000_000
    /// Nanoseconds between two looks at what was killed: at first as long as an ordinary process takes to go, then twice
    /// as long each time, up to the longest.
    private static let firstLook: UInt64 = 2_000_000
    private static let longestLook: UInt64 = 100_000_000
    /// Random bits in the name of a server's marks: nobody has the same by chance.
    private static let markWords = 2

    let loop: Loop
    /// What begins the marks of all its processes.
    let serverMark: String
    private let queue: BackgroundQueue
    private let guardLink: GuardLink
    private let log: (LogEntry) -> Void
    private var groups: ControlGroupTree?
    private let settings: CustodySettings
    private var memoryKills: OutOfMemoryEvidence
    private var nextLife: UInt64 = 1
    /// Since orphans are adopted, all that workers start stays below us.
    private var scope = ProcessTree.Scope.descendants(of: CurrentProcess.number)
    private var mayHaveStrays = true
    private var strayCount = 0
    /// Processes that run, or whose remains may.
    private var open: Set<ProcessIdentity> = []

    /// - Parameter environment: the server's own.
    init(
        _ settings: CustodySettings, on loop: Loop, environment: [(name: String, value: String)],
        log: @escaping (LogEntry) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.log = log
        queue = try BackgroundQueue(on: loop, name: "process-work")
        var generator = SystemRandom()
        let words = (0..<ProcessCustody.markWords).map { _ in generator.next() }
        serverMark = words.map { String($0, radix: 16).leftPadded(to: 16) }.joined()
        self.settings = settings
        memoryKills = OutOfMemoryEvidence(file: settings.memoryEvents)
        guardLink = GuardLink(mark: serverMark, environment: environment, on: loop, log: log)
    }

    private func makeGroups() throws(SystemError) -> ControlGroupTree? {
        switch settings.controlGroups {
        case .off: return nil
        case .below(let path): return try ControlGroupTree(in: path)
        case .automatic:
            guard let parent = ControlGroupTree.ownDirectory() else { return nil }
            do throws(SystemError) {
                return try ControlGroupTree(in: parent)
            } catch {
                log(LogEntry(.debug, "workers get no control groups of their own: \(error)"))
                return nil
            }
        }
    }

    private var mayGoWithoutGroups: Bool { settings.controlGroups == .automatic }

    /// Before the first process is started.
    ///
    /// - Throws: why the directory that the configuration names cannot have control groups in it.
    func start() throws(SystemError) {
        groups = try makeGroups()
        do throws(SystemError) {
            try ChildProcess.adoptOrphans()
        } catch {
            log(LogEntry(.warning, "orphans of workers will not be reaped here: \(error)"))
            scope = .everywhere
        }
        guardLink.controlGroup = groups?.path
        guardLink.start()
    }

    // MARK: Starting

    /// To be given to `spawn`.
    func beginLife() -> ProcessLife {
        defer { nextLife += 1 }
        return ProcessLife(mark: "\(serverMark).\(nextLife)")
    }

    /// Like `ChildProcess.spawn`, with the mark, in a control group if there is one, and known to the guard.
    func spawn(_ request: SpawnRequest, _ life: ProcessLife) throws(SystemError) -> SpawnedProcess {
        var request = request
        request.mark = life.mark
        life.controlGroup = try makeGroup(life)
        request.controlGroup = life.controlGroup
        let process = try begin(request, life)
        // It cannot be gone: nobody but this thread reaps it.
        let leader = ProcessTable.entry(of: process.pid)?.identity
        let identity = leader ?? ProcessIdentity(number: process.pid, startTime: 0)
        life.leader = identity
        open.insert(identity)
        guardLink.add(identity)
        return process
    }

    private func begin(_ request: SpawnRequest, _ life: ProcessLife) throws(SystemError) -> SpawnedProcess {
        do throws(SystemError) {
            return try ChildProcess.spawn(request)
        } catch {
            _ = life.controlGroup?.remove()
            life.controlGroup = nil
            guard error.isOfControlGroup, mayGoWithoutGroups else { throw error }
            giveGroupsUp(error)
        }
        var request = request
        request.controlGroup = nil
        return try ChildProcess.spawn(request)
    }

    private func makeGroup(_ life: ProcessLife) throws(SystemError) -> ControlGroup? {
        guard let groups else { return nil }
        do throws(SystemError) {
            return try groups.makeGroup("worker-\(life.mark.split(separator: ".").last ?? "")")
        } catch {
            guard mayGoWithoutGroups else { throw error }
            giveGroupsUp(error)
            return nil
        }
    }

    private func giveGroupsUp(_ error: SystemError) {
        log(LogEntry(.warning, "workers get no control groups of their own any more: \(error)"))
        groups = nil
    }

    // MARK: What is left

    /// Ends all that a process which has ended has left behind, and says then how many processes that were. Once for
    /// each life.
    func sweep(_ life: ProcessLife, done: @escaping (_ ended: Int) -> Void) {
        life.isSwept = true
        guard let leader = life.leader else { return done(0) }
        let remains = Remains(
            signs: life.signs(), scope: scope, controlGroup: life.controlGroup?.path)
        let sweep = Sweep(
            leader: leader, remains: remains, group: life.controlGroup,
            deadline: MonotonicTime(nanoseconds: loop.now).advanced(by: ProcessCustody.sweepPatience).nanoseconds,
            wait: ProcessCustody.firstLook, done: done)
        strike(sweep)
    }

    private struct Sweep {
        let leader: ProcessIdentity
        let remains: Remains
        let group: ControlGroup?
        let deadline: UInt64
        var wait: UInt64
        var struck: Set<ProcessIdentity> = []
        let done: (Int) -> Void

        init(
            leader: ProcessIdentity, remains: Remains, group: ControlGroup?, deadline: UInt64, wait: UInt64,
            done: @escaping (Int) -> Void
        ) {
            self.leader = leader
            self.remains = remains
            self.group = group
            self.deadline = deadline
            self.wait = wait
            self.done = done
        }
    }

    private func strike(_ sweep: Sweep) {
        queue.run(
            { [remains = sweep.remains, group = sweep.group] in
                let found = remains.strike()
                return (found: found, isGone: found.isEmpty && group?.remove() ?? true)
            },
            deliver: { [weak self] (result: (found: [ProcessIdentity], isGone: Bool)) in
                self?.struck(result.found, isGone: result.isGone, sweep)
            })
    }

    private func struck(_ found: [ProcessIdentity], isGone: Bool, _ sweep: Sweep) {
        var sweep = sweep
        sweep.struck.formUnion(found)
        if !isGone, loop.now < sweep.deadline {
            loop.schedule(after: sweep.wait) { [weak self] in
                var sweep = sweep
                sweep.wait = min(sweep.wait * 2, ProcessCustody.longestLook)
                self?.strike(sweep)
            }
            return
        }
        if !found.isEmpty {
            let numbers = found.map { "\($0.number)" }.joined(separator: ", ")
            log(
                LogEntry(
                    .error, "what the worker has left behind cannot be ended: processes \(numbers)",
                    processID: sweep.leader.number))
        }
        forget(sweep.leader)
        sweep.done(sweep.struck.count)
    }

    private func forget(_ leader: ProcessIdentity) {
        open.remove(leader)
        guardLink.remove(leader)
    }

    /// It was killed on the way out, and nobody waits for what becomes of it.
    func disown(_ life: ProcessLife) {
        life.isSwept = true
        guard let leader = life.leader else { return }
        ChildProcess.disown(leader.number)
        forget(leader)
    }

    // MARK: Orphans

    /// A child has ended; whose is seen at the end of the turn.
    func childEnded() {
        mayHaveStrays = true
    }

    /// At the end of a turn, when those of our own that have ended were reaped.
    func reapStrays() {
        guard mayHaveStrays else { return }
        let reaping = ChildProcess.reapStrays()
        // One of our own stands before them; its pidfd is readable, so there is a next turn.
        mayHaveStrays = reaping.isHeldUp
        guard reaping.count > 0 else { return }
        strayCount += reaping.count
        log(LogEntry(.debug, "reaped \(reaping.count) orphans, \(strayCount) so far"))
    }

    // MARK: Looking

    /// Says what living processes use, each with its descendants. Memory that several share counts for each of them.
    func sample(_ lives: [(worker: WorkerID, life: ProcessLife)], done: @escaping ([ResourceSample]) -> Void) {
        let wanted = lives.map { (worker: $0.worker, signs: $0.life.signs()) }
        queue.run(
            { () -> [ResourceSample] in
                let tree = ProcessTree(ProcessTable.entries())
                // What has left its worker's tree is a child of ours, since we adopt orphans.
                let scope = ProcessTree.Scope.children(of: CurrentProcess.number)
                return wanted.map { worker, signs in
                    let family = tree.family(signs, scope: scope, sparing: [], carries: ProcessTable.carries)
                    return ResourceSample(
                        worker: worker, residentBytes: family.reduce(0) { $0 + $1.residentBytes },
                        processorTime: family.reduce(0) { $0 + $1.processorTime })
                }
            }, deliver: done)
    }

    /// Whether the kernel has counted a kill for want of memory that no other dead process accounts for.
    func wasOutOfMemory(_ life: ProcessLife) -> Bool {
        memoryKills.explainsDeath(in: life.controlGroup?.path, now: loop.now)
    }

    // MARK: The end

    /// The server ends. When nothing is left of its processes, the guard just goes; else it does its work.
    func end() {
        guardLink.end(inOrder: open.isEmpty)
        if open.isEmpty { groups?.remove() }
    }
}

extension String {
    fileprivate func leftPadded(to width: Int) -> String {
        String(repeating: "0", count: max(0, width - utf8.count)) + self
    }
}
