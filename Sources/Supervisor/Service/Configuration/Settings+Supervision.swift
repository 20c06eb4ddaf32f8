import Engine

/// How workers are kept. Each of these settings is there twice: server-wide, with flag and variable, and for one
/// deployment, where the server-wide value is the default.
extension Settings {
    /// For which of the two a table is made.
    enum Scope {
        case server
        case deployment

        /// Flag and variable follow from the name, so that nobody has to look them up: `restart.max_backoff` is
        /// `--restart-max-backoff` and `SUPERVISOR_RESTART_MAX_BACKOFF`.
        func describe<Root>(
            _ name: String, _ summary: String, why reason: String, default defaultText: String? = nil
        ) -> Setting<Root>.Description {
            let words = name.split { $0 == "." || $0 == "_" }
            guard self == .server else {
                return .init(
                    name, summary, why: "one rule for all is enough for most", default: "the server-wide `\(name)`")
            }
            return .init(
                name, flag: "--\(words.joined(separator: "-"))",
                from: [.own("SUPERVISOR_\(words.joined(separator: "_").uppercased())")], summary, why: reason,
                default: defaultText)
        }
    }

    /// All of them.
    static func inherited<Root: SupervisedConfiguration>(_ scope: Scope) -> [Setting<Root>] {
        restarting(scope) + watching(scope) + recycling(scope) + retrying(scope) + processes(scope)
    }

    /// Longest wait that can be asked for where a longer one would only hide that nothing happens.
    private static let hour: Nanoseconds = .seconds(3600)
    private static let day: Nanoseconds = .seconds(86_400)
    /// More failures, tries or workers than anybody wants.
    private static let many = 1024
    private static let exitCodes = 0...255
    /// The largest memory that can be asked for: 16 TiB.
    private static let memory = 0...1 << 44
    /// Below it, heartbeats and waits cost more than they tell.
    private static let tick: Nanoseconds = .milliseconds(10)

    static func restarting<Root: SupervisedConfiguration>(_ scope: Scope) -> [Setting<Root>] {
        [
            Setting(
                scope.describe(
                    "restart.policy",
                    "When a worker that ended is followed by another: `always`; `on_failure`, not after the reason `ok`; "
                        + "`never`. One that an operator, a recycling or a reload has ended is not meant.",
                    why: "a place without a worker serves nobody"),
                .choice(RestartSettings.Policy.allCases.map(\.rawValue), aliases: [:]),
                read: { .text($0.supervision.restart.policy.rawValue) },
                write: { root, value in
                    guard case .text(let word) = value, let policy = RestartSettings.Policy(rawValue: word) else {
                        return
                    }
                    root.supervision.restart.policy = policy
                }),
            Setting(
                scope.describe(
                    "restart.exit_codes_ok", "Exit codes that are no failure: the reason is `ok`.",
                    why: "what programs end with when all is well"),
                .integers(exitCodes),
                read: { .integers($0.supervision.restart.successCodes.map(Int.init).sorted()) },
                write: {
                    if case .integers(let codes) = $1 {
                        $0.supervision.restart.successCodes = Set(codes.map(Int32.init))
                    }
                }),
            Setting(
                scope.describe(
                    "restart.exit_codes_fatal",
                    "Exit codes after which starting again would not help: the deployment is `failed` at once, without "
                        + "probes.",
                    why: "EX_CONFIG of sysexits.h"),
                .integers(exitCodes),
                read: { .integers($0.supervision.restart.fatalCodes.map(Int.init).sorted()) },
                write: {
                    if case .integers(let codes) = $1 { $0.supervision.restart.fatalCodes = Set(codes.map(Int32.init)) }
                }),
            .duration(
                \.supervision.restart.backoff, tick...hour,
                scope.describe(
                    "restart.backoff",
                    "The wait before a worker is started again is drawn from 0 to this; with each further failure of its "
                        + "place the upper end doubles.",
                    why:
                        "short enough for a single crash; drawn, so that workers that died together do not load together"
                )),
            .duration(
                \.supervision.restart.maximumBackoff, tick...day,
                scope.describe(
                    "restart.max_backoff", "Above it the upper end of that wait does not grow.",
                    why: "an operator who has mended something sees it within a minute")),
            .duration(
                \.supervision.restart.immediateAfter, 0...day,
                scope.describe(
                    "restart.immediate_after",
                    "A worker that had been ready for longer than this is started again without a wait, the first time.",
                    why: "what worked for ten seconds does not fail at once again, as a rule")),
            .duration(
                \.supervision.restart.steadyAfter, 0...day,
                scope.describe(
                    "restart.steady_after",
                    "Earlier failures do not lengthen the wait any more when a worker has been ready for so long, or has "
                        + "served a prediction.",
                    why: "as long as `restart.window`: none of its failures counts any more")),
            .integer(
                \.supervision.restart.maximumFailures, 0...many,
                scope.describe(
                    "restart.max_failures",
                    "More failures than this within `restart.window`, of all workers of a deployment together, make it "
                        + "`failed`. Other deployments go on.",
                    why: "one is an accident, five are a pattern")),
            .duration(
                \.supervision.restart.window, .seconds(1)...day,
                scope.describe(
                    "restart.window", "The time that failures are counted over.",
                    why: "with the waits between them, five failures in a row fit into it")),
            .optionalZero(
                \.supervision.restart.probeInterval, .seconds(1)...day,
                scope.describe(
                    "restart.probe_interval",
                    "A `failed` deployment tries one worker after so long, again and again; when that one is ready, the "
                        + "others follow. 0: it waits for `supervisor reset`.",
                    why: "what it depends on may be back, and a try every five minutes harms nobody")),
        ]
    }

