import EventLoop
import Glibc

/// How long a test waits for something that will happen, if all is well, within milliseconds.
struct Deadline {
    /// For what depends on other processes on a busy machine.
    static let patience: UInt64 = 20 * TimeSpan.second

    private let end: MonotonicTime

    init(_ nanoseconds: UInt64 = Deadline.patience) {
        end = MonotonicTime.now().advanced(by: nanoseconds)
    }

    static func milliseconds(_ count: UInt64) -> Deadline { Deadline(count * TimeSpan.millisecond) }

    /// The time has run out.
    var isOver: Bool { end.since(MonotonicTime.now()) == 0 }

    /// Waits until one of the events (`POLLIN` …) is reported for the descriptor.
    ///
    /// - Throws: `Failure` that names `what` when the time is over.
    func wait(for raw: Int32, _ events: Int32, _ what: String) throws {
        guard try happens(raw, events) else { throw Failure("timed out: \(what)") }
    }

    /// Whether one of the events is reported for the descriptor before the time is over.
    func happens(_ raw: Int32, _ events: Int32) throws -> Bool {
        while true {
            let left = end.since(MonotonicTime.now())
            var entry = pollfd(fd: raw, events: Int16(events), revents: 0)
            // Rounded up, so that the last wait is not a spin of zero-length ones.
            let result = poll(&entry, 1, Int32(clamping: (left + TimeSpan.millisecond - 1) / TimeSpan.millisecond))
            if result > 0 { return true }
            if result == 0, left == 0 { return false }
            if result < 0, errno != EINTR { throw Failure("poll: \(String(cString: strerror(errno)))") }
        }
    }
}
