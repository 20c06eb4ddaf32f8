import WireProtocol

/// The set-up, as the worker sees it: for whom it is, and how far it has come.
public struct SetupContext: Sendable {
    let initialization: Initialization
    let report: @Sendable (WorkerMessage) -> Void

    /// Name of the deployment that the worker serves.
    public var deployment: String { initialization.deployment }

    /// The handler that runs will be for; nil when any of the worker's may be asked for.
    public var handler: String? { initialization.handler }

    /// Settings that the supervisor's configuration has for the set-up: a JSON object.
    public var settings: RawJSON { initialization.setup }

    /// The settings as a type; of a ``HandlerInput`` the defaults are filled in.
    ///
    /// - Throws: An error that names the member that is wrong.
    public func settings<Settings: Decodable>(as type: Settings.Type) throws -> Settings {
        try InputReader(type).read(settings)
    }

    /// Says how far the set-up is.
    ///
    /// - Parameters:
    ///   - share: From 0 to 1; nil when that cannot be told.
    ///   - message: What is going on, for people: `shard 7 of 20`.
    public func progress(_ share: Double? = nil, _ message: String? = nil) {
        report(.loading(LoadingProgress(progress: share, message: message)))
    }

    /// Adds a line to the log of the worker.
    public func log(_ line: String, to stream: LogStream = .standardOutput) {
        report(.log(slot: nil, sequence: 0, LogText(stream.onTheWire, Array((line + "\n").utf8))))
    }
}
