import Engine
import Service
import Testing

/// How workers are kept: what can be said server-wide, what deployments inherit, and what does not go together.
@Suite struct SupervisionSettingsTests {
    private static let all = """
        {
          "restart": {"policy": "on_failure", "exit_codes_ok": [0, 3], "exit_codes_fatal": [78, 4], "backoff": "1s",
            "max_backoff": "20s", "immediate_after": "5s", "steady_after": "30s", "max_failures": 2, "window": "10s",
            "probe_interval": 0},
          "watchdog": {"interval": "4s", "abort_grace": "1s"},
          "stall_timeout": "9s", "cancel_grace": 0, "cancel_signal_grace": "2s",
          "recycle": {"max_requests": 100, "max_requests_jitter": 10, "max_age": "1h", "max_memory": "1GiB",
            "max_unavailable": 2, "surge": 0},
          "memory_limit": "2GiB",
          "retry": {"when": "before_first_output", "attempts": 3, "backoff": "100ms", "max_backoff": "1s",
            "patience": "5s", "rate": 0.5, "burst": 0},
          "on_worker_loss": "exit", "umask": "027", "nice": 5, "cpus": "0-2,5",
          "rlimits": {"nofile": 4096, "core": "unlimited", "data": "1MiB"},
          "deployments": [
            {"name": "a", "command": ["x"]},
            {"name": "b", "command": ["y"], "restart": {"max_failures": 7, "policy": "never"}, "watchdog": {"interval": "30s"},
             "memory_limit": 0, "recycle": {"max_memory": 0}, "retry": {"rate": 2}, "nice": 1, "min_ready": 2,
             "workers": 3, "required": false, "group": "ranks"}
          ]
        }
        """

    @Test func deploymentsInheritWhatTheyDoNotSay() throws {
        let configuration = try Loading.configuration(Self.all)
        var expected = SupervisionSettings()
        expected.restart.policy = .onFailure
        expected.restart.successCodes = [0, 3]
        expected.restart.fatalCodes = [78, 4]
        expected.restart.backoff = .seconds(1)
        expected.restart.maximumBackoff = .seconds(20)
        expected.restart.immediateAfter = .seconds(5)
        expected.restart.steadyAfter = .seconds(30)
        expected.restart.maximumFailures = 2
        expected.restart.window = .seconds(10)
        expected.restart.probeInterval = 0
        expected.watchdog.interval = .seconds(4)
        expected.watchdog.abortGrace = .seconds(1)
        expected.watchdog.stallTimeout = .seconds(9)
        expected.cancel.grace = 0
        expected.cancel.signalGrace = .seconds(2)
        expected.recycle.maximumRuns = 100
        expected.recycle.runJitter = 10
        expected.recycle.maximumAge = .seconds(3600)
        expected.recycle.softMemory = 1 << 30
        expected.recycle.hardMemory = 2 << 30
        expected.recycle.maximumUnavailable = 2
        expected.recycle.surge = 0
        expected.retry.window = .beforeFirstOutput
        expected.retry.attempts = 3
        expected.retry.backoff = .milliseconds(100)
        expected.retry.maximumBackoff = .seconds(1)
        expected.retry.patience = .seconds(5)
        expected.retry.budgetRate = 0.5
        expected.retry.budgetBurst = 0
        expected.endsServerOnLoss = true
        #expect(configuration.supervision == expected)
        #expect(configuration.deployments[0].supervision == expected)

        expected.restart.maximumFailures = 7
        expected.restart.policy = .never
        expected.watchdog.interval = .seconds(30)
        expected.recycle.softMemory = 0
        expected.recycle.hardMemory = 0
        expected.retry.budgetRate = 2
        expected.minimumReady = 2
        expected.isRequired = false
        expected.group = "ranks"
        #expect(configuration.deployments[1].supervision == expected)

        let process = configuration.deployments[0].process
        #expect(process.fileModeMask == 0o027)
        #expect(process.niceness == 5)
        #expect(process.processorNumbers == [0, 1, 2, 5])
        #expect(process.limits.map(\.name) == [.openFiles, .core, .data])
        #expect(process.limits.map(\.value) == [4096, nil, 1 << 20])
        #expect(configuration.deployments[1].process.niceness == 1)
    }