    /// Python models have another default, so somebody asks for it by name.
    static let watchdogInterval = "watchdog.interval"

    static func watching<Root: SupervisedConfiguration>(_ scope: Scope) -> [Setting<Root>] {
        [
            .optionalZero(
                \.supervision.watchdog.interval, .milliseconds(100)...hour,
                scope.describe(
                    watchdogInterval,
                    "A ready worker that gave no sign of life for so long is ended with the reason `watchdog`. Signs are "
                        + "heartbeats and all other frames; for a Python model also processor time that it used. Not "
                        + "while it loads.",
                    why:
                        "longer than any pause of a healthy process; a Python model is off, since one long call without "
                        + "the interpreter's lock looks like death",
                    default: "30s; off for a `model` where nobody has set it")),
            .duration(
                \.supervision.watchdog.abortGrace, 0 ... .seconds(600),
                scope.describe(
                    "watchdog.abort_grace",
                    "Time between SIGQUIT, at which a worker's library prints the stacks of all threads, and SIGKILL, for "
                        + "a worker that hangs.",
                    why: "long enough to print stacks, short beside the interval")),
            .optionalZero(
                \.supervision.watchdog.stallTimeout, .milliseconds(100)...day,
                scope.describe(
                    "stall_timeout",
                    "A prediction whose run sends nothing, no output, log or metric, for so long is stalled: its worker is "
                        + "ended with the reason `watchdog`.",
                    why: "how long a model may be silent is known to its author only")),
            .optionalZero(
                \.supervision.cancel.grace, tick...hour,
                scope.describe(
                    "cancel_grace",
                    "How long a run that was cancelled may go on before its worker is made to end it: first by SIGUSR1, if "
                        + "the worker takes that, then by SIGTERM, then by SIGKILL. 0: for ever.",
                    why: "a handler that looks between two tokens has ended long before")),
            .duration(
                \.supervision.cancel.signalGrace, 0...hour,
                scope.describe(
                    "cancel_signal_grace", "How long such a run may go on after SIGUSR1.",
                    why: "as long as after the cancel itself")),
        ]
    }

    static func recycling<Root: SupervisedConfiguration>(_ scope: Scope) -> [Setting<Root>] {
        [
            .integer(
                \.supervision.recycle.maximumRuns, 0...1_000_000_000,
                scope.describe(
                    "recycle.max_requests", "A worker that has run so many predictions is replaced; 0 = never.",
                    why: "a remedy for leaks, which most workers do not have")),
            .integer(
                \.supervision.recycle.runJitter, 0...1_000_000_000,
                scope.describe(
                    "recycle.max_requests_jitter",
                    "Each worker's number is drawn from `recycle.max_requests` minus this to plus this.",
                    why: "there is nothing to shift; that workers do not go together is seen to by "
                        + "`recycle.max_unavailable`")),
            .optionalZero(
                \.supervision.recycle.maximumAge, .seconds(1) ... .seconds(365 * 86_400),
                scope.describe(
                    "recycle.max_age", "A worker that has been ready for so long is replaced.",
                    why: "a remedy for leaks, which most workers do not have")),
            .bytes64(
                \.supervision.recycle.softMemory, memory,
                scope.describe(
                    "recycle.max_memory",
                    "A worker that holds more resident memory than this, its descendants included, is replaced after its "
                        + "runs; 0 = never.",
                    why: "what a model needs is known to its author only")),
            .bytes64(
                \.supervision.recycle.hardMemory, memory,
                scope.describe(
                    "memory_limit",
                    "A worker that holds more resident memory than this, its descendants included, is ended at once with "
                        + "the reason `memory`, and its predictions fail; 0 = no limit. It is looked at every five seconds: "
                        + "no replacement for a cgroup.",
                    why: "what a model needs is known to its author only")),
            .integer(
                \.supervision.recycle.maximumUnavailable, 1...many,
                scope.describe(
                    "recycle.max_unavailable", "So many workers of a deployment are being replaced at a time, at most.",
                    why: "the others serve meanwhile")),
            .integer(
                \.supervision.recycle.surge, 0...many,
                scope.describe(
                    "recycle.surge",
                    "So many workers may run beyond `workers` while one is replaced, so that the new one is ready before "
                        + "the old one goes. 0 = the old one goes first: where memory has room for no more.",
                    why: "nobody waits for a replacement, and only one more model has to fit into memory")),
        ]
    }

