import EventLoop
import Glibc

/// The fixture workers and descendants of a test: a named pipe that each of them holds open, after a line that says what
/// it is (FIXTURE_ALIVE).
final class Population {
    /// The variable of the environment that names the pipe.
    static let variable = "FIXTURE_ALIVE"

    /// One that has come.
    struct Member: Hashable {
        let pid: Int32
        /// `worker`, or the kinds of a descendant.
        let kinds: String
    }

    let path: String
    private(set) var members: [Member] = []
    private let raw: Int32
    private var partialLine: [UInt8] = []

    init(_ path: String) throws {
        self.path = path
        guard mkfifo(path, 0o600) == 0 else { throw Failure("mkfifo \(path)") }
        raw = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard raw >= 0 else { throw Failure("open \(path)") }
    }

    deinit {
        close(raw)
    }

    var environment: (name: String, value: String) { (name: Population.variable, value: path) }

    /// Waits until so many have come in all.
    @discardableResult
    func wait(for count: Int, _ deadline: Deadline = Deadline()) throws -> [Member] {
        while members.count < count {
            try deadline.wait(for: raw, POLLIN, "there are \(members.count) of \(count) processes: \(members)")
            read()
        }
        return members
    }

    /// Waits until all are gone that have ever come, and those that were only about to. There must have been one.
    func waitForEnd(within nanoseconds: UInt64 = Deadline.patience) throws {
        let deadline = Deadline(nanoseconds)
        while true {
            do {
                try deadline.wait(for: raw, POLLIN, "they end")
            } catch {
                throw Failure("\(error): \(living) of \(members)")
            }
            if read() { break }
        }
        while true {
            let late = carriers().compactMap { ProcessHandle($0) }
            if late.isEmpty { return }
            guard !deadline.isOver else { throw Failure("left over: \(late.map(\.identity))") }
            ProcessHandle.waitForEnd(of: late, atMost: 100 * TimeSpan.millisecond)
        }
    }

    /// All living processes that were told of the pipe, whether they have opened it or not.
    private func carriers() -> [ProcessIdentity] {
        let entry = Array("\(Population.variable)=\(path)".utf8)
        return ProcessTable.entries().filter { process in
            guard !process.isZombie,
                let environment = try? Files.readUnsized("/proc/\(process.number)/environ", limit: 1 << 21)
            else { return false }
            return environment.split(separator: 0).contains { $0.elementsEqual(entry) }
        }.map(\.identity)
    }

    /// Those that live now.
    var living: [Member] { members.filter { kill($0.pid, 0) == 0 } }

    /// Answers whether all are gone.
    @discardableResult
    private func read() -> Bool {
        let (bytes, isAtEnd) = readAvailable(raw)
        for byte in bytes {
            guard byte == 0x0A else {
                partialLine.append(byte)
                continue
            }
            let words = String(decoding: partialLine, as: UTF8.self).split(separator: " ")
            if words.count == 2, let pid = Int32(words[0]) { members.append(Member(pid: pid, kinds: String(words[1]))) }
            partialLine = []
        }
        return isAtEnd && !members.isEmpty
    }
}