    @Test func effectiveValuesCanBeReadBack() throws {
        var first = try Loading.configuration(Self.all)
        var second = try Loading.configuration(EffectiveConfiguration.text(first))
        first.origins = [:]
        second.origins = [:]
        // Named in full there.
        second.listen = []
        #expect(first == second)
    }

    @Test func flagsAndVariablesSetDefaults() throws {
        let configuration = try Loading.configuration(
            environment: [
                "SUPERVISOR_RESTART_EXIT_CODES_OK": "0,2", "SUPERVISOR_RETRY_RATE": "0.25", "SUPERVISOR_NICE": "3",
            ],
            flags: [
                "--restart-max-backoff=5s", "--rlimits=core=0,nofile=100", "--cgroup=sub", "--max-concurrent-loads=4",
                "--loads-per-device=2", "--drain-delay=0", "--watchdog-interval=0",
            ])
        let deployment = configuration.deployments[0]
        #expect(deployment.supervision.restart.successCodes == [0, 2])
        #expect(deployment.supervision.restart.maximumBackoff == .seconds(5))
        #expect(deployment.supervision.retry.budgetRate == 0.25)
        #expect(deployment.supervision.watchdog.interval == 0)
        #expect(deployment.process.niceness == 3)
        #expect(deployment.process.limits.map(\.text) == ["0", "100"])
        #expect(configuration.controlGroup == "/etc/models/sub")
        #expect(configuration.maximumLoads == 4)
        #expect(configuration.loadsPerDevice == 2)
        #expect(configuration.shutdown.drainDelay == 0)
    }

    /// The table has each of them twice, and both write to the same place.
    @Test func inheritedNamesAreServerWideNames() {
        let serverWide = Set(Settings.all.map(\.name))
        for name in ["restart.policy", "stall_timeout", "recycle.surge", "retry.when", "on_worker_loss", "user"] {
            #expect(serverWide.contains(name))
            #expect(Settings.deployment.contains { $0.name == name })
        }
        // What describes one pool means nothing server-wide.
        for name in ["devices", "workers_per_device", "min_ready", "required", "group", "env"] {
            #expect(!serverWide.contains(name))
        }
    }

