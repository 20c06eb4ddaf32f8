import Glibc

/// Where a socket listens or connects to: a literal IP address with a port, or a path. Names are never looked up, since
/// that may block.
package enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The four bytes as one number, the first one highest: 127.0.0.1 is 0x7F000001.
    case ipv4(UInt32, port: UInt16)
    /// The sixteen bytes as two numbers, the first byte highest.
    case ipv6(high: UInt64, low: UInt64, port: UInt16)
    /// A file system path of 1 … 107 bytes.
    case unix(path: String)

    /// The bytes of `sun_path` without its terminating zero.
    package static let maximumPathLength = 107

    /// Parses an address without a scope, such as `127.0.0.1` or `::1` (also `[::1]`); `nil` for anything else, names
    /// included.
    package init?(host: String, port: UInt16) {
        var v4 = in_addr()
        var v6 = in6_addr()
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let literal = isBracketed ? String(host.dropFirst().dropLast()) : host
        if !isBracketed, inet_pton(AF_INET, literal, &v4) == 1 {
            self = .ipv4(UInt32(bigEndian: v4.s_addr), port: port)
        } else if inet_pton(AF_INET6, literal, &v6) == 1 {
            let (high, low) = withUnsafeBytes(of: v6) { bytes in
                (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
            self = .ipv6(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low), port: port)
        } else {
            return nil
        }
    }

    /// Whether only this machine can reach the address.
    package var isLoopback: Bool {
        switch self {
        case .ipv4(let address, _): address >> 24 == 127
        case .ipv6(let high, let low, _): high == 0 && (low == 1 || low >> 24 == 0xFFFF7F)
        case .unix: true
        }
    }

    /// The port; `nil` for a path.
    package var port: UInt16? {
        switch self {
        case .ipv4(_, let port), .ipv6(_, _, let port): port
        case .unix: nil
        }
    }

    /// As in a URL: `127.0.0.1:5000`, `[::1]:5000`, `unix:/run/supervisor.sock`.
    package var description: String {
        switch self {
        case .ipv4(let address, let port):
            return (0..<4).map { String(address >> (24 - 8 * UInt32($0)) & 0xFF) }.joined(separator: ".") + ":\(port)"
        case .ipv6(let high, let low, let port):
            var bytes = (high.bigEndian, low.bigEndian)
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            _ = inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count))
            return "[" + text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) } + "]:\(port)"
        case .unix(let path):
            return "unix:" + path
        }
    }

    /// The kernel's family number.
    var family: Int32 {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    /// Calls `body` with the address in the kernel's form.
    func withSocketAddress<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) throws(SystemError) -> Result {
        switch self {
        case .ipv4(let address, let port):
            var raw = sockaddr_in()
            raw.sin_family = sa_family_t(AF_INET)
            raw.sin_port = port.bigEndian
            raw.sin_addr.s_addr = address.bigEndian
            return Self.pass(raw, body)
        case .ipv6(let high, let low, let port):
            var raw = sockaddr_in6()
            raw.sin6_family = sa_family_t(AF_INET6)
            raw.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &raw.sin6_addr) { bytes in
                bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
                bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return Self.pass(raw, body)
        case .unix(let path):
            var raw = sockaddr_un()
            raw.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8)
            guard !bytes.isEmpty, !bytes.contains(0) else { throw SystemError("sockaddr_un", EINVAL, subject: path) }
            guard bytes.count <= Self.maximumPathLength else {
                throw SystemError("sockaddr_un", ENAMETOOLONG, subject: path)
            }
            withUnsafeMutableBytes(of: &raw.sun_path) { $0.copyBytes(from: bytes) }
            return Self.pass(raw, body)
        }
    }

    private static func pass<Raw, Result>(
        _ raw: Raw, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafeBytes(of: raw) { bytes in
            body(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
    }

    /// The address that the kernel says a socket is bound to; `nil` for a family not known here.
    static func local(of descriptor: Int32) throws(SystemError) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutableBytes(of: &storage) { bytes in
            getsockname(descriptor, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
        }
        guard result >= 0 else { throw .last("getsockname") }
        return withUnsafeBytes(of: storage) { bytes in
            switch Int32(storage.ss_family) {
            case AF_INET:
                let raw = bytes.load(as: sockaddr_in.self)
                return .ipv4(UInt32(bigEndian: raw.sin_addr.s_addr), port: UInt16(bigEndian: raw.sin_port))
            case AF_INET6:
                let raw = bytes.load(as: sockaddr_in6.self)
                let (high, low) = withUnsafeBytes(of: raw.sin6_addr) { address in
                    (address.loadUnaligned(as: UInt64.self), address.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                }
                return .ipv6(
                    high: UInt64(bigEndian: high), low: UInt64(bigEndian: low), port: UInt16(bigEndian: raw.sin6_port))
            case AF_UNIX:
                let path = bytes.dropFirst(MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 0).prefix(while: {
                    $0 != 0
                })
                // One without a file (abstract, or not bound) has no path that could be said.
                return path.isEmpty ? .unix(path: "(unnamed)") : .unix(path: String(decoding: path, as: UTF8.self))
            default:
                return nil
            }
        }
    }
}
