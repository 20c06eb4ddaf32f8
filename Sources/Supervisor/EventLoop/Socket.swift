import Glibc

/// Makes stream sockets. All are non-blocking and close-on-exec.
package enum Socket {
    static func make(family: Int32) throws(SystemError) -> FileDescriptor {
        let kind = Int32(bitPattern: SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let raw = socket(family, kind, 0)
        guard raw >= 0 else { throw .last("socket") }
        return FileDescriptor(adopting: raw)
    }

    /// Connects to an address of this machine, where the answer is there at once: a path, or a loopback address. (For
    /// others it throws `EINPROGRESS`; the supervisor itself connects to nobody.)
    package static func connect(to address: SocketAddress) throws(SystemError) -> FileDescriptor {
        let descriptor = try make(family: address.family)
        let raw = descriptor.raw
        let result = try address.withSocketAddress { Glibc.connect(raw, $0, $1) }
        guard result >= 0 else { throw .last("connect", subject: address.description) }
        if address.family != AF_UNIX { try disableDelay(raw) }
        return descriptor
    }

    /// Sends small writes at once instead of waiting for the acknowledgement of the one before (`TCP_NODELAY`): every
    /// write here is a whole answer or a whole turn's tokens. Accepted connections inherit it from their listener.
    static func disableDelay(_ descriptor: Int32) throws(SystemError) {
        try setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
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
