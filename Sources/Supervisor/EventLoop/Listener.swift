import CLinux
import Glibc

/// A listening socket on a loop: accepts connections and hands them over, non-blocking, close-on-exec and without delay
/// for small writes. On the loop's thread only. Lives until `close()`.
package final class Listener: EventHandler {
    /// Connections that the kernel may hold for us. With 128, a thousand clients that connect at once wait for a
    /// second.
    package static let backlog: Int32 = 4_096
    /// Connections accepted in one turn, so that a crowd at the door never delays a token for long.
    package static let acceptsPerTurn = 64
    /// How long accepting rests when the system lacks memory or the spare descriptor is lost: not resting would spin.
    package static let restAfterFailure = 100 * TimeSpan.millisecond
    /// Only the owner may connect through a socket file.
    private static let socketFileMode: mode_t = 0o600

    /// Where it listens; with the port that was given for port 0.
    package let address: SocketAddress
    /// Somebody else has opened the socket and may keep it open.
    private let isInherited: Bool
    /// Connections closed at once for want of a descriptor.
    package private(set) var refusedCount: UInt64 = 0

    private let loop: Loop
    private var socket: FileDescriptor?
    /// Held open, to be given up when descriptors run out: with its number a connection can be accepted and closed. A
    /// connection left in the backlog would keep the listener readable and its client waiting.
    private var spare: FileDescriptor?
    private var socketFile: SocketFile?
    private var registration: Registration?
    private var rest: TimerToken?
    private var accepted: ((consuming FileDescriptor) -> Void)?
    private var failed: ((SystemError) -> Void)?

    /// Binds and listens. Nothing is accepted before `start`; clients that come earlier wait in the backlog.
    ///
    /// A path whose socket file is left over from a dead process is taken over; if somebody answers there, or if it is
    /// no socket, this throws `EADDRINUSE`.
    package init(on loop: Loop, at wanted: SocketAddress) throws(SystemError) {
        self.loop = loop
        let socket = try Socket.make(family: wanted.family)
        switch wanted {
        case .unix(let path):
            // Linux takes a socket file's mode from the socket, less the umask: so it never has a wider one.
            guard fchmod(socket.raw, Self.socketFileMode) >= 0 else { throw .last("fchmod", subject: path) }
            if SocketFile.isStale(at: path) { _ = unlink(path) }
        case .ipv6:
            // `::` means all addresses of both families, whatever the system's default is.
            try Socket.setOption(socket.raw, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0)
            fallthrough
        case .ipv4:
            // A restart need not wait for the old connections' last minute (TIME_WAIT).
            try Socket.setOption(socket.raw, SOL_SOCKET, SO_REUSEADDR, 1)
            try Socket.disableDelay(socket.raw)
        }
        let raw = socket.raw
        let result = try wanted.withSocketAddress { bind(raw, $0, $1) }
        guard result >= 0 else { throw .last("bind", subject: wanted.description) }
        if case .unix(let path) = wanted { socketFile = SocketFile(path: path) }
        guard listen(raw, Self.backlog) >= 0 else { throw .last("listen", subject: wanted.description) }
        isInherited = false
        address = wanted.port == nil ? wanted : try SocketAddress.local(of: raw) ?? wanted
        spare = Self.openSpare()
        self.socket = consume socket
    }

    /// Takes over a socket that somebody else has bound and listens on, a service manager for instance. What is theirs stays
    /// as it is: the mode of a socket file, the backlog. `close()` leaves the file, and clients in the backlog wait for
    /// whoever listens next.
    ///
    /// - Throws: `EPROTOTYPE` if it is no stream socket of a family known here, `EINVAL` if it does not listen.
    package init(on loop: Loop, adopting descriptor: consuming FileDescriptor) throws(SystemError) {
        self.loop = loop
        let socket = descriptor
        let raw = socket.raw
        let subject = "descriptor \(raw)"
        let kind = try Socket.option(raw, SOL_SOCKET, SO_TYPE)
        guard kind == Int32(bitPattern: SOCK_STREAM.rawValue), let local = try SocketAddress.local(of: raw) else {
            throw SystemError("getsockopt", EPROTOTYPE, subject: subject)
        }
        guard try Socket.option(raw, SOL_SOCKET, SO_ACCEPTCONN) != 0 else {
            throw SystemError("listen", EINVAL, subject: subject)
        }
        try socket.makeNonBlocking()
        guard fcntl(raw, F_SETFD, FD_CLOEXEC) >= 0 else { throw .last("fcntl", subject: subject) }
        if local.port != nil { try Socket.disableDelay(raw) }
        address = local
        isInherited = true
        spare = Self.openSpare()
        self.socket = consume socket
    }

    /// Begins to accept.
    ///
    /// - Parameters:
    ///   - accepted: takes over each connection.
    ///   - failed: told once per turn in which connections were refused for want of descriptors (`EMFILE`, `ENFILE`;
    ///     see `refusedCount`) or accepting failed otherwise, in which case it rests for `restAfterFailure`.
    package func start(
        accepted: @escaping (consuming FileDescriptor) -> Void, failed: @escaping (SystemError) -> Void
    ) throws(SystemError) {
        precondition(registration == nil, "a listener is started once")
        guard let raw = socket?.raw else { preconditionFailure("a closed listener is not started") }
        self.accepted = accepted
        self.failed = failed
        registration = try loop.register(raw, .readable, handler: self)
    }

    /// Leaves new connections in the backlog until `resume()`; for a cap on connections.
    package func pause() throws(SystemError) {
        cancelRest()
        if let registration { try loop.modify(registration, []) }
    }

    /// Accepts again after `pause()`.
    package func resume() throws(SystemError) {
        cancelRest()
        if let registration { try loop.modify(registration, .readable) }
    }

    /// Accepts what waits in the backlog now, as many as in one turn: before `close()`, which would reset them. Of an
    /// inherited socket nothing is taken, since they lose nothing by waiting.
    package func acceptWaiting() {
        if registration != nil, !isInherited { ready(.readable) }
    }

    /// Stops listening; clients in the backlog are reset. Removes the socket file if it is still this listener's. Doing
    /// it twice does nothing.
    package func close() {
        cancelRest()
        if let registration { loop.deregister(registration) }
        registration = nil
        // The file before the socket: no client finds a file that nobody listens on.
        socketFile?.remove()
        socketFile = nil
        socket = nil
        spare = nil
        accepted = nil
        failed = nil
    }

    // MARK: - Accepting

    package func ready(_ readiness: Readiness) {
        var shortage: SystemError?
        for _ in 0..<Self.acceptsPerTurn {
            // The owner may close or pause from its callback.
            guard let raw = socket?.raw, let accepted else { return }
            let result = cl_accept(raw)
            if result >= 0 {
                accepted(FileDescriptor(adopting: result))
                continue
            }
            let error = SystemError("accept4", -result, subject: address.description)
            switch error.errno {
            case EAGAIN:
                if let shortage { failed?(shortage) }
                return
            // The connection died in the backlog, a firewall said no, or a network error waits on it: take the next.
            case ECONNABORTED, EINTR, EPERM, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
                EOPNOTSUPP, ENETUNREACH:
                continue
            case EMFILE, ENFILE:
                guard refuseOne(raw) else { return restAfter(error) }
                shortage = error
            default:
                return restAfter(error)
            }
        }
        if let shortage { failed?(shortage) }
    }

    /// Accepts one connection with the spare's number and closes it; false when there is no spare to be had.
    private func refuseOne(_ raw: Int32) -> Bool {
        guard spare != nil else { return false }
        spare = nil
        let result = cl_accept(raw)
        if result >= 0 {
            _ = FileDescriptor(adopting: result)
            refusedCount += 1
        }
        spare = Self.openSpare()
        return spare != nil
    }

    private static func openSpare() -> FileDescriptor? {
        let raw = open("/dev/null", O_RDONLY | O_CLOEXEC)
        return raw >= 0 ? FileDescriptor(adopting: raw) : nil
    }

    private func restAfter(_ error: SystemError) {
        if let registration { try? loop.modify(registration, []) }
        cancelRest()
        rest = loop.schedule(after: Self.restAfterFailure) { [weak self] in
            guard let self else { return }
            rest = nil
            if spare == nil { spare = Self.openSpare() }
            if let registration { try? loop.modify(registration, .readable) }
        }
        failed?(error)
    }

    private func cancelRest() {
        if let rest { loop.cancel(rest) }
        rest = nil
    }
}
