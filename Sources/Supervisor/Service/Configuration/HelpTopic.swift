/// What help can be asked about.
package enum HelpTopic: Sendable, CaseIterable {
    /// The program as a whole.
    case program
    case serve
    case validate
    case schema
    case status
    case logs
    case events
    case restart
    case stop
    case start
    case scale
    case drain
    case reload
    case reset
    case version
    case help

    /// The commands to a running server.
    static let control: [HelpTopic] = [
        .status, .logs, .events, .restart, .stop, .start, .scale, .drain, .reload, .reset,
    ]

    /// The command's word; nil for the program.
    var command: String? {
        switch self {
        case .program: nil
        case .serve: "serve"
        case .validate: "validate"
        case .schema: "schema"
        case .status: "status"
        case .logs: "logs"
        case .events: "events"
        case .restart: "restart"
        case .stop: "stop"
        case .start: "start"
        case .scale: "scale"
        case .drain: "drain"
        case .reload: "reload"
        case .reset: "reset"
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
        case .status: "Show what a running server and its workers do"
        case .logs: "Show the log of a running server and of its workers"
        case .events: "Follow what happens to workers and deployments"
        case .restart: "Replace the workers of a deployment, one after the other"
        case .stop: "Stop the workers of a deployment"
        case .start: "Start a deployment that was stopped or drained"
        case .scale: "Change the number of workers of a deployment"
        case .drain: "Finish what runs and take nothing new"
        case .reload: "Read the configuration again and roll what has changed"
        case .reset: "Forget the failures of a deployment and start it again"
        case .version: "Print the version"
        case .help: "Print help about a command"
        }
    }
}
