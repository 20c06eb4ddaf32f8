import CLinux
import Glibc

/// A one-way channel to another process. Both ends are close-on-exec, and blocking until made otherwise: each end has
/// its own mode, so that a worker may block where its supervisor does not.
@frozen package struct Pipe: ~Copyable {
    package var reading: FileDescriptor
    package var writing: FileDescriptor

    /// - Parameter capacity: the wanted buffer in bytes (the kernel rounds up to pages). Where the system does not
    ///   allow it, the pipe silently keeps the default of 64 KiB: it works the same, with more wake-ups. `nil`: the
    ///   default.
    package init(capacity: Int32? = nil) throws(SystemError) {
        var ends: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutableBytes(of: &ends) { bytes in
            cl_pipe_create(bytes.baseAddress!.assumingMemoryBound(to: Int32.self))
        }
        guard result >= 0 else { throw SystemError("pipe2", -result) }
        reading = FileDescriptor(adopting: ends.0)
        writing = FileDescriptor(adopting: ends.1)
        if let capacity { _ = cl_pipe_set_capacity(ends.0, capacity) }
    }

    /// Gives both ends away.
    package consuming func split() -> (reading: Int32, writing: Int32) {
        (reading.take(), writing.take())
    }
}

extension FileDescriptor {
    /// Makes reads and writes through this descriptor answer `wouldBlock` instead of waiting.
    package borrowing func makeNonBlocking() throws(SystemError) {
        let flags = fcntl(raw, F_GETFL)
        guard flags >= 0, fcntl(raw, F_SETFL, flags | O_NONBLOCK) >= 0 else { throw .last("fcntl") }
    }
}
