extension Settings {
    /// What can be set for one deployment, in the order in which documents show it. These have neither flag nor
    /// variable: a value given here is more particular than any server-wide one and wins over it.
    package static let deployment: [Setting<DeploymentConfiguration>] = [
        .text(
            \.name, .deploymentName,
            .init(
                "name", "First path segment of its routes. Required.",
                why: "only you know it", default: "none")),
        Setting(
            .init(
                "command",
                "The worker's program and its arguments, run without a shell. Required.",
                why: "only you know it", default: "none"),
            .command,
            read: { .texts($0.command) },
            write: { if case .texts(let value) = $1 { $0.command = value } }),
        .optionalText(
            \.handler,
            .init(
                "handler", "Which of the worker's handlers this deployment serves.",
                why: "most workers have one", default: "the only one")),
        .text(
            \.workingDirectory, .path,
            .init(
                "cwd", "The worker's working directory; a relative one counts from the folder of the file.",
                why: "a folder with its configuration can be moved as a whole",
                default: "the folder of the file")),
        Setting(
            .init(
                "env", "Variables set for the worker, over those of the supervisor.",
                why: "the worker inherits the rest", default: "none"),
            .environment,
            read: { .environment($0.environment) },
            write: { if case .environment(let value) = $1 { $0.environment = value } }),
        .integer(
            \.workers, 1...1024,
            .init(
                "workers", "How many worker processes run.",
                why: "one model fills one device")),
        .optionalInteger(
            \.concurrency, concurrencyRange,
            .init(
                "concurrency",
                "Runs a worker takes at once. More than the worker declares ends the server with exit code 78.",
                why: "the author of a worker knows how many it can run",
                default: "the server-wide `concurrency`, else what the worker declares")),
        .optionalBoolean(
            \.streaming,
            .init(
                "streaming",
                "Whether event streams are allowed. True where the worker declares false ends the server with exit "
                    + "code 78.",
                why: "the author of a worker knows", default: "what the worker declares")),
        .boolean(
            \.isDefault,
            .init(
                "default", "Whether routes without a prefix lead here.",
                why: "the only deployment is the default anyway")),
        .optionalDuration(
            \.loadTimeout, loadTimeoutRange,
            .init(
                "load_timeout", "Time a worker has from its start, or from its last report of progress, to readiness.",
                why: "weights differ in size", default: "the server-wide `load_timeout`")),
        .duration(
            \.stopGrace, stopGraceRange,
            .init(
                "stop_grace",
                "How long a worker may take to end: half of it after it was asked, half after SIGTERM; then it is "
                    + "killed.",
                why: "some have more to put away", default: "the server-wide `shutdown.stop_grace`")),
        .bytes(
            \.outputLimit, outputRange,
            .init(
                "limits.output", "Largest final output of a prediction.",
                why: "outputs differ in size", default: "the server-wide `limits.output`")),
        .bytes(
            \.logLimit, logRange,
            .init(
                "limits.logs", "Log text kept for a prediction.",
                why: "some talk more", default: "the server-wide `limits.logs`")),
        .bytes(
            \.appendMetricLimit, logRange,
            .init(
                "limits.append_metrics", "Bytes of the values of `append` metrics kept for a prediction.",
                why: "some measure more", default: "the server-wide `limits.append_metrics`")),
    ]
}
