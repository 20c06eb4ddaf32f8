import API
import Engine
import EventLoop

/// Where operators come in.
extension Launcher {
    /// Larger files hold no token.
    private static let tokenFileLimit = 4096

    static func openControl(
        _ configuration: Configuration, defaultPath: String, on loop: Loop
    ) throws(LaunchError) -> ControlListeners {
        let path = configuration.controlSocket ?? defaultPath
        guard path.utf8.count <= SocketAddress.maximumPathLength else {
            let remedy = configuration.controlSocket == nil ? "a shorter --state-dir, or a --control-socket" : "another"
            throw LaunchError(
                .unavailable,
                "the control socket \(path) cannot be made: its path has \(path.utf8.count) bytes, that of a Unix socket "
                    + "may have \(SocketAddress.maximumPathLength); choose \(remedy)")
        }
        let token = configuration.admin.listen.isEmpty ? nil : try readToken(configuration.admin.tokenFile ?? "")
        let socket: Listener
        do throws(SystemError) {
            socket = try Listener(on: loop, at: .unix(path: path))
        } catch {
            let hint = error.isAddressInUse ? "; another server is controlled there" : ""
            throw LaunchError(
                .unavailable,
                "cannot listen on the control socket \(path): \(error.reason)\(hint); choose another with "
                    + "--control-socket")
        }
        var admin: [Listener] = []
        for address in configuration.admin.listen { admin.append(try listen(address, on: loop)) }
        return ControlListeners(socket: socket, admin: admin, token: token)
    }

    private static func readToken(_ path: String) throws(LaunchError) -> AdminToken {
        let file: (bytes: [UInt8], isReadableByAll: Bool)
        do throws(SystemError) {
            file = try Files.readSecret(path, limit: tokenFileLimit)
        } catch {
            throw LaunchError(.configuration, "the file of `admin.token_file` cannot be read: \(path): \(error.reason)")
        }
        guard !file.isReadableByAll else {
            throw LaunchError(
                .configuration,
                "everybody on this machine can read \(path), the file of `admin.token_file`: take that away with chmod "
                    + "o-r (in Kubernetes, with defaultMode: 0440 of the volume), and replace the token")
        }
        do throws(AdminToken.Problem) {
            return try AdminToken(file.bytes)
        } catch {
            throw LaunchError(.configuration, "the file of `admin.token_file`, \(path), \(error.text)")
        }
    }

    static func announce(_ control: ControlListeners, _ server: Server) {
        server.log(LogEntry(.info, "controlled over \(control.socket.address)"))
        for listener in control.admin {
            let place = Server.text(of: listener.address)
            server.log(LogEntry(.info, "controlled over \(place) with a token"))
            if !listener.address.isLoopback {
                server.log(
                    LogEntry(
                        .warning,
                        "\(place) can be reached from other machines, and the token travels without encryption: keep it "
                            + "behind a proxy that speaks TLS, or within a network that you trust"))
            }
        }
    }
}
