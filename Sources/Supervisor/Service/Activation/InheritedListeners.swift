import EventLoop

/// Makes listeners of the sockets that a service manager has passed to this process.
struct InheritedListeners {
    private var sockets: Result<InheritedSockets, InheritedSockets.Absence>

    /// - Parameter environment: the process's own.
    init(environment: [String: String]) {
        do throws(InheritedSockets.Absence) {
            sockets = .success(try InheritedSockets(environment: environment, processID: CurrentProcess.number))
        } catch {
            sockets = .failure(error)
        }
    }

    /// - Parameters:
    ///   - name: those of this name; nil: all.
    ///   - address: as whom the operator has asked for them.
    mutating func take(_ name: String?, for address: ListenAddress, on loop: Loop) throws(LaunchError) -> [Listener] {
        let entries: [InheritedSockets.Entry]
        do throws(InheritedSockets.Absence) {
            var left = try sockets.get()
            entries = try left.take(name)
            sockets = .success(left)
        } catch {
            throw LaunchError(.configuration, "cannot listen on \(address): \(error.text)")
        }
        var listeners: [Listener] = []
        for entry in entries {
            do throws(SystemError) {
                listeners.append(try Listener(on: loop, adopting: FileDescriptor(adopting: entry.descriptor)))
            } catch {
                throw LaunchError(
                    .configuration,
                    "cannot listen on \(address): descriptor \(entry.descriptor) (`\(entry.name)`) is no stream socket "
                        + "that listens: \(error.reason)")
            }
        }
        return listeners
    }

    /// Closes those that nobody has asked for. Answers a warning for the log if there are any.
    consuming func closeRest() -> String? {
        switch sockets {
        case .failure(let absence):
            return "sockets were passed, and cannot be used: \(absence.text)"
        case .success(var left):
            guard let rest = try? left.take(nil) else { return nil }
            for entry in rest { _ = FileDescriptor(adopting: entry.descriptor) }
            let names = rest.map { "`\($0.name)`" }.joined(separator: ", ")
            return "sockets were passed that no address asks for (\(names)): name them with --listen systemd:NAME"
        }
    }
}
