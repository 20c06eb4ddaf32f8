extension Settings {
    /// Settings of a deployment that can be given for a model without a configuration file.
    package static let model = deployment.filter { $0.flag != nil }

    /// Takes what Cog's images say of their model in the environment.
    ///
    /// - Parameter isOpen: whether a setting may be changed: nothing stronger was said.
    /// - Returns: where each value comes from that was taken, by its setting's name.
    static func readModelVariables(
        _ environment: [String: String], into deployment: inout DeploymentConfiguration,
        where isOpen: (_ name: String) -> Bool
    ) -> [String: Origin] {
        var origins: [String: Origin] = [:]
        for setting in model where isOpen(setting.name) {
            guard let variable = setting.variables.first, let text = environment[variable.name], !text.isEmpty,
                let value = try? setting.type.parse(text)
            else { continue }
            setting.write(&deployment, value)
            origins[setting.name] = .environment(variable.name)
        }
        return origins
    }

    /// What can be set for one deployment, in the order in which documents show it. A value given here is more particular
    /// than any server-wide one and wins over it. Flags and variables are only for a model without a configuration file,
    /// and variables for the model that is the only deployment of one.
    package static let deployment: [Setting<DeploymentConfiguration>] = ownOfDeployment + inherited(.deployment)

    /// Those that are not there server-wide by the same name, or with a word of their own.
    static let ownOfDeployment: [Setting<DeploymentConfiguration>] = [
        .text(
            \.name, .deploymentName,
            .init(
                "name", "First path segment of its routes. Required.",
                why: "only you know it", default: "none")),
        Setting(
            .init(
                "command",
                "The worker's program and its arguments, run without a shell. Required, unless there is `model`.",
                why: "only you know it", default: "none"),
            .command,
            read: { $0.command.isEmpty ? .none : .texts($0.command) },
            write: { if case .texts(let value) = $1 { $0.command = value } }),
        .optionalText(
            \.model, .path,
            .init(
                "model",
                "A model written in Python, instead of `command`: the directory of a Cog model, or a .py file with "
                    + "handlers. Workers run in its directory.",
                why: "only you know it", default: "none")),
        .optionalText(
            \.predict, .text,
            .init(
                "predict", flag: "--predict", from: [.cog("COG_PREDICT_TYPE_STUB")],
                "FILE:NAME of the class or function that predicts, such as `predict.py:Predictor`; over cog.yaml.",
                why: "a Cog model names it there", default: "`run` or `predict` of cog.yaml")),
        .optionalText(
            \.train, .text,
            .init(
                "train", flag: "--train", from: [.cog("COG_TRAIN_TYPE_STUB")],
                "FILE:NAME of the class or function that trains; over cog.yaml.",
                why: "a Cog model names it there", default: "`train` of cog.yaml")),
        Setting(
            .init(
                "mode", flag: "--x-mode", "Whether workers of a Cog model predict or train.",
                why: "a process has one of the two loaded, as in Cog", default: ModelMode.predict.rawValue),
            .choice(ModelMode.allCases.map(\.rawValue), aliases: [:]),
            read: { $0.model == nil ? .none : .text($0.mode.rawValue) },
            write: { if case .text(let word) = $1, let mode = ModelMode(rawValue: word) { $0.mode = mode } }),
        .optionalText(
            \.python, .program,
            .init(
                "python", "Python that runs the model: a path, or a name to look up in PATH.",
                why: "models of one host may need different ones", default: "the server-wide `python`")),
        .optionalText(
            \.handler, .text,
            .init(
                "handler", "Which of the worker's handlers this deployment serves.",
                why: "most workers have one", default: "the only one")),
        Setting(
            .init(
                "cwd",
                "The worker's working directory; a relative one counts from the folder of the file. Not with `model`.",
                why: "a folder with its configuration can be moved as a whole",
                default: "the folder of the file; of a `model`, its own"),
            .path,
            read: { $0.model == nil ? .text($0.workingDirectory) : .none },
            write: { if case .text(let value) = $1 { $0.workingDirectory = value } }),
        Setting(
            .init(
                "env",
                "Variables set for the worker, over those of the supervisor. In a value `{index}` is the worker's place, "
                    + "from 0, `{device}` its device and `{port}` its port; `{{index}` is the text itself.",
                why: "the worker inherits the rest", default: "none"),
            .environment,
            read: { .environment($0.environment) },
            write: { if case .environment(let value) = $1 { $0.environment = value } }),
        .integer(
            \.workers, 1...1024,
            .init(
                "workers", flag: "--workers", "How many worker processes run.",
                why: "one model fills one device")),
        Setting(
            .init(
                "devices", flag: "--devices",
                "Devices that workers take in turn, such as [\"0\", \"1\"]; a MIG id is one, too. A worker sees its own alone: "
                    + "\(WorkerPlace.deviceVariables.joined(separator: ", ")), unless `env` sets them.",
                why: "only you know which are free", default: "none: workers see all"),
            .names,
            read: { $0.supervision.devices.isEmpty ? .none : .texts($0.supervision.devices) },
            write: { if case .texts(let value) = $1 { $0.supervision.devices = value } }),
        .optionalInteger(
            \.workersPerDevice, 1...1024,
            .init(
                "workers_per_device", flag: "--workers-per-device",
                "How many workers share a device. Where `workers` is not given, it is this × `devices`.",
                why: "one model fills one device", default: "`workers` divided by `devices`, else 1")),
        .optionalInteger(
            \.firstPort, 1...65_535,
            .init(
                "port",
                "The port of the first worker, for `{port}` in `env` and `command`; each further worker has the next.",
                why: "workers need none to be served", default: "none")),
        .integer(
            \.supervision.minimumReady, 1...1024,
            .init(
                "min_ready", "So many workers must be ready for the deployment to be ready.",
                why: "with one worker it can serve")),
        .boolean(
            \.supervision.isRequired,
            .init(
                "required", "Whether the server is ready only when this deployment is.",
                why: "a balancer shall send nothing that cannot be answered")),
        .optionalText(
            \.supervision.group, .text,
            .init(
                "group",
                "Workers of all deployments that name the same group live and die together: when one ends, all are started "
                    + "again, and none gets predictions until all are ready.",
                why: "most workers do not depend on each other", default: "none")),
        .optionalInteger(
            \.concurrency, concurrencyRange,
            .init(
                "concurrency",
                "Runs a worker takes at once. More than the worker declares ends the server with exit code 78; a "
                    + "`model` is told, as COG_MAX_CONCURRENCY, and decides.",
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
                why: "weights differ in size",
                default: "the server-wide `load_timeout`; none for a `model` where nobody has set it")),
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
                "limits.append_metrics",
                "Bytes of the values of `append` metrics kept for a prediction, and as many of all others.",
                why: "some measure more", default: "the server-wide `limits.append_metrics`")),
    ]
}
