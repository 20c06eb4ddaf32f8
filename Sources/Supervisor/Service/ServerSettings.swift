import Engine
import EventLoop
import HTTP
import SSE

/// The configuration in the words of the parts that it is for.
package struct ServerSettings {
    /// How a deployment's workers are started.
    struct Deployment {
        let settings: DeploymentSettings
        let configured: DeploymentConfiguration
        /// Of the server's own environment what workers may have.
        fileprivate let inherited: [String: String]
        /// Of a Python model, which has no place in its command; else nil.
        fileprivate let pythonCommand: [String]?
        let workingDirectory: String
        /// What its processes are to the kernel.
        let options: SpawnOptions
        /// Why that cannot be had; nil: it can.
        let optionsProblem: String?

        /// The command of the worker in a place, from 0.
        func command(place: Int) -> [String] {
            pythonCommand ?? WorkerPlace(place, of: configured).command(configured.command)
        }

        /// Its whole environment; of two variables with one name the later one counts.
        func environment(place: Int) -> [(name: String, value: String)] {
            var configured = configured
            configured.environment = WorkerPlace(place, of: configured).environment(over: configured.environment)
            if pythonCommand != nil { return PythonCommand.environment(of: configured, inheriting: inherited) }
            return inherited.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
                + configured.environment.map { (name: $0.name, value: $0.value) }
        }
    }

    /// Where the file goes that says whether the server is ready; nil: nowhere.
    package let readinessFile: String?
    /// SIGTERM means nothing, to the server and to its workers.
    let ignoresTermination: Bool

    /// Nanoseconds for which a server that balancers can know of goes on accepting after SIGTERM where nobody says: they ask
    /// every few seconds whether it is ready, and send requests until they have heard.
    private static let balancerDelay: UInt64 = 5_000_000_000
    /// Nanoseconds for predictions that were told to cancel at the end of the drain.
    private static let cancelGrace: UInt64 = 5_000_000_000
    /// Nanoseconds that stand for "no load time-out": 100 years.
    private static let never: UInt64 = 100 * 365 * 86_400 * 1_000_000_000

    /// How processes are kept.
    let custody: CustodySettings
    let configuration: Configuration
    let deployments: [Deployment]
    let defaultDeployment: Int?
    let http: HTTPLimits
    let connectionLimit: Int
    /// Nanoseconds for which a client may take nothing of what is queued for it.
    let writeTimeout: UInt64
    /// The program that sends webhooks and uploads, or why there is none.
    let deliveryAgent: DeliveryAgentProgram
    /// The environment that it gets: the token for webhooks is there.
    let environment: [(name: String, value: String)]
    /// The server's own, with what is told to it alone.
    let processEnvironment: [String: String]

    /// - Parameter environment: the server's own, which workers inherit where nothing else is said.
    package init(_ configuration: Configuration, environment: [String: String]) {
        self.configuration = configuration
        defaultDeployment = configuration.defaultDeployment
        connectionLimit = configuration.limits.connections
        writeTimeout = configuration.streaming.writeTimeout
        deliveryAgent = DeliveryAgentProgram(configuration.delivery.agent)
        self.environment = InheritedEnvironment.forDelivery(environment).sorted { $0.key < $1.key }
            .map { (name: $0.key, value: $0.value) }
        processEnvironment = environment
        var http = HTTPLimits()
        http.bodyBytes = configuration.limits.requestBody
        http.idleTimeout = configuration.http.idle
        http.headTimeout = configuration.http.head
        http.bodyProgressInterval = configuration.http.body
        self.http = http
        let isInCluster = environment[ReadinessFile.clusterVariable].map { !$0.isEmpty } ?? false
        readinessFile = configuration.readinessFile ?? (isInCluster ? ReadinessFile.cogPath : nil)
        ignoresTermination = configuration.shutdown.awaitsExplicit
        custody = CustodySettings(configuration)
        let root = configuration.stateDirectory
        deployments = configuration.deployments.map { ServerSettings.deployment($0, environment, stateDirectory: root) }
    }

    /// How the workers of a deployment are started that was not there at the start, or was another one.
    func specification(of configured: DeploymentConfiguration) -> Deployment {
        ServerSettings.deployment(configured, processEnvironment, stateDirectory: configuration.stateDirectory)
    }

    private static func deployment(
        _ configured: DeploymentConfiguration, _ environment: [String: String], stateDirectory: String
    ) -> Deployment {
        var settings = DeploymentSettings(
            name: configured.name, handler: configured.handler, workers: configured.workers,
            // A Python worker has been told and declares what it makes of it.
            concurrency: configured.model == nil ? configured.concurrency : nil, streaming: configured.streaming,
            loadTimeout: configured.loadTimeout ?? never, stopGrace: configured.stopGrace,
            limits: PredictionLimits(
                output: configured.outputLimit, logs: configured.logLimit, metrics: configured.appendMetricLimit))
        settings.supervision = configured.supervision
        // The interpreter's lock can hold up its heartbeat, not the processor time that it uses meanwhile.
        settings.supervision.watchdog.trustsProcessorTime = configured.model != nil
        var pythonCommand: [String]?
        if configured.model != nil, let python = configured.python {
            let directory = StateDirectory.place(of: .embedded, in: stateDirectory)
            pythonCommand = PythonCommand.arguments(python: python, directory: directory)
        }
        let options = SpawnOptions.of(configured.process)
        return Deployment(
            settings: settings, configured: configured, inherited: InheritedEnvironment.forWorkers(environment),
            pythonCommand: pythonCommand, workingDirectory: configured.workingDirectory, options: options.value,
            optionsProblem: options.problem)
    }

    /// - Parameter isReachable: other machines can send requests, and their balancers learn late that the server goes.
    func engine(spool: String, isReachable: Bool) -> EngineSettings {
        let (limits, history, streaming) = (configuration.limits, configuration.history, configuration.streaming)
        var settings = EngineSettings(
            deployments: deployments.map(\.settings),
            streams: StreamSettings(
                history: HistoryLimits(events: history.events, bytes: history.bytes),
                window: LiveWindow(events: streaming.windowEvents, bytes: streaming.windowBytes)),
            retention: PredictionRegistry.Retention(
                age: history.retention, count: history.retainedPredictions, bytes: history.totalBytes),
            pendingCancellations: PendingCancellations.Limits(
                count: limits.pendingCancellations, age: limits.pendingCancellationAge),
            drain: DrainSequence.Times(
                delay: configuration.shutdown.drainDelay ?? (isReachable ? ServerSettings.balancerDelay : 0),
                finish: configuration.shutdown.drainTimeout,
                cancel: ServerSettings.cancelGrace, deliver: configuration.shutdown.deliveryTimeout),
            frameLimit: limits.frame, inlineLimit: limits.inlinePayload, patience: streaming.patience,
            heartbeat: streaming.heartbeat ?? 0, writeTimeout: streaming.writeTimeout,
            idempotentGrace: streaming.putDisconnectGrace, attachedGrace: streaming.postDisconnectGrace,
            readersPerPrediction: limits.subscribersPerPrediction, readersInAll: limits.subscribers,
            spoolDirectory: spool)
        settings.loads.host = configuration.maximumLoads
        settings.loads.device = configuration.loadsPerDevice
        settings.delivery = DeliverySettings(
            throttle: configuration.webhooks.interval,
            uploadURL: configuration.upload.url.flatMap { DeliveryURL($0) })
        return settings
    }
}
