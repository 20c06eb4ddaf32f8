/// What help can be asked about.
package enum HelpTopic: Sendable, CaseIterable {
    /// The program as a whole.
    case program
    case serve
    case validate
    case schema
    case version
    case help

    /// The command's word; nil for the program.
    var command: String? {
        switch self {
        case .program: nil
        case .serve: "serve"
        case .validate: "validate"
        case .schema: "schema"
        case .version: "version"
        case .help: "help"
        }
    }

    /// What it does: one line.
    var summary: String {
        switch self {
        case .program: "Runs models as worker processes and serves them over HTTP, token by token."
        case .serve: "Run a model or a configuration of several, and serve it over HTTP"
        case .validate: "Check a configuration and report every problem in it"
        case .schema: "Print the OpenAPI document of a Cog model"
        case .version: "Print the version"
        case .help: "Print help about a command"
        }
    }
}
