import Service
import Testing

/// Loads a configuration from values, without files.
enum Loading {
    static let minimal = #"{"deployments": [{"name": "echo", "command": ["worker"]}]}"#

    /// - Parameters:
    ///   - text: What stands in `/etc/models/supervisor.json`.
    ///   - flags: `--name=value`
    static func load(
        _ text: String = minimal, path: String? = nil, environment: [String: String] = [:], flags: [String] = [],
        userID: UInt32 = 1000
    ) -> ConfigurationLoader.Outcome {
        let surroundings = Surroundings(environment: environment, workingDirectory: "/etc/models", userID: userID) {
            path in
            switch path {
            case "/etc/models": .directory
            case "/etc/models/supervisor.json": .bytes(Array(text.utf8))
            case "/etc/secret.json": .failed("Permission denied")
            default: .missing
            }
        }
        let flags = flags.map { flag in
            let parts = flag.split(separator: "=", maxSplits: 1)
            return FlagValue(name: String(parts[0]), value: String(parts[1]))
        }
        return ConfigurationLoader.load(path: path, flags: flags, in: surroundings)
    }

    /// The configuration, which must load without any remark.
    static func configuration(
        _ text: String = minimal, environment: [String: String] = [:], flags: [String] = [],
        userID: UInt32 = 1000
    ) throws -> Configuration {
        let outcome = load(text, environment: environment, flags: flags, userID: userID)
        #expect(outcome.diagnostics.isEmpty)
        return try #require(outcome.configuration)
    }

    /// A file with `settings` beside one deployment.
    static func file(_ settings: String) -> String {
        #"{\#(settings), "deployments": [{"name": "echo", "command": ["worker"]}]}"#
    }
}

extension ConfigurationLoader.Outcome {
    /// Each diagnostic as `path: message`.
    var lines: [String] {
        diagnostics.map { ($0.path.map { "\($0): " } ?? "") + $0.message }
    }
}