    @Test func devicesSayHowManyWorkersThereAre() throws {
        let rows: [(String, workers: Int)] = [
            (#""devices": ["0", "1"]"#, 2), (#""devices": ["0", "1"], "workers_per_device": 3"#, 6),
            (#""devices": ["0", "1"], "workers": 4"#, 4), (#""workers": 4"#, 4),
            (#""devices": ["MIG-1/2/3", "GPU-af"], "workers": 2, "workers_per_device": 1"#, 2),
        ]
        for (text, workers) in rows {
            #expect(try Loading.configuration(Self.deployment(text)).deployments[0].workers == workers, "\(text)")
        }
    }

    /// Each with the place that is blamed and a remedy.
    @Test(arguments: [
        (#""min_ready": 3, "workers": 2"#, 1, "min_ready", "is 3, but there are 2 workers"),
        (#""recycle": {"max_requests": 5, "max_requests_jitter": 6}"#, 1, "recycle.max_requests_jitter", "is 6, but"),
        (#""recycle": {"max_requests_jitter": 6}"#, 1, "recycle.max_requests_jitter", "there is no `recycle.max_req"),
        (#""devices": ["0", "1"], "workers": 3"#, 1, "workers", "is 3, but 2 `devices` × 1 `workers_per_device` = 2"),
        (#""workers_per_device": 2"#, 1, "workers_per_device", "is 2, but there are no `devices`"),
        (#""devices": ["0", "0"]"#, 1, "devices", "names `0` twice"),
        (#""env": {"A": "{device}"}"#, 1, "env.A", "has `{device}`, but there are no `devices`"),
        (#""env": {"A": "x{port}"}"#, 1, "env.A", "has `{port}`, but there is no `port`"),
        (#""env": {"A": "{indx}"}"#, 1, "env.A", "has `{indx}`, and there is no such word"),
        (#""port": 65535, "workers": 2"#, 1, "port", "need ports up to 65536"),
        (#""memory_limit": "1GiB", "recycle": {"max_memory": "2GiB"}"#, 1, "memory_limit", "is 1GiB, less than"),
        (#""restart": {"backoff": "2m"}"#, 1, "restart.backoff", "is 2m, more than `restart.max_backoff`, 1m"),
        (#""retry": {"backoff": "3s"}"#, 1, "retry.backoff", "is 3s, more than `retry.max_backoff`, 2s"),
        (#""restart": {"exit_codes_ok": [0, 78]}"#, 1, "restart.exit_codes_fatal", "has 78, and so has"),
        (#""user": "nobody""#, 1, "user", "is `nobody`, but only a server of root"),
        (#""restart": {"exit_codes_ok": [256]}"#, 1, "restart.exit_codes_ok[0]", "must be a list of whole numbers"),
        (#""restart": {"policy": "sometimes"}"#, 1, "restart.policy", "must be one of always, on_failure, never"),
        (#""umask": "08""#, 1, "umask", "must be up to four octal digits"),
        (#""cpus": "3-1""#, 1, "cpus", "must be numbers of processors"),
        (#""rlimits": {"nofil": 1}"#, 1, "rlimits.nofil", "there is no such limit: `nofil`"),
        (#""rlimits": {"nofile": "many"}"#, 1, "rlimits.nofile", "must be a number, a size or `unlimited`"),
        (#""retry": {"rate": -1}"#, 1, "retry.rate", "must be a number from 0 to 1000"),
        (#""restart": {"backof": "1s"}"#, 1, "restart.backof", "there is no such key"),
    ])
    func conflictsAreTold(text: String, line: Int, setting: String, message: String) throws {
        let outcome = Loading.load(Self.deployment(text))
        let problem = try #require(outcome.diagnostics.first, "\(text)")
        #expect(outcome.diagnostics.count == 1, "\(outcome.lines)")
        #expect(outcome.configuration == nil)
        #expect(problem.line == line)
        #expect(problem.path == "deployments[0].\(setting)")
        #expect(problem.message.contains(message), "\(problem.message)")
        #expect(problem.hint != nil || problem.message.hasPrefix("must be") || problem.message.hasPrefix("names"))
    }

    @Test func inheritedConflictNamesWhereItComesFrom() {
        let outcome = Loading.load(environment: [
            "SUPERVISOR_MEMORY_LIMIT": "1KiB", "SUPERVISOR_RECYCLE_MAX_MEMORY": "1MiB",
        ])
        #expect(outcome.diagnostics.count == 1)
        #expect(outcome.lines[0].contains("(`memory_limit` comes from env SUPERVISOR_MEMORY_LIMIT)"))
    }

    @Test func devicesBeyondWhatTheServerMaySeeAreRefused() {
        let file = Self.deployment(#""devices": ["2", "3"]"#)
        #expect(Loading.load(file, environment: ["CUDA_VISIBLE_DEVICES": "2,3"]).diagnostics.isEmpty)
        let outcome = Loading.load(file, environment: ["CUDA_VISIBLE_DEVICES": "3"])
        #expect(outcome.lines.count == 1)
        #expect(
            outcome.lines.first?.contains("names `2`, but CUDA_VISIBLE_DEVICES lets the server have 3 only") == true)
    }

    private static func deployment(_ text: String) -> String {
        #"{"deployments": [{"name": "echo", "command": ["worker"], \#(text)}]}"#
    }
}
