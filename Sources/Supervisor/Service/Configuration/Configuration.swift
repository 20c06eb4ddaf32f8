import Engine

/// A length of time in nanoseconds, the unit in which the loop, the engine and the timers count.
package typealias Nanoseconds = UInt64

/// Everything an operator may decide, resolved: flags over environment over file over default.
///
/// The initial values below are the defaults and the only place where they are written; ``Settings`` gives each its
/// name, range, flag, environment variable and the reason for the default.
package struct Configuration: Sendable, Equatable {
    /// The address that serves when ``listen`` is empty: an IPv4 or IPv6 literal without brackets.
    package var host = "127.0.0.1"
    /// The TCP port that serves when ``listen`` is empty; 0 lets the kernel choose.
    package var port = 5000
    /// The addresses named one by one; when there are any, ``host`` and ``port`` do not count.
    package var listen: [ListenAddress] = []
    /// Absolute path of the directory for lock, spilled payloads and the Python package.
    package var stateDirectory = ""
    /// Absolute path of the file that exists while the server is ready; nil: none.
    package var readinessFile: String?
    /// The least severe level that is written to the log.
    package var logLevel = LogLevel.info
    /// Absolute path of the control socket; nil: in the server's folder of the state directory.
    package var controlSocket: String?
    /// What operators may do over the network.
    package var admin = Admin()
    /// How many runs a worker takes at once when its deployment does not say; nil: what the worker declares.
    package var concurrency: Int?
    /// How long a worker may take from its start, or its last progress, to `ready` when its deployment does not say;
    /// nil: for ever.
    package var loadTimeout: Nanoseconds? = .seconds(600)
    /// The Python that runs models whose deployment does not say: an absolute path, or a name to look up in PATH; nil:
    /// one is looked for, see ``PythonInterpreter``.
    package var python: String?
    /// How workers are kept, where their deployment does not say.
    package var supervision = SupervisionSettings()
    /// What worker processes are to the kernel, where their deployment does not say.
    package var process = ProcessConfiguration()
    /// So many workers may load at a time: in all, and of those that share a device.
    package var maximumLoads = 2
    package var loadsPerDevice = 1
    /// `auto`, `off`, or the absolute path of the control group below which each worker gets its own.
    package var controlGroup = "auto"
    /// Absolute path of the file that counts what was killed for want of memory; nil: it is looked for.
    package var memoryEvents: String?
    /// What bounds memory.
    package var limits = Limits()
    /// What late readers may still see.
    package var history = History()
    /// How event streams are kept alive and cut off.
    package var streaming = Streaming()
    /// How long a client may take.
    package var http = HTTPTimeouts()
    /// How clients are told of their predictions.
    package var webhooks = Webhooks()
    /// Where output files go.
    package var upload = Upload()
    /// Who sends webhooks and uploads.
    package var delivery = Delivery()
    /// How the server ends.
    package var shutdown = Shutdown()
    /// The handlers to serve, in the order of the file. Names are unique; at most one is the default.
    package var deployments: [DeploymentConfiguration] = []
    /// Where each value comes from, by its path: `limits.connections`, `deployments[0].workers`. A path that is
    /// missing has its default.
    package var origins: [String: Origin] = [:]

    /// The defaults, without deployments.
    package init() {}

    /// Where to listen: at least one address.
    package var listenAddresses: [ListenAddress] {
        listen.isEmpty ? [.tcp(host: host, port: UInt16(truncatingIfNeeded: port))] : listen
    }

    /// The index of the deployment that serves routes without a prefix: the only one, or the one marked `default`.
    package var defaultDeployment: Int? {
        deployments.count == 1 ? 0 : deployments.firstIndex { $0.isDefault }
    }

    /// What bounds memory. Sizes are bytes.
    package struct Limits: Sendable, Equatable {
        /// Largest request body.
        package var requestBody = 100 << 20
        /// Open client connections.
        package var connections = 10_000
        /// Event streams open on one prediction.
        package var subscribersPerPrediction = 1024
        /// Event streams open in all.
        package var subscribers = 10_000
        /// Largest frame payload on a worker's pipe.
        package var frame = 64 << 20
        /// Largest payload that goes over the pipe; larger ones go by file.
        package var inlinePayload = 1 << 20
        /// Largest final output of a prediction, where its deployment does not say.
        package var output = 100 << 20
        /// Most log text kept for a prediction, where its deployment does not say.
        package var logs = 4 << 20
        /// Most bytes of the values of `append` metrics of a prediction, where its deployment does not say.
        package var appendMetrics = 4 << 20
        /// Cancellations remembered for predictions that are not known yet; the oldest leaves first.
        package var pendingCancellations = 1000
        /// How long such a cancellation is remembered.
        package var pendingCancellationAge: Nanoseconds = .seconds(60)

        package init() {}
    }

    /// Where operators come in besides the control socket.
    package struct Admin: Sendable, Equatable {
        /// The addresses; none: nowhere.
        package var listen: [ListenAddress] = []
        /// Absolute path of the file with the token that they must show.
        package var tokenFile: String?

        package init() {}
    }

    /// What late readers may still see.
    package struct History: Sendable, Equatable {
        /// Events of one prediction that a late reader may replay; 0: live only.
        package var events = 1024
        /// Bytes of these events.
        package var bytes = 8 << 20
        /// Bytes that finished predictions may hold in all; beyond it the oldest is forgotten.
        package var totalBytes = 512 << 20
        /// How long a finished prediction can be read and replayed.
        package var retention: Nanoseconds = .seconds(300)
        /// How many finished predictions can be read and replayed.
        package var retainedPredictions = 10_000

        package init() {}
    }

    /// How event streams are kept alive and cut off.
    package struct Streaming: Sendable, Equatable {
        /// Silence on a stream after which a heartbeat is sent; nil: none is.
        package var heartbeat: Nanoseconds? = .seconds(15)
        /// How long a reader may leave unread what was written to it last.
        package var writeTimeout: Nanoseconds = .seconds(30)
        /// A reader behind by more than ``windowBytes`` is kept while it is behind by no more events than this.
        package var windowEvents = 1024
        /// How far an attached reader may be behind before it loses events.
        package var windowBytes = 8 << 20
        /// How long a worker's pipe may be left unread, per prediction in all, for a reader that is about to be
        /// overrun; 0: never.
        package var patience: Nanoseconds = .seconds(1)
        /// How long a prediction started by PUT goes on without a reader.
        package var putDisconnectGrace: Nanoseconds = .seconds(30)
        /// How long a prediction started by POST goes on without a reader.
        package var postDisconnectGrace: Nanoseconds = 0

        package init() {}
    }

    /// How long a client may take.
    package struct HTTPTimeouts: Sendable, Equatable {
        /// Silence between two requests of a connection.
        package var idle: Nanoseconds = .seconds(75)
        /// From the first byte of a request's head to its last.
        package var head: Nanoseconds = .seconds(10)
        /// Time in which a request's body must make progress.
        package var body: Nanoseconds = .seconds(30)

        package init() {}
    }

    /// How clients are told of their predictions.
    package struct Webhooks: Sendable, Equatable {
        /// Time between two webhooks of one prediction, the last excepted; 0: each event is one.
        package var interval: Nanoseconds = .milliseconds(500)

        package init() {}
    }

    /// Where output files go.
    package struct Upload: Sendable, Equatable {
        /// The URL below which files are put; nil: they become part of the output.
        package var url: String?

        package init() {}
    }

    /// Who sends webhooks and uploads.
    package struct Delivery: Sendable, Equatable {
        /// Absolute path of the program; nil: it lies beside the server's own.
        package var agent: String?

        package init() {}
    }

    /// How the server ends.
    package struct Shutdown: Sendable, Equatable {
        /// How long predictions are taken on after SIGTERM; nil: it depends on who can reach the server.
        package var drainDelay: Nanoseconds?
        /// How long running predictions may take to finish.
        package var drainTimeout: Nanoseconds = .seconds(300)
        /// How long webhooks may take to be told the ends of predictions, after the last worker has ended.
        package var deliveryTimeout: Nanoseconds = .seconds(30)
        /// How long a worker may take to end after it was told to, where its deployment does not say; then it is
        /// killed.
        package var stopGrace: Nanoseconds = .seconds(10)
        /// SIGTERM is ignored, by the server and its workers.
        package var awaitsExplicit = false

        package init() {}
    }
}

extension Nanoseconds {
    /// `count` seconds.
    package static func seconds(_ count: UInt64) -> Nanoseconds { count * 1_000_000_000 }

    /// `count` milliseconds.
    package static func milliseconds(_ count: UInt64) -> Nanoseconds { count * 1_000_000 }
}
