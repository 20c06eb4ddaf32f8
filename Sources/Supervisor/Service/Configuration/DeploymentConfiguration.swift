import Engine

/// One named handler and the workers that run it, resolved: what the file does not say is filled in from the
/// server-wide settings.
package struct DeploymentConfiguration: Sendable, Equatable {
    /// First path segment of its routes: `[a-z0-9][a-z0-9-]{0,62}`, never one of ``ReservedNames``.
    package var name = ""
    /// The worker's program and arguments, run without a shell. A program with a slash is relative to
    /// ``workingDirectory``; one without is searched in PATH. Empty when there is a ``model``.
    package var command: [String] = []
    /// Absolute path of a model written in Python: the directory of a Cog model, or a file with handlers; nil: the
    /// worker is run by ``command``.
    package var model: String?
    /// `FILE:NAME` of what predicts, over cog.yaml; nil: what cog.yaml says.
    package var predict: String?
    /// `FILE:NAME` of what trains, over cog.yaml; nil: what cog.yaml says.
    package var train: String?
    /// Which of the two the workers of a Cog model run.
    package var mode = ModelMode.predict
    /// Absolute path of the Python that runs the ``model``; nil only without one.
    package var python: String?
    /// Which of the worker's handlers; nil: the only one.
    package var handler: String?
    /// Absolute path of the worker's working directory.
    package var workingDirectory = ""
    /// Variables set for the worker, over those of the supervisor.
    package var environment: [EnvironmentEntry] = []
    /// How many worker processes run.
    package var workers = 1
    /// How many runs a worker takes at once; nil: what the worker declares. Never more than that. A worker with a
    /// ``model`` is told and decides itself.
    package var concurrency: Int?
    /// Whether event streams are allowed; nil: what the worker declares. True cannot widen what the worker declares.
    package var streaming: Bool?
    /// Whether routes without a prefix lead here.
    package var isDefault = false
    /// How long a worker may take from its start to `ready`; nil: for ever.
    package var loadTimeout: Nanoseconds?
    /// How long a worker may take to end after it was told to; then it is killed.
    package var stopGrace: Nanoseconds
    /// Largest final output, in bytes.
    package var outputLimit: Int
    /// Most log text kept, in bytes.
    package var logLimit: Int
    /// Most bytes of the values of `append` metrics.
    package var appendMetricLimit: Int

    /// How its workers are kept; its devices, too.
    package var supervision: SupervisionSettings
    /// What its worker processes are to the kernel.
    package var process: ProcessConfiguration
    /// How many workers share a device; nil: nobody has said.
    package var workersPerDevice: Int?
    /// The port of the first worker; each further one has the next. Nil: `{port}` means nothing.
    package var firstPort: Int?

    /// A deployment with the server-wide values of `configuration`, without name and command.
    package init(inheriting configuration: Configuration) {
        concurrency = configuration.concurrency
        loadTimeout = configuration.loadTimeout
        stopGrace = configuration.shutdown.stopGrace
        outputLimit = configuration.limits.output
        logLimit = configuration.limits.logs
        appendMetricLimit = configuration.limits.appendMetrics
        supervision = configuration.supervision
        process = configuration.process
    }
}

/// What the workers of a Cog model do.
package enum ModelMode: String, Sendable, CaseIterable {
    case predict
    case train
}

/// An environment variable set for a worker.
package struct EnvironmentEntry: Sendable, Equatable {
    /// The variable's name: not empty, without `=` and NUL.
    package let name: String
    /// Its value, without NUL.
    package let value: String

    /// A variable.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
