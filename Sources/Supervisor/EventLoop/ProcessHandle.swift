import CLinux
import Glibc

/// One process that need not be a child, held by a descriptor: no other that gets its number later can be hit.
package final class ProcessHandle {
    package let identity: ProcessIdentity
    private let descriptor: FileDescriptor

    /// Nil when that process is gone.
    package init?(_ identity: ProcessIdentity) {
        self.identity = identity
        let raw = cl_pidfd_open(identity.number)
        guard raw >= 0 else { return nil }
        descriptor = FileDescriptor(adopting: raw)
        // Looked at after it is held: what the number names now is what is held.
        guard let entry = ProcessTable.entry(of: identity.number), entry.identity == identity else { return nil }
    }

    /// Says nothing about success: the process may have ended, or belong to another user.
    package func signal(_ signal: ProcessSignal) {
        _ = cl_pidfd_signal(descriptor.raw, signal.number)
    }

    /// Blocks until all of them have ended, at most so many nanoseconds. Not on a loop's thread.
    package static func waitForEnd(of handles: [ProcessHandle], atMost nanoseconds: UInt64) {
        let deadline = MonotonicTime.now().advanced(by: nanoseconds)
        var entries = handles.map { pollfd(fd: $0.descriptor.raw, events: Int16(POLLIN), revents: 0) }
        while !entries.isEmpty {
            // Rounded up, so that the last wait is not a spin of zero-length ones.
            let left = (deadline.since(MonotonicTime.now()) + TimeSpan.millisecond - 1) / TimeSpan.millisecond
            if left == 0 { return }
            let count = poll(&entries, nfds_t(entries.count), Int32(clamping: left))
            if count < 0, errno != EINTR { return }
            entries.removeAll { $0.revents != 0 }
        }
    }
}
