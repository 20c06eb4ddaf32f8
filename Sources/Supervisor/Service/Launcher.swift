import Engine
import EventLoop

/// Puts a server together from its configuration, and runs it.
package enum Launcher {
    /// Serves until told to stop. Answers the exit code.
    ///
    /// - Parameters:
    ///   - environment: the process's own; workers inherit it.
    ///   - isTerminal: standard error is read by a person, so the log is text instead of JSON.
    ///   - warnings: what loading the configuration had to say, for the log.
    ///   - readConfiguration: loads it again in the same way; called on a helper thread.
    package static func serve(
        _ configuration: Configuration, environment: [String: String], isTerminal: Bool, warnings: [String],
        readConfiguration: @escaping @Sendable () -> ConfigurationLoader.Outcome
    ) -> Int32 {
        Signals.ignoreBrokenPipe()
        if configuration.shutdown.awaitsExplicit { Signals.ignoreTermination() }
        do throws(LaunchError) {
            return try launch(configuration, environment, isTerminal, warnings, readConfiguration)
        } catch {
            Console.error("supervisor: \(error.text)\n")
            return error.exitCode.rawValue
        }
    }

    private static func launch(
        _ configuration: Configuration, _ environment: [String: String], _ isTerminal: Bool, _ warnings: [String],
        _ readConfiguration: @escaping @Sendable () -> ConfigurationLoader.Outcome
    ) throws(LaunchError) -> Int32 {
        let settings = ServerSettings(configuration, environment: environment)
        if configuration.upload.url != nil, let problem = settings.deliveryAgent.problem {
            throw LaunchError(.configuration, "--upload-url cannot be served: \(problem)")
        }
        for deployment in settings.deployments {
            guard let problem = deployment.optionsProblem else { continue }
            throw LaunchError(.configuration, "deployment \(deployment.settings.name): \(problem)")
        }
        _ = try system { () throws(SystemError) in try DescriptorLimit.raise() }
        let loop = try system { () throws(SystemError) in try Loop() }
        var listeners: [Listener] = []
        var inherited = InheritedListeners(environment: environment)
        for address in configuration.listenAddresses {
            if case .inherited(let name) = address {
                listeners += try inherited.take(name, for: address, on: loop)
            } else {
                listeners.append(try listen(address, on: loop))
            }
        }
        var state = try claim(configuration, listeners[0].address)
        if configuration.deployments.contains(where: { $0.model != nil }) {
            do throws(SystemError) {
                try state.unpack(.embedded)
            } catch {
                throw LaunchError(
                    .unavailable,
                    "the Python package cannot be unpacked into the state directory: \(error); choose another with "
                        + "--state-dir")
            }
        }
        let control = try openControl(configuration, defaultPath: state.controlSocket, on: loop)
        let log = try system { () throws(SystemError) in
            try LogWriter(descriptor: 2, level: level(configuration.logLevel), isPlain: isTerminal)
        }
        let server: Server
        do throws(SystemError) {
            server = try Server(
                settings: settings, loop: loop, listeners: listeners, control: control, state: state, log: log,
                readConfiguration: readConfiguration)
        } catch {
            throw LaunchError(.unavailable, "\(error)")
        }
        for warning in warnings { server.log(LogEntry(.warning, warning)) }
        if let warning = inherited.closeRest() { server.log(LogEntry(.warning, warning)) }
        for listener in listeners { announce(listener.address, server) }
        announce(control, server)
        return try system { () throws(SystemError) in try server.run() }
    }

    private static func system<Value>(_ body: () throws(SystemError) -> Value) throws(LaunchError) -> Value {
        do throws(SystemError) {
            return try body()
        } catch {
            throw LaunchError(.unavailable, "\(error)")
        }
    }

    static func listen(_ wanted: ListenAddress, on loop: Loop) throws(LaunchError) -> Listener {
        let address: SocketAddress
        switch wanted {
        case .unix(let path): address = .unix(path: path)
        case .inherited: preconditionFailure("sockets that were passed are not bound again")
        case .tcp(let host, let port):
            guard let literal = SocketAddress(host: host, port: port) else {
                throw LaunchError(.configuration, "\(host) is not an IP address")
            }
            address = literal
        }
        do throws(SystemError) {
            return try Listener(on: loop, at: address)
        } catch {
            let hint = error.isAddressInUse ? "; another process listens there: choose another --port or --listen" : ""
            throw LaunchError(.unavailable, "cannot listen on \(wanted): \(error.reason)\(hint)")
        }
    }

    private static func claim(
        _ configuration: Configuration, _ address: SocketAddress
    ) throws(LaunchError) -> StateDirectory {
        do throws(StateDirectory.Failure) {
            return try StateDirectory(root: configuration.stateDirectory, address: address.description)
        } catch {
            switch error {
            case .system(let error):
                throw LaunchError(
                    .unavailable, "the state directory cannot be used: \(error); choose another with --state-dir")
            case .inUse(let path, let holder):
                throw LaunchError(
                    .alreadyRunning,
                    "another supervisor (process \(holder)) holds \(path); stop it, or choose another "
                        + "address or --state-dir")
            }
        }
    }

    private static func announce(_ address: SocketAddress, _ server: Server) {
        let place = Server.text(of: address)
        server.log(LogEntry(.info, "listening on \(place)"))
        if !address.isLoopback {
            server.log(
                LogEntry(
                    .warning,
                    "\(place) can be reached from other machines, and there is no authentication: keep it "
                        + "behind a proxy or a firewall"))
        }
    }

    private static func level(_ level: LogLevel) -> LogEntry.Level {
        switch level {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}

/// Why a server could not be started.
struct LaunchError: Error {
    let exitCode: ExitCode
    let text: String

    init(_ exitCode: ExitCode, _ text: String) {
        self.exitCode = exitCode
        self.text = text
    }
}

/// The version that `--version` prints.
package enum ProgramVersion {
    package static var text: String { ProductVersion.text }
}
