import Glibc

/// Makes stream sockets. All are non-blocking and close-on-exec.
package enum Socket {
    static func make(family: Int32) throws(SystemError) -> FileDescriptor {
        let kind = Int32(bitPattern: SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let raw = socket(family, kind, 0)
        guard raw >= 0 else { throw .last("socket") }
        return FileDescriptor(adopting: raw)
    }

    /// Connects, and waits for the answer at most `patience` nanoseconds. Meant for addresses of this machine, where it
    /// is there at once: others would hold up the calling thread.
    ///
    /// - Throws: `ETIMEDOUT` when nobody answers in time, `EAGAIN` for a path whose listener has no room for one more.
    package static func connect(
        to address: SocketAddress, patience: UInt64 = TimeSpan.second
    ) throws(SystemError) -> FileDescriptor {
        let descriptor = try make(family: address.family)
        let raw = descriptor.raw
        let result = try address.withSocketAddress { Glibc.connect(raw, $0, $1) }
        var error = result < 0 ? errno : 0
        if error == EINPROGRESS {
            var entry = pollfd(fd: raw, events: Int16(POLLOUT), revents: 0)
            let isAnswered = poll(&entry, 1, Int32(clamping: patience / TimeSpan.millisecond)) > 0
            error = isAnswered ? try takeError(raw) : ETIMEDOUT
        }
        guard error == 0 else { throw SystemError("connect", error, subject: address.description) }
        if address.family != AF_UNIX { try disableDelay(raw) }
        return descriptor
    }

    /// The error that waits on a socket (`SO_ERROR`), taken from it; 0 for none.
    private static func takeError(_ descriptor: Int32) throws(SystemError) -> Int32 {
        try option(descriptor, SOL_SOCKET, SO_ERROR)
    }

    /// Sends small writes at once instead of waiting for the acknowledgement of the one before (`TCP_NODELAY`): every
    /// write here is a whole answer or a whole turn's tokens. Accepted connections inherit it from their listener.
    static func disableDelay(_ descriptor: Int32) throws(SystemError) {
        try setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    }

    /// The value of an option that is a number.
    static func option(_ descriptor: Int32, _ level: Int32, _ name: Int32) throws(SystemError) -> Int32 {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, level, name, &value, &size) >= 0 else {
            throw .last("getsockopt", subject: "descriptor \(descriptor)")
        }
        return value
    }

    static func setOption(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) throws(SystemError) {
        var value = value
        let result = setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
        guard result >= 0 else { throw .last("setsockopt") }
    }

    /// Says that no more will be written, while the peer may still write (`SHUT_WR`). A peer that has gone already is
    /// no error.
    package static func finishWriting(_ descriptor: Int32) {
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }
}
