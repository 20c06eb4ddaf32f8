import Glibc
import Synchronization
import Worker

/// What a fixture worker can do to itself and to the machine.
///
/// | fault              | what it does                                                                       |
/// |--------------------|------------------------------------------------------------------------------------|
/// | exit:N             | exits with status N, at once                                                        |
/// | crash:N            | sends itself signal N, with its default action                                      |
/// | stop               | stops itself (SIGSTOP)                                                              |
/// | memory:BYTES       | takes so many bytes of memory, writes to each page, and holds them                  |
/// | free               | gives all of them back                                                              |
/// | busy:MILLISECONDS  | computes on this thread for so long                                                 |
/// | busy-until:PATH    | computes on this thread until the file is there                                     |
/// | block              | waits for ever                                                                      |
/// | mute               | sends no heartbeats any more                                                        |
/// | ignore-term        | ignores SIGTERM                                                                     |
/// | default-quit       | ends by SIGQUIT, as a worker without our library                                    |
/// | child:KINDS        | starts a descendant, see `Descendant`                                               |
/// | flood:MEBIBYTES    | prints so much to standard output as fast as it is read; 0: without end             |
/// | flood-thread       | the same without end, on a thread of its own                                        |
/// | print:TEXT         | prints a line to standard output                                                    |
enum Fault {
    private static let held = Mutex<[Block]>([])

    /// Memory that is held.
    private struct Block: @unchecked Sendable {
        let start: UnsafeMutableRawPointer
        let count: Int
    }

    /// Does one.
    static func commit(_ verb: String, _ object: String) throws {
        switch verb {
        case "exit": _exit(Int32(object) ?? 1)
        case "crash": crash(Int32(object) ?? SIGKILL)
        case "stop": kill(getpid(), SIGSTOP)
        case "memory": take(Int(object) ?? 0)
        case "free": give()
        case "busy": compute(milliseconds: UInt64(object) ?? 0)
        case "busy-until": compute(until: object)
        case "block": block(until: nil)
        case "mute": Heartbeat.isMuted.store(true, ordering: .relaxed)
        case "ignore-term": signal(SIGTERM, SIG_IGN)
        case "default-quit": signal(SIGQUIT, SIG_DFL)
        case "child": Descendant(object).start()
        case "flood": flood(mebibytes: Int(object) ?? 0)
        case "flood-thread": onThread { flood(mebibytes: 0) }
        case "print": writeAll(1, object + "\n")
        default: throw FixtureError("\(verb):\(object)")
        }
    }

    /// Returns only if the signal does not end the process.
    static func crash(_ number: Int32) {
        signal(number, SIG_DFL)
        kill(getpid(), number)
        // It comes on any thread, so perhaps a moment later.
        block(until: nil)
    }

    private static func take(_ count: Int) {
        guard count > 0,
            let start = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            start != MAP_FAILED
        else { return }
        memset(start, 1, count)
        held.withLock { $0.append(Block(start: start, count: count)) }
    }

    private static func give() {
        held.withLock { blocks in
            for block in blocks { munmap(block.start, block.count) }
            blocks = []
        }
    }

    private static func compute(milliseconds: UInt64) {
        let end = now() + milliseconds * 1_000_000
        while now() < end {}
    }

    private static func compute(until path: String) {
        while !isThere(path) {}
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Lines of 128 bytes, 64 KiB with each write.
    private static func flood(mebibytes: Int) {
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 127) + [UInt8(ascii: "\n")]
        let piece = (0..<512).flatMap { _ in line }
        let pieces = mebibytes == 0 ? Int.max : mebibytes << 4
        for _ in 0..<pieces { writeAll(1, piece) }
    }
}