    static func retrying<Root: SupervisedConfiguration>(_ scope: Scope) -> [Setting<Root>] {
        [
            Setting(
                scope.describe(
                    "retry.when",
                    "When a prediction whose worker was lost is run again: `before_start`, as long as the worker had not "
                        + "begun it; `before_first_output`, as long as nothing came of it, for handlers that may run "
                        + "twice; `never`. Not after an error of the handler, a cancel, or an end for want of memory.",
                    why: "it cannot have had an effect"),
                .choice(RetrySettings.Window.allCases.map(\.rawValue), aliases: [:]),
                read: { .text($0.supervision.retry.window.rawValue) },
                write: { root, value in
                    guard case .text(let word) = value, let window = RetrySettings.Window(rawValue: word) else {
                        return
                    }
                    root.supervision.retry.window = window
                }),
            .integer(
                \.supervision.retry.attempts, 1...10,
                scope.describe(
                    "retry.attempts", "How often a prediction is run in all.",
                    why: "an input that kills workers shall not kill all of them")),
            .duration(
                \.supervision.retry.backoff, 0 ... .seconds(60),
                scope.describe(
                    "retry.backoff",
                    "The wait before it is run again is drawn from 0 to this; with each further try the upper end doubles.",
                    why: "too short for a person to notice")),
            .duration(
                \.supervision.retry.maximumBackoff, 0 ... .seconds(600),
                scope.describe(
                    "retry.max_backoff", "Above it that upper end does not grow.", why: "a client is waiting")),
            .duration(
                \.supervision.retry.patience, 0...hour,
                scope.describe(
                    "retry.patience", "How long it then waits for a worker that can run it; after that it fails.",
                    why: "time for a small model to load; longer than that, clients have gone")),
            Setting(
                scope.describe(
                    "retry.rate", "Retries of a deployment per second that its budget gains.",
                    why: "far below what healthy traffic needs, so that retries cannot become the load"),
                .decimal(0...1000),
                read: { .decimal($0.supervision.retry.budgetRate) },
                write: { if case .decimal(let rate) = $1 { $0.supervision.retry.budgetRate = rate } }),
            .integer(
                \.supervision.retry.budgetBurst, 0...100_000,
                scope.describe(
                    "retry.burst",
                    "The most retries that the budget holds; when it is empty, predictions fail with what happened to their "
                        + "worker. 0 = no limit.",
                    why: "the runs of one worker, not those of all")),
        ]
    }
}

extension Setting {
    /// A duration of which 0 means that there is none, in the file as well as in the value.
    static func optionalZero(
        _ key: WritableKeyPath<Root, Nanoseconds> & Sendable, _ range: ClosedRange<Nanoseconds>,
        _ description: Description
    ) -> Setting {
        Setting(description, .duration(range, zeroIsOff: true)) {
            .duration($0[keyPath: key])
        } write: {
            if case .duration(let value) = $1 { $0[keyPath: key] = value }
        }
    }

    /// A size that the engine counts in 64 bits.
    static func bytes64(
        _ key: WritableKeyPath<Root, UInt64> & Sendable, _ range: ClosedRange<Int>, _ description: Description
    ) -> Setting {
        Setting(description, .bytes(range)) {
            .bytes(Int($0[keyPath: key]))
        } write: {
            if case .bytes(let value) = $1 { $0[keyPath: key] = UInt64(value) }
        }
    }
}
