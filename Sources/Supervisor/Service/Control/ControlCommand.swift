/// What an operator asks of a running server on the command line.
package struct ControlCommand: Sendable, Equatable {
    package enum Verb: Sendable, Equatable {
        case status(name: String?, StatusForm)
        case logs(name: String?, worker: Int?, lines: Int, follows: Bool, asJSON: Bool)
        case events(name: String?, lines: Int, asJSON: Bool)
        case restart(name: String, worker: Int?)
        case stop(name: String)
        case start(name: String)
        case scale(name: String, workers: Int)
        /// Nil: the whole server.
        case drain(name: String?)
        case reset(name: String)
        case reload
    }

    package enum StatusForm: Sendable, Equatable {
        case table
        case json
        /// A table that is drawn anew every second.
        case watch
        /// One line and an exit code, for health checks.
        case ready
    }

    /// As long as a worker may take to load by default: the longest that a command usually waits for.
    package static let defaultTimeout: Nanoseconds = .seconds(600)
    /// How many lines of the log are shown: two screens.
    package static let defaultLogLines = 100
    /// How many state changes are shown before those that come: one screen.
    package static let defaultEvents = 20

    package var verb: Verb
    /// `--socket`
    package var socket: String?
    /// `--state-dir`
    package var stateDirectory: String?
    /// Come back when it is done; else as soon as it has begun.
    package var waits = true
    /// How long to wait for that.
    package var timeout = ControlCommand.defaultTimeout

    package init(
        _ verb: Verb, socket: String? = nil, stateDirectory: String? = nil, waits: Bool = true,
        timeout: Nanoseconds = ControlCommand.defaultTimeout
    ) {
        self.verb = verb
        self.socket = socket
        self.stateDirectory = stateDirectory
        self.waits = waits
        self.timeout = timeout
    }
}
