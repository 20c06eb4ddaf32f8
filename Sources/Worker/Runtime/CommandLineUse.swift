import WireProtocol

/// What a worker does when a person starts it.
package enum CommandLineUse: Equatable {
    /// Print the manifest.
    case manifest
    /// Print how it is used, because that was asked for.
    case help
    /// Say that a supervisor should start it.
    case alone
    /// Say that an argument is unknown.
    case unknown(String)

    /// - Parameter arguments: Without the program's name.
    package init(_ arguments: [String]) {
        switch arguments.first {
        case "--manifest": self = .manifest
        case "--help", "-h": self = .help
        case let argument?: self = .unknown(argument)
        case nil: self = .alone
        }
    }

    /// What to print, where, and how to end.
    package func answer(_ program: WorkerProgram, name: String) -> (text: String, isError: Bool, code: ExitCode) {
        let usage = """
            \(name) is a worker: it loads a model and runs predictions for a supervisor, which starts it and talks to it
            over pipes. Handlers: \(program.names).

              supervisor serve       start it through its supervisor.json
              \(name) --manifest     print what its handlers take and return, as JSON
            """
        switch self {
        case .manifest: return (program.manifest.prettyText, false, .ended)
        case .help: return (usage, false, .ended)
        case .alone:
            return (
                "\(name): not started by a supervisor (the environment has no \(WorkerPipe.environmentVariable))\n\n"
                    + usage, true, .usage
            )
        case .unknown(let argument): return ("\(name): unknown argument \(argument)\n\n\(usage)", true, .usage)
        }
    }
}

extension WorkerProgram {
    /// Does what a person who started the program wants, and ends.
    func useByHand(_ arguments: [String]) -> Never {
        let name = String(arguments.first?.split(separator: "/").last ?? "worker")
        let answer = CommandLineUse(Array(arguments.dropFirst())).answer(self, name: name)
        if answer.isError {
            StandardStreams.complain(answer.text)
        } else {
            print(answer.text)
        }
        StandardStreams.exit(answer.code)
    }
}

extension HandlerManifest {
    /// The manifest as JSON for people.
    var prettyText: String {
        guard let value = try? JSONValue.parse(json) else { preconditionFailure("manifests are written as JSON") }
        return value.indented()
    }
}
