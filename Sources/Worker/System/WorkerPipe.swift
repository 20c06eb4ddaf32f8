import Glibc

/// The two inherited pipes: blocking reads and blocking writes.
///
/// One thread reads; of those that write, ``Outlet`` lets in one at a time. A full pipe blocks who writes, never who
/// reads.
package struct WorkerPipe: Sendable {
    /// Open for the life of the process, like ``writing``.
    private let reading: Int32
    private let writing: Int32

    /// Pipes of these open descriptors.
    package init(reading: Int32, writing: Int32) {
        self.reading = reading
        self.writing = writing
    }

    /// Bytes that one read takes at most: what a pipe of default size holds, so one read empties it.
    static let readCapacity = 64 << 10

    /// Reads what is there, or waits until something is.
    ///
    /// - Returns: The bytes read; 0 at the end of the file or when the pipe is broken.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            let count = Glibc.read(reading, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard waitAfterFailure(of: reading, for: POLLIN) else { return 0 }
        }
    }

    /// Writes all of `bytes`, in one call to the system where the pipe takes them so.
    ///
    /// - Returns: Whether they are written; if not, nobody reads any more.
    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            let count = Glibc.write(writing, rest.baseAddress, rest.count)
            if count >= 0 {
                position += count
            } else if !waitAfterFailure(of: writing, for: POLLOUT) {
                return false
            }
        }
        return true
    }

    /// Whether a failed call may be tried again: it was interrupted, or the pipe is not blocking, as it should be, and
    /// has become ready.
    private func waitAfterFailure(of descriptor: Int32, for event: Int32) -> Bool {
        switch errno {
        case EINTR: return true
        case EAGAIN:
            var request = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            poll(&request, 1, -1)
            return true
        default: return false
        }
    }
}

extension WorkerPipe {
    /// The variable that names the descriptors.
    static let environmentVariable = "SUPERVISOR_WORKER_PIPES"

    /// Descriptors in the value of ``environmentVariable``, `3,4`: reading end first; nil when it is not that.
    package static func descriptors(in value: String) -> (reading: Int32, writing: Int32)? {
        let parts = value.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, let reading = Int32(parts[0]), let writing = Int32(parts[1]),
            // 0, 1 and 2 have other meanings.
            reading > 2, writing > 2, reading != writing
        else { return nil }
        return (reading, writing)
    }
}
