import Glibc

/// Where a service manager listens for single messages (sd_notify(3)): a datagram socket at a path, or at an abstract name
/// that begins with `@`. Sending never blocks. On the loop's thread.
package final class NotificationSocket {
    private let descriptor: FileDescriptor
    private var address: sockaddr_un
    private let length: socklen_t

    /// - Throws: `EINVAL` for what is neither an absolute path nor an abstract name, `ENAMETOOLONG`.
    package init(_ name: String) throws(SystemError) {
        var bytes = Array(name.utf8)
        guard name.hasPrefix("/") || name.hasPrefix("@"), bytes.count > 1, !bytes.contains(0) else {
            throw SystemError("sockaddr_un", EINVAL, subject: name)
        }
        guard bytes.count <= SocketAddress.maximumPathLength else {
            throw SystemError("sockaddr_un", ENAMETOOLONG, subject: name)
        }
        // An abstract name begins with a zero, and is as long as the address says: it has no end of its own.
        if name.hasPrefix("@") { bytes[0] = 0 }
        address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? MemoryLayout<sa_family_t>.size
        length = socklen_t(start + bytes.count + (name.hasPrefix("@") ? 0 : 1))
        let kind = Int32(bitPattern: SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let raw = socket(AF_UNIX, kind, 0)
        guard raw >= 0 else { throw .last("socket") }
        descriptor = FileDescriptor(adopting: raw)
    }

    /// Sends one message.
    package func send(_ message: String) throws(SystemError) {
        let bytes = Array(message.utf8)
        let (raw, length) = (descriptor.raw, length)
        let result = withUnsafeBytes(of: &address) { target in
            sendto(
                raw, bytes, bytes.count, Int32(MSG_NOSIGNAL),
                target.baseAddress!.assumingMemoryBound(to: sockaddr.self), length)
        }
        guard result >= 0 else { throw .last("sendto", subject: "NOTIFY_SOCKET") }
    }
}
