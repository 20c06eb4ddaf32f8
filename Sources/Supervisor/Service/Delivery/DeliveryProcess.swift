import Engine
import EventLoop

/// The process that sends requests, on the loop's thread: starts it, feeds it, and passes on what it says. Decides
/// nothing; `DeliveryLink` does.
final class DeliveryProcess {
    /// What the configuration says of it.
    struct Settings {
        /// The program.
        let path: String
        let environment: [(name: String, value: String)]
        let frameLimit: Int
        /// Bodies above this many bytes go by file.
        let inlineLimit: Int
        /// Absolute path of the directory for such files.
        let spool: String
    }

    let loop: Loop
    let readBuffer: UnsafeMutableRawBufferPointer
    private let settings: Settings
    private let files: BackgroundQueue
    private let custody: ProcessCustody
    private var life: ProcessLife?
    private let writeLog: (LogEntry) -> Void
    private let settle: (DeliveryID, DeliveryResult) -> Void
    private var link: DeliveryLink
    private var process: WorkerProcess?
    private var lives = Slab<Bool>()
    private var timer: TimerToken?
    private var lines = LogLines()
    private var isRunningWishes = false
    private var hasEnded = false
    /// Files that only one request needs.
    private var bodies: [DeliveryID: String] = [:]

    /// - Parameters:
    ///   - readBuffer: shared with the owner; what lies in it is passed on at once.
    ///   - settle: told what became of a request, once for each.
    init(
        _ settings: Settings, loop: Loop, files: BackgroundQueue, custody: ProcessCustody,
        readBuffer: UnsafeMutableRawBufferPointer, log: @escaping (LogEntry) -> Void,
        settle: @escaping (DeliveryID, DeliveryResult) -> Void
    ) {
        self.settings = settings
        self.loop = loop
        self.files = files
        self.custody = custody
        self.readBuffer = readBuffer
        writeLog = log
        self.settle = settle
        link = DeliveryLink(
            frameLimit: settings.frameLimit, inlineLimit: settings.inlineLimit, spool: settings.spool)
    }

    // MARK: Requests

    func send(_ id: DeliveryID, _ request: DeliveryRequest) {
        guard !hasEnded else { return settle(id, .agentLost("the server is stopping")) }
        guard case .bytes(let body) = request.body, body.count > settings.inlineLimit else {
            link.request(id, request, now: loop.now)
            return runWishes()
        }
        let path = "\(settings.spool)/delivery-\(id.rawValue)"
        files.run(
            { () -> SystemError? in
                do throws(SystemError) {
                    try Files.write(body, to: path)
                    return nil
                } catch {
                    return error
                }
            },
            deliver: { [weak self] error in self?.bodyWritten(id, request, path, error) })
    }

    private func bodyWritten(_ id: DeliveryID, _ request: DeliveryRequest, _ path: String, _ error: SystemError?) {
        if let error { return settle(id, .agentLost("its body could not be written to a file: \(error.reason)")) }
        var request = request
        request.body = .file(path)
        bodies[id] = path
        link.request(id, request, now: loop.now)
        runWishes()
    }

    /// Ends the process; what it still had is lost.
    func end() {
        hasEnded = true
        if let timer { loop.cancel(timer) }
        process?.closeDeathPipe()
        process?.signal(.kill)
        process?.release()
        process = nil
        if let life { custody.disown(life) }
        life = nil
    }

    // MARK: Wishes

    private func runWishes() {
        guard !isRunningWishes else { return }
        isRunningWishes = true
        defer { isRunningWishes = false }
        while !link.wishes.isEmpty {
            let wishes = link.wishes
            link.wishes = []
            for wish in wishes { run(wish) }
        }
    }

    private func run(_ wish: DeliveryLink.Wish) {
        switch wish {
        case .spawn: spawn()
        case .send(let frame): process?.send(frame)
        case .kill: process?.signal(.kill)
        case .startTimer(let time):
            if let timer { loop.cancel(timer) }
            timer = loop.schedule(at: time) { [unowned self] in
                timer = nil
                link.timeOver(now: loop.now)
                runWishes()
            }
        case .cancelTimer:
            if let timer { loop.cancel(timer) }
            timer = nil
        case .settled(let id, let result):
            if let path = bodies.removeValue(forKey: id) { files.run({ Files.remove(path) }, deliver: { _ in }) }
            settle(id, result)
        case .log(let level, let message): writeLog(LogEntry(level, message, processID: process?.processID))
        }
    }

    private func spawn() {
        let request = SpawnRequest(arguments: [settings.path], environment: settings.environment)
        let id = WorkerID(handle: lives.insert(true))
        let life = custody.beginLife()
        do throws(SystemError) {
            let started = WorkerProcess(try custody.spawn(request, life), id: id, owner: self)
            process = started
            self.life = life
            try started.start()
            link.spawned(now: loop.now)
            writeLog(LogEntry(.debug, "delivery process started", processID: started.processID))
        } catch {
            process?.signal(.kill)
            process?.release()
            process = nil
            custody.disown(life)
            link.spawnFailed("\(settings.path): \(error.reason)", now: loop.now)
        }
    }
}

extension DeliveryProcess: WorkerOwner {
    func received(_ count: Int, from process: WorkerProcess) {
        link.receive(UnsafeRawBufferPointer(rebasing: readBuffer[..<count]), now: loop.now)
        runWishes()
    }

    /// Its end follows, or it hangs, which the time-outs of its requests will tell.
    func outputEnded(of process: WorkerProcess) {
        process.signal(.kill)
    }

    func logged(_ bytes: [UInt8], _ source: LogSource, by process: WorkerProcess) {
        guard let text = lines.receive(bytes) else { return }
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            var entry = LogEntry(.warning, "the delivery process: \(line)", processID: process.processID)
            entry.source = source.label
            writeLog(entry)
        }
    }

    func wasOutOfMemory(_ process: WorkerProcess) -> Bool { false }

    func exited(_ process: WorkerProcess, _ ending: WorkerEnding) {
        process.release()
        self.process = nil
        if let life { custody.sweep(life) { _ in } }
        life = nil
        link.exited(ending.status, now: loop.now)
        runWishes()
    }

    func log(_ entry: LogEntry) { writeLog(entry) }
}
