import CLinux
import Glibc

/// Reads and writes on non-blocking descriptors. One system call each (repeated only when a signal interrupts it), no
/// allocation. Writing to a descriptor that nobody reads raises SIGPIPE unless `Signals.ignoreBrokenPipe()` was called.
package enum Transfer {
    /// Reads what is there, up to the buffer's size. The buffer must not be empty: nothing read means end of stream.
    package static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .closed }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            case let error: return .failed(error)
            }
        }
    }

    /// Writes as much of the bytes as there is room for.
    package static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> TransferResult {
        while true {
            let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            if count >= 0 { return .bytes(count) }
            if let result = failure(errno) { return result }
        }
    }

    /// Writes three parts (say header, body, trailer) one after another with one system call, as much of them as there
    /// is room for. The parts need not be neighbours in memory and may be empty; the count is over all of them.
    package static func writeParts(
        _ descriptor: Int32, _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, _ c: UnsafeRawBufferPointer
    ) -> TransferResult {
        while true {
            let count = cl_write_parts(
                descriptor, a.baseAddress, UInt64(a.count), b.baseAddress, UInt64(b.count), c.baseAddress,
                UInt64(c.count))
            if count >= 0 { return .bytes(Int(count)) }
            if let result = failure(Int32(-count)) { return result }
        }
    }

    /// `nil`: interrupted, try again.
    private static func failure(_ error: Int32) -> TransferResult? {
        switch error {
        case EINTR: nil
        case EAGAIN: .wouldBlock
        case EPIPE, ECONNRESET: .closed
        default: .failed(error)
        }
    }
}
