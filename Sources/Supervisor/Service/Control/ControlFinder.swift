import EventLoop

/// Finds the server that an operator means.
package struct ControlFinder {
    /// The variable that names its socket.
    package static let socketVariable = "SUPERVISOR_CONTROL_SOCKET"
    static let stateVariable = "SUPERVISOR_STATE_DIR"

    /// Why there is none; a text for people.
    package struct Failure: Error {
        package let text: String
    }

    /// The socket that was named; nil: look below `stateDirectory`.
    let named: String?
    let stateDirectory: String

    /// - Parameters:
    ///   - socket: `--socket`.
    ///   - stateDirectory: `--state-dir`.
    package init(socket: String?, stateDirectory: String?, in surroundings: Surroundings) {
        let environment = surroundings.environment
        // Whoever says where to look does not mean the socket of the environment.
        let variable = stateDirectory == nil ? environment[ControlFinder.socketVariable] : nil
        let wanted = socket ?? variable
        named = wanted.flatMap { $0.isEmpty ? nil : PathText.absolute($0, in: surroundings.workingDirectory) }
        let root = stateDirectory ?? environment[ControlFinder.stateVariable].flatMap { $0.isEmpty ? nil : $0 }
        self.stateDirectory =
            root.map { PathText.absolute($0, in: surroundings.workingDirectory) } ?? surroundings.defaultStateDirectory
    }

    /// The socket to connect to.
    ///
    /// - Parameters:
    ///   - names: what lies in a directory.
    ///   - isLive: whether somebody listens on a socket.
    package func find(
        names: (String) -> [String] = Files.names, isLive: (String) -> Bool = ControlFinder.isLive
    ) throws(Failure) -> String {
        if let named { return named }
        let candidates = names(stateDirectory).map { "\(stateDirectory)/\($0)/\(StateDirectory.controlSocketName)" }
        let live = candidates.filter(isLive)
        if live.count == 1 { return live[0] }
        guard !live.isEmpty else {
            throw Failure(
                text: "no server runs with the state directory \(stateDirectory)\n"
                    + "  help: start one with supervisor serve, or say where it is with --socket PATH, "
                    + "\(ControlFinder.socketVariable) or --state-dir DIR")
        }
        let list = live.map { "\n    --socket \($0)" }.joined()
        throw Failure(text: "\(live.count) servers run; say which one you mean:\(list)")
    }

    package static func isLive(_ path: String) -> Bool {
        guard path.utf8.count <= SocketAddress.maximumPathLength else { return false }
        do throws(SystemError) {
            _ = try Socket.connect(to: .unix(path: path))
            return true
        } catch {
            return error.isBusy
        }
    }
}
