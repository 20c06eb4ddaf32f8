/// Where the server accepts connections.
package enum ListenAddress: Sendable, Hashable {
    /// A TCP port on an IPv4 or IPv6 literal (without brackets). Port 0: the kernel chooses.
    case tcp(host: String, port: UInt16)
    /// A Unix socket.
    case unix(path: String)
    /// The listening sockets that a service manager has opened and passed on; nil: all, else those of that name.
    case inherited(name: String?)

    /// Longest path of a Unix socket: `sun_path` has 108 bytes with its NUL (unix(7)).
    package static let maximumPathLength = 107

    /// Longest name of a socket that systemd allows (FileDescriptorName= in systemd.socket(5)).
    private static let maximumNameLength = 255

    /// Reads `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH`, `systemd:` or `systemd:NAME`.
    package init(_ text: String) throws(InvalidValue) {
        if text.hasPrefix("systemd:") {
            self = .inherited(name: try Self.socketName(text.dropFirst("systemd:".count)))
            return
        }
        if text.hasPrefix("unix:") {
            self = .unix(path: try Self.socketPath(String(text.dropFirst("unix:".count))))
            return
        }
        guard let colon = text.lastIndex(of: ":") else {
            throw InvalidValue(
                "must be HOST:PORT, unix:PATH or systemd:, not `\(text)`", hint: Self.suggestion(for: text))
        }
        let port = text[text.index(after: colon)...]
        guard let number = UInt16(port), port.utf8.first != UInt8(ascii: "+") else {
            throw InvalidValue("must end in a port from 0 to 65535, not `\(port)`")
        }
        self = .tcp(host: try Self.host(in: text[..<colon]), port: number)
    }

    /// Whether only this machine can connect; false where only the socket itself could tell.
    package var isLoopback: Bool {
        switch self {
        case .unix: true
        case .inherited: false
        case .tcp(let host, _): host == "::1" || (IPLiteral.isIPv4(host) && host.hasPrefix("127."))
        }
    }

    /// Checks a host by itself, as `--host` takes it, and turns `localhost` into its literal.
    static func checkedHost(_ text: String) throws(InvalidValue) -> String {
        if text == "localhost" { return "127.0.0.1" }
        guard IPLiteral.isIPv4(text) || IPLiteral.isIPv6(text) else {
            throw InvalidValue(
                "must be an IP address, not `\(text)`",
                hint: "names are not looked up; use 127.0.0.1 for this machine only, 0.0.0.0 or :: for all interfaces")
        }
        return text
    }

    private static func host(in text: Substring) throws(InvalidValue) -> String {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let inner = String(text.dropFirst().dropLast())
            guard IPLiteral.isIPv6(inner) else {
                throw InvalidValue("must have an IPv6 address in its brackets, not `\(inner)`")
            }
            return inner
        }
        if text.contains(":") {
            throw InvalidValue("must have its IPv6 address in brackets", hint: "write [\(text)]:PORT")
        }
        if text.isEmpty {
            throw InvalidValue("must name a host before the colon", hint: "0.0.0.0:PORT listens on all interfaces")
        }
        return try checkedHost(String(text))
    }

    private static func socketPath(_ path: String) throws(InvalidValue) -> String {
        guard !path.isEmpty else { throw InvalidValue("must name a path after `unix:`") }
        try checkLength(ofPath: path)
        return path
    }

    private static func socketName(_ text: Substring) throws(InvalidValue) -> String? {
        let isSpeakable = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
        guard isSpeakable, text.utf8.count <= maximumNameLength else {
            throw InvalidValue(
                "must have a socket's name after `systemd:`, not `\(SettingType.shortened(String(text)))`",
                hint: "it is the FileDescriptorName= of a .socket unit; `systemd:` alone takes all that were passed")
        }
        return text.isEmpty ? nil : String(text)
    }

    /// Refuses a path that the kernel would cut off.
    static func checkLength(ofPath path: String) throws(InvalidValue) {
        guard path.utf8.count <= maximumPathLength, !path.utf8.contains(0) else {
            throw InvalidValue(
                "has a socket path of \(path.utf8.count) bytes; at most \(maximumPathLength) are allowed")
        }
    }

    private static func suggestion(for text: String) -> String? {
        if UInt16(text) != nil { return "write 127.0.0.1:\(text)" }
        if text.hasPrefix("/") || text.hasPrefix(".") { return "write unix:\(text)" }
        return IPLiteral.isIPv4(text) ? "write \(text):5000" : nil
    }
}

extension ListenAddress: CustomStringConvertible {
    /// As `--listen` takes it.
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        case .inherited(let name): "systemd:\(name ?? "")"
        }
    }
}
