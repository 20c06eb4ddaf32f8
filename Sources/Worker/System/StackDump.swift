import Glibc
import Synchronization

/// Answers SIGQUIT with the stacks of all threads on standard error, and lets the process go on.
///
/// Two stages, because little may be done where a signal strikes, and a process that hangs may hang in anything:
///
/// 1. The thread that takes the signal writes its own stack, in the handler, with nothing but functions that the C
///    library allows there or that were made ready before.
/// 2. A thread of the library's own then says which runs there are, and has every other thread write its stack in the
///    same way, one after the other: it sends each the signal once more and waits a moment for the answer.
///
/// What it cannot do: a process that is stopped answers when it goes on. Threads that block the signal, as those of
/// Swift's own pool do, are named without a stack, and so are those within the kernel that cannot be interrupted. Names
/// of functions are looked up in the C library, which waits while some thread is loading a library, and are known for
/// what is exported only; for the rest there is an offset for `addr2line`. The second stage allocates memory, which a
/// process whose heap is broken or locked for ever cannot do. Calls to the system that wait for a time (`usleep`,
/// `poll`) end early with EINTR, as by any signal.
enum StackDump {
    private typealias Walk = @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>, Int32) -> Int32
    private typealias Print = @convention(c) (UnsafePointer<UnsafeMutableRawPointer?>, Int32, Int32) -> Void
    private typealias Poke = @convention(c) (pid_t, pid_t, Int32) -> Int32
    private typealias Name = @convention(c) () -> pid_t

    /// All that the handler needs, made before the first signal and never freed.
    private struct Tools {
        let walk: Walk
        let print: Print
        let poke: Poke
        let name: Name
        /// Written to by the thread that took the signal; starts the second stage.
        let call: Pipe
        /// Written to by each thread that has written its stack.
        let answer: Pipe
        /// Places for addresses: for the first stage, and for the second, where one thread writes at a time.
        let first: UnsafeMutablePointer<UnsafeMutableRawPointer?>
        let second: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    }

    private struct Pipe {
        let reading: Int32
        let writing: Int32
    }

    /// Frames of one stack that are written: more than any that is not endless.
    private static let depth: Int32 = 128
    /// Time that a thread has for its answer: 200 ms, far more than it takes to write a stack.
    private static let patienceMilliseconds: Int32 = 200
    private static let firstPrivateDescriptor: Int32 = 10

    // Set once, before the handler that reads it is installed.
    nonisolated(unsafe) private static var tools: UnsafeMutablePointer<Tools>?
    /// The thread whose stack is wanted; one that answers too late finds another name here, and writes nothing.
    private static let asked = Atomic<Int32>(0)
    /// The thread that took the signal, whose stack is written already.
    private static let taker = Atomic<Int32>(0)
    private static let runs = Mutex<@Sendable () -> [String]>({ [] })

    /// Installs the handler and starts the thread of the second stage. Does nothing where the C library lacks what it
    /// takes; then SIGQUIT keeps its default action.
    static func install() {
        guard tools == nil, let found = findTools() else { return }
        // The first walk loads a library, which no handler may do.
        _ = found.walk(found.first, depth)
        _ = (asked.load(ordering: .relaxed), taker.load(ordering: .relaxed))
        let place = UnsafeMutablePointer<Tools>.allocate(capacity: 1)
        place.initialize(to: found)
        tools = place
        Thread.start { answerCalls() }
        var action = sigaction()
        action.__sigaction_handler = .init(sa_sigaction: { _, information, _ in
            StackDump.handle(information?.pointee.si_code ?? 0)
        })
        action.sa_flags = SA_SIGINFO | SA_RESTART
        sigaction(SIGQUIT, &action, nil)
    }

    /// Says what the process is doing in terms of runs, one line for each; to be asked from a thread of the library's own.
    static func tell(_ lines: @escaping @Sendable () -> [String]) {
        runs.withLock { $0 = lines }
    }

    private static func findTools() -> Tools? {
        // Not in the headers that Swift sees.
        guard let walk = dlsym(nil, "backtrace"), let print = dlsym(nil, "backtrace_symbols_fd"),
            let poke = dlsym(nil, "tgkill"), let name = dlsym(nil, "gettid"), let call = makePipe(),
            let answer = makePipe()
        else { return nil }
        return Tools(
            walk: unsafeBitCast(walk, to: Walk.self), print: unsafeBitCast(print, to: Print.self),
            poke: unsafeBitCast(poke, to: Poke.self), name: unsafeBitCast(name, to: Name.self), call: call,
            answer: answer, first: .allocate(capacity: Int(depth)), second: .allocate(capacity: Int(depth)))
    }

    private static func makePipe() -> Pipe? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, firstPrivateDescriptor) }
        for end in ends { close(end) }
        return Pipe(reading: moved[0], writing: moved[1])
    }

    // MARK: Where the signal strikes

    /// In the handler, so without memory, locks and anything that may wait.
    private static func handle(_ code: Int32) {
        guard let tools else { return }
        let before = errno
        if code == SI_TKILL {
            let name = tools.pointee.name()
            if asked.compareExchange(expected: name, desired: 0, ordering: .relaxed).exchanged {
                writeStack(tools, tools.pointee.second)
                signalPipe(tools.pointee.answer)
            }
        } else {
            taker.store(tools.pointee.name(), ordering: .relaxed)
            writeStack(tools, tools.pointee.first)
            signalPipe(tools.pointee.call)
        }
        errno = before
    }

    private static func writeStack(
        _ tools: UnsafeMutablePointer<Tools>, _ frames: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    ) {
        let count = tools.pointee.walk(frames, depth)
        tools.pointee.print(frames, count, 2)
    }

    private static func signalPipe(_ pipe: Pipe) {
        var byte: UInt8 = 1
        _ = write(pipe.writing, &byte, 1)
    }

    // MARK: The thread of the second stage

    private static func answerCalls() {
        guard let tools = tools?.pointee else { return }
        let own = tools.name()
        var byte: UInt8 = 0
        while true {
            let count = read(tools.call.reading, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return }
            StandardStreams.complain("SIGQUIT: above is the stack of the thread that took the signal.")
            for line in runs.withLock({ $0 })() { StandardStreams.complain("SIGQUIT: \(line)") }
            let done = [own, taker.load(ordering: .relaxed)]
            for thread in threads() where !done.contains(thread) { dump(thread, tools) }
            StandardStreams.complain("SIGQUIT: that was all; process \(getpid()) goes on.")
        }
    }

    private static func dump(_ thread: pid_t, _ tools: Tools) {
        StandardStreams.complain("SIGQUIT: thread \(thread) (\(label(of: thread)))")
        guard !blocksTheSignal(thread) else { return StandardStreams.complain("(it blocks the signal)") }
        asked.store(thread, ordering: .relaxed)
        guard tools.poke(getpid(), thread, SIGQUIT) == 0 else { return }
        var request = pollfd(fd: tools.answer.reading, events: Int16(POLLIN), revents: 0)
        if poll(&request, 1, patienceMilliseconds) == 1 {
            var byte: UInt8 = 0
            _ = read(tools.answer.reading, &byte, 1)
        } else if asked.exchange(0, ordering: .relaxed) == thread {
            StandardStreams.complain("(no answer)")
        } else {
            // It is writing at this moment, and will say when it is done.
            var byte: UInt8 = 0
            _ = read(tools.answer.reading, &byte, 1)
        }
    }

    /// The ids of all threads.
    private static func threads() -> [pid_t] {
        guard let folder = opendir("/proc/self/task") else { return [] }
        defer { closedir(folder) }
        var found: [pid_t] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let thread = pid_t(name) { found.append(thread) }
        }
        return found
    }

    private static func label(of thread: pid_t) -> String {
        String(decoding: contents("/proc/self/task/\(thread)/comm").prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    private static func blocksTheSignal(_ thread: pid_t) -> Bool {
        let lines = contents("/proc/self/task/\(thread)/status").split(separator: UInt8(ascii: "\n"))
        guard let line = lines.first(where: { $0.starts(with: "SigBlk:".utf8) }),
            let digits = line.split(separator: UInt8(ascii: "\t")).last,
            let mask = UInt64(String(decoding: digits, as: UTF8.self), radix: 16)
        else { return false }
        return mask & (1 << UInt64(SIGQUIT - 1)) != 0
    }

    private static func contents(_ path: String) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &buffer, buffer.count)
        return Array(buffer.prefix(max(0, count)))
    }
}
