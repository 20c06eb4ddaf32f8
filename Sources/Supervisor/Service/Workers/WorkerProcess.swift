import Engine
import EventLoop
import WireProtocol

/// The descriptors of one life of a worker: its pipes and the one that tells of its end. Decides nothing.
final class WorkerProcess {
    /// What a dead worker's pipe can still hold, with room for what a grandchild adds meanwhile: after so many bytes the
    /// end is told although more may come.
    private static let lastWords = 4 * 1024 * 1024
    /// The same for what it has printed before the end of a run.
    private static let logDrain = 1024 * 1024
    /// So many bytes of what it prints are taken in one turn. One that prints without end fills its pipe and waits, and the
    /// turn stays short for all others: some eighty lines are about the work of one request.
    private static let logShare = 8 * 1024
    /// Frames that a worker does not read are kept; from here on that is worth a line in the log, once.
    private static let stallMark = 16 * 1024 * 1024

    let id: WorkerID
    let processID: Int32
    private unowned let owner: any WorkerOwner
    private var processDescriptor: FileDescriptor?
    private var deathPipe: FileDescriptor?
    private var fromWorker: FileDescriptor?
    private var toWorker: FileDescriptor?
    private var logs: [LogPipe]
    private var queue = WriteQueue(highMark: WorkerProcess.stallMark, lowMark: 0)

    private var exitRegistration: Registration?
    private var frameRegistration: Registration?
    private var writeRegistration: Registration?
    private var isPaused = false
    private var hasExited = false
    /// Payloads that are being written to files; frames behind them wait.
    private var spillsInProgress = 0
    private var held: [[UInt8]] = []

    init(_ process: consuming SpawnedProcess, id: WorkerID, owner: any WorkerOwner) {
        self.id = id
        self.owner = owner
        processID = process.pid
        processDescriptor = .some(process.pidfd)
        deathPipe = .some(process.standardInput)
        fromWorker = .some(process.fromWorker)
        toWorker = .some(process.toWorker)
        logs = [
            LogPipe(process.standardOutput, .standardOutput), LogPipe(process.standardError, .standardError),
        ]
    }

    func start() throws(SystemError) {
        if let raw = processDescriptor?.raw {
            exitRegistration = try owner.loop.register(
                raw, .readable, handler: ClosureHandler { [unowned self] _ in exited() })
        }
        for pipe in logs {
            try pipe.start(on: owner.loop) { [unowned self] in readLog(pipe, limit: WorkerProcess.logShare) }
        }
        try listen()
    }

    private func listen() throws(SystemError) {
        guard frameRegistration == nil, let raw = fromWorker?.raw else { return }
        frameRegistration = try owner.loop.register(
            raw, .readable, handler: ClosureHandler { [unowned self] _ in readFrames() })
    }

    // MARK: Frames in

    /// One read for each wake-up, as much as there is: the pipe is asked again in the next turn, after what this read
    /// brought has left.
    private func readFrames() {
        guard let raw = fromWorker?.raw else { return }
        switch Transfer.read(raw, into: owner.readBuffer) {
        case .bytes(let count): owner.received(count, from: self)
        case .wouldBlock: return
        case .closed, .failed:
            closeFrames()
            owner.outputEnded(of: self)
        }
    }

    private func closeFrames() {
        if let frameRegistration { owner.loop.deregister(frameRegistration) }
        frameRegistration = nil
        fromWorker = nil
    }

    /// The pipe is taken off the loop, since its end would be reported for ever otherwise.
    func pauseReading() {
        isPaused = true
        if let frameRegistration { owner.loop.deregister(frameRegistration) }
        frameRegistration = nil
    }

    func resumeReading() {
        guard isPaused, !hasExited else { return }
        isPaused = false
        do throws(SystemError) {
            try listen()
        } catch {
            owner.log(LogEntry(.error, "cannot listen to a worker: \(error)", processID: processID))
            kill()
        }
    }

    // MARK: Frames out

    func send(_ frames: [UInt8]) {
        if spillsInProgress > 0 {
            held.append(frames)
            return
        }
        guard let raw = toWorker?.raw else { return }
        let wasBlocked = queue.isBlocked
        let outcome = frames.withUnsafeBytes { queue.write($0, to: raw) }
        if queue.isBlocked, !wasBlocked {
            owner.log(
                LogEntry(
                    .warning, "the worker does not read its pipe: \(queue.byteCount) bytes wait", processID: processID))
        }
        wrote(outcome)
    }

    private func wrote(_ outcome: WriteQueue.Outcome) {
        switch outcome {
        case .drained:
            if let writeRegistration { owner.loop.deregister(writeRegistration) }
            writeRegistration = nil
        case .blocked:
            guard writeRegistration == nil, let raw = toWorker?.raw else { return }
            writeRegistration = try? owner.loop.register(
                raw, .writable, handler: ClosureHandler { [unowned self] _ in flushQueue() })
        case .closed, .failed:
            // The worker has closed its end; its own end will tell the rest.
            closeOutput()
        }
    }

    private func flushQueue() {
        guard let raw = toWorker?.raw else { return }
        wrote(queue.flush(to: raw))
    }

