import Glibc

/// A connection whose thread waits for it, never without a deadline: for a program that asks and ends, not for a loop.
package final class PatientSocket {
    private static let readSize = 64 * 1024

    private let descriptor: FileDescriptor

    /// - Throws: `ENOENT` and `ECONNREFUSED` where nobody listens.
    package init(to address: SocketAddress, patience: UInt64) throws(SystemError) {
        descriptor = try Socket.connect(to: address, patience: patience)
    }

    /// Sends all of it.
    ///
    /// - Throws: `ETIMEDOUT` when it is not taken in time.
    package func send(_ bytes: [UInt8], until deadline: MonotonicTime) throws(SystemError) {
        var sent = 0
        while sent < bytes.count {
            let result = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if result > 0 {
                sent += result
            } else if errno == EAGAIN {
                guard try wait(POLLOUT, until: deadline) else { throw SystemError("send", ETIMEDOUT) }
            } else if errno != EINTR {
                throw .last("send")
            }
        }
    }

    /// What has arrived; nil at the end. Waits for the first byte.
    ///
    /// - Throws: `ETIMEDOUT` when nothing comes in time.
    package func receive(until deadline: MonotonicTime) throws(SystemError) -> [UInt8]? {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: PatientSocket.readSize, alignment: 16)
        defer { block.deallocate() }
        while true {
            switch Transfer.read(descriptor.raw, into: block) {
            case .bytes(let count): return Array(block[..<count])
            case .closed: return nil
            case .failed(let error) where error == ECONNRESET: return nil
            case .failed(let error): throw SystemError("read", error)
            case .wouldBlock:
                guard try wait(POLLIN, until: deadline) else { throw SystemError("read", ETIMEDOUT) }
            }
        }
    }

    private func wait(_ events: Int32, until deadline: MonotonicTime) throws(SystemError) -> Bool {
        while true {
            let left = deadline.since(.now())
            var entry = pollfd(fd: descriptor.raw, events: Int16(events), revents: 0)
            // Rounded up, so that the last wait is not a spin of zero-length ones.
            let rounded = (left + TimeSpan.millisecond - 1) / TimeSpan.millisecond
            let result = poll(&entry, 1, Int32(clamping: rounded))
            if result > 0 { return true }
            if result == 0, left == 0 { return false }
            if result < 0, errno != EINTR { throw .last("poll") }
        }
    }
}
