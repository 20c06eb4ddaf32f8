/// Where an effective value comes from. The order of precedence: flag, environment, file, default.
package enum Origin: Sendable, Equatable {
    /// A flag of the command line, with its dashes.
    case flag(String)
    /// What the command line names to be served.
    case argument(String)
    /// An environment variable.
    case environment(String)
    /// A line, from 1, of the configuration file.
    case file(String, line: Int)
    /// Nobody decided.
    case `default`

    /// Larger wins.
    var rank: Int {
        switch self {
        case .flag, .argument: 3
        case .environment: 2
        case .file: 1
        case .default: 0
        }
    }
}

extension Origin: CustomStringConvertible {
    /// As people read it: `flag --port`, `env PORT`, `supervisor.json:3`, `default`.
    package var description: String {
        switch self {
        case .flag(let name): "flag \(name)"
        case .argument(let text): "argument \(text)"
        case .environment(let name): "env \(name)"
        case .file(let path, let line): "\(path):\(line)"
        case .default: "default"
        }
    }
}
