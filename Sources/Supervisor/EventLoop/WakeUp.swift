import CLinux
import Glibc

/// A bell between threads: an event descriptor, which a loop can watch and a helper thread can wait for.
final class WakeUp: Sendable {
    private let descriptor: FileDescriptor

    init() throws(SystemError) {
        let raw = cl_eventfd_create()
        guard raw >= 0 else { throw SystemError("eventfd", -raw) }
        descriptor = FileDescriptor(adopting: raw)
    }

    /// For registering with a loop, edge-triggered: each ring is an edge, and nothing needs to be read.
    var raw: Int32 { descriptor.raw }

    /// Rings, from any thread. Never blocks: the counter would have to reach 2^64 for that.
    func ring() {
        var one: UInt64 = 1
        _ = write(descriptor.raw, &one, MemoryLayout<UInt64>.size)
    }

    /// Waits until the bell has rung since the last wait, at most `nanoseconds` (`nil`: for ever); false when it has
    /// not.
    func wait(nanoseconds: UInt64? = nil) -> Bool {
        let deadline = nanoseconds.map { MonotonicTime.now().advanced(by: $0) }
        while true {
            var count: UInt64 = 0
            if read(descriptor.raw, &count, MemoryLayout<UInt64>.size) > 0 { return true }
            var timeout: Int32 = -1
            if let deadline {
                let left = deadline.since(.now())
                guard left > 0 else { return false }
                // Rounded up, so that the last fraction of a millisecond is not spent spinning.
                timeout = Int32(clamping: (left + TimeSpan.millisecond - 1) / TimeSpan.millisecond)
            }
            var entry = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
            _ = poll(&entry, 1, timeout)
        }
    }
}