    private func closeOutput() {
        if let writeRegistration { owner.loop.deregister(writeRegistration) }
        writeRegistration = nil
        toWorker = nil
        queue.removeAll()
    }

    /// A payload is on its way into a file: what is sent from now on waits for it, so that the order stays.
    func spillBegan() {
        spillsInProgress += 1
    }

    /// The file is written: its frame goes before what has waited.
    func spillEnded(_ frame: [UInt8]) {
        held.insert(frame, at: 0)
        spillsInProgress -= 1
        guard spillsInProgress == 0 else { return }
        let waiting = held
        held = []
        for frames in waiting { send(frames) }
    }

    // MARK: Logs

    private func readLog(_ pipe: LogPipe, limit: Int) {
        let buffer = UnsafeMutableRawBufferPointer(rebasing: owner.readBuffer.prefix(limit))
        var left = limit
        while left > 0, let bytes = pipe.read(into: buffer) {
            left -= bytes.count
            owner.logged(bytes, pipe.source, by: self)
            if bytes.count < buffer.count { return }
        }
    }

    /// Passes on what was printed so far.
    func drainLogs() {
        for pipe in logs { readLog(pipe, limit: WorkerProcess.logDrain) }
    }

    // MARK: The end

    private func exited() {
        guard !hasExited, let raw = processDescriptor?.raw else { return }
        // What it left behind in its group must not outlive it; before reaping, for then its number may be somebody
        // else's.
        ChildProcess.signalGroup(processID, .kill)
        let status: ProcessStatus
        var usage: ResourceUsage?
        do throws(SystemError) {
            guard let ending = try ChildProcess.reap(raw) else { return }
            usage = ResourceUsage(
                userTime: ending.userTime, systemTime: ending.systemTime, peakResidentBytes: ending.peakResidentBytes)
            status =
                switch ending.status {
                case .exited(let code): .exited(code)
                case .signaled(let signal, _): .signaled(signal.number)
                }
        } catch {
            // Somebody else has reaped it: the end is certain, its cause is not.
            owner.log(LogEntry(.error, "the end of a worker was not told: \(error)", processID: processID))
            status = .unknown
        }
        hasExited = true
        if let exitRegistration { owner.loop.deregister(exitRegistration) }
        exitRegistration = nil
        readLastWords()
        drainLogs()
        let wasKilled = status == .signaled(ProcessSignal.kill.number)
        let wasOutOfMemory = wasKilled && owner.wasOutOfMemory(self)
        owner.exited(self, WorkerEnding(status, usage: usage, wasOutOfMemory: wasOutOfMemory))
    }

    /// What the pipe still holds was written before the death and counts.
    private func readLastWords() {
        if let frameRegistration { owner.loop.deregister(frameRegistration) }
        frameRegistration = nil
        var left = WorkerProcess.lastWords
        while left > 0, let raw = fromWorker?.raw {
            guard case .bytes(let count) = Transfer.read(raw, into: owner.readBuffer) else { break }
            left -= count
            owner.received(count, from: self)
        }
        if left <= 0 {
            owner.log(
                LogEntry(
                    .warning,
                    "something that the worker has started still writes to its pipe; that is not read any more",
                    processID: processID))
        }
        fromWorker = nil
    }

    func closeDeathPipe() {
        deathPipe = nil
    }

    func signal(_ signal: WorkerSignal) {
        guard !hasExited else { return }
        switch signal {
        case .interruptRun: ChildProcess.signalProcess(processID, .user1)
        case .dumpStacks: ChildProcess.signalProcess(processID, .quit)
        case .terminate: ChildProcess.signalGroup(processID, .terminate)
        case .kill: ChildProcess.signalGroup(processID, .kill)
        }
    }

    private func kill() {
        signal(.kill)
    }

    /// Gives all descriptors back. One that has not ended is reaped by whoever reaps orphans.
    func release() {
        if !hasExited { ChildProcess.disown(processID) }
        if let exitRegistration { owner.loop.deregister(exitRegistration) }
        exitRegistration = nil
        closeFrames()
        closeOutput()
        for pipe in logs { pipe.close() }
        deathPipe = nil
        processDescriptor = nil
    }
}

/// One of the pipes that a worker prints into.
private final class LogPipe {
    let source: LogSource
    private var descriptor: FileDescriptor?
    private var registration: Registration?
    private var loop: Loop?

    init(_ descriptor: consuming FileDescriptor, _ source: LogSource) {
        self.descriptor = consume descriptor
        self.source = source
    }

    func start(on loop: Loop, ready: @escaping () -> Void) throws(SystemError) {
        guard let raw = descriptor?.raw else { return }
        self.loop = loop
        registration = try loop.register(raw, .readable, handler: ClosureHandler { _ in ready() })
    }

    /// What is there, up to the size of the buffer; nil when nothing is.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> [UInt8]? {
        guard let raw = descriptor?.raw else { return nil }
        switch Transfer.read(raw, into: buffer) {
        case .bytes(let count): return Array(buffer[..<count])
        case .wouldBlock: return nil
        case .closed, .failed:
            close()
            return nil
        }
    }

    func close() {
        if let registration { loop?.deregister(registration) }
        registration = nil
        loop = nil
        descriptor = nil
    }
}
