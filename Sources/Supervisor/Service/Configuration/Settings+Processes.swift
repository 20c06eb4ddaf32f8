import Engine

extension Settings {
    /// What worker processes are to the kernel.
    static func processes<Root: SupervisedConfiguration>(_ scope: Scope) -> [Setting<Root>] {
        [
            Setting(
                scope.describe(
                    "on_worker_loss",
                    "What the loss of a ready worker means: `degrade`, the others serve on; `exit`, the server ends in "
                        + "order with exit code \(SupervisionSettings.lossExitCode), for platforms that rather start a whole pod again.",
                    why: "a new worker is cheaper than a new server"),
                .choice(WorkerLoss.allCases.map(\.rawValue), aliases: [:]),
                read: { .text(($0.supervision.endsServerOnLoss ? WorkerLoss.exit : .degrade).rawValue) },
                write: {
                    if case .text(let word) = $1 { $0.supervision.endsServerOnLoss = word == WorkerLoss.exit.rawValue }
                }),
            .optionalText(
                \.process.mask, .mask,
                scope.describe(
                    "umask", "Which rights files do not get that workers make.", why: "nobody knows better",
                    default: "that of the server")),
            .optionalInteger(
                \.process.niceness, -20...19,
                scope.describe(
                    "nice",
                    "With what niceness workers run, from -20, which goes first, to 19. Below that of the server needs a "
                        + "privilege.",
                    why: "nobody knows better", default: "that of the server")),
            .optionalText(
                \.process.processors, .processors,
                scope.describe(
                    "cpus", "On which processors workers run.", why: "the kernel spreads load better than most lists",
                    default: "all that the server may use")),
            Setting(
                scope.describe(
                    "rlimits", "Limits of the kernel for each worker process, soft and hard at once.",
                    why: "nobody knows better", default: "those of the server"),
                .limits,
                read: { $0.process.limits.isEmpty ? .none : .limits($0.process.limits) },
                write: { if case .limits(let limits) = $1 { $0.process.limits = limits } }),
            .optionalText(
                \.process.user, .text,
                scope.describe(
                    "user",
                    "As whom workers run: USER or USER:GROUP, names or numbers. Only a server of root can do that.",
                    why: "there is no other without root", default: "that of the server")),
        ]
    }

    /// What concerns the workers of all deployments together.
    static let host: [Setting<Configuration>] = [
        .integer(
            \.maximumLoads, 1...1024,
            .init(
                "max_concurrent_loads", flag: "--max-concurrent-loads", from: [.own("SUPERVISOR_MAX_CONCURRENT_LOADS")],
                "So many workers load at a time; others wait as `queued`.",
                why: "one reads while another computes; more fight for disk and memory until all are late")),
        .integer(
            \.loadsPerDevice, 1...1024,
            .init(
                "loads_per_device", flag: "--loads-per-device", from: [.own("SUPERVISOR_LOADS_PER_DEVICE")],
                "So many workers that share a device load at a time.",
                why: "memory of a device is claimed while a model loads, and two claims at once may fail both")),
        Setting(
            .init(
                "cgroup", flag: "--cgroup", from: [.own("SUPERVISOR_CGROUP")],
                "Control group (version 2) below which each worker gets one of its own, by which all that it started is "
                    + "found and ended: `auto`, the server's own where it may write there; `off`; or a path.",
                why: "used where a container or service manager has handed one down, and not missed elsewhere"),
            .wordOrPath(["auto", "off"]),
            read: { .text($0.controlGroup) },
            write: { if case .text(let value) = $1 { $0.controlGroup = value } }),
        .optionalText(
            \.memoryEvents, .path,
            .init(
                "memory_events", flag: "--memory-events", from: [.own("SUPERVISOR_MEMORY_EVENTS")],
                "File whose line `oom_kill N` counts what the kernel killed for want of memory; one that grew tells why a "
                    + "worker got SIGKILL.",
                why: "the nearest count is the surest",
                default: "`memory.events` of the control group of the worker or the server, else `/proc/vmstat`")),
    ]
}

/// What the loss of a worker means to the server.
enum WorkerLoss: String, CaseIterable {
    case degrade
    case exit
}
