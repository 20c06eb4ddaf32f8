/// A model that is served without a configuration file: what would be in it comes from flags and Cog's variables.
extension ConfigurationLoader {
    /// The path of the only deployment's settings.
    private static let modelPath = "deployments[0]"

    /// Whether flags or environment say what to run.
    func namesModel(_ flags: [FlagValue]) -> Bool {
        Settings.model.contains { setting in
            guard ["predict", "train"].contains(setting.name) else { return false }
            return flags.contains { $0.name == setting.flag }
                || setting.variables.contains { !(surroundings.environment[$0.name] ?? "").isEmpty }
        }
    }

    /// Adds the deployment of the model at the absolute `path`.
    mutating func addModel(_ path: String, _ flags: [FlagValue]) {
        var deployment = DeploymentConfiguration(inheriting: configuration)
        deployment.name = PythonModel.name(for: path)
        deployment.model = path
        for name in ["name", "model"] { configuration.origins["\(Self.modelPath).\(name)"] = .argument(path) }
        // Cog has no limit where nobody sets one.
        if configuration.origins["load_timeout"] == nil { deployment.loadTimeout = nil }
        // One long call of Python would look like death.
        if configuration.origins[Settings.watchdogInterval] == nil { deployment.supervision.watchdog.interval = 0 }
        if !PythonModel.isFile(path) {
            let origins = Settings.readModelVariables(surroundings.environment, into: &deployment) { _ in true }
            for (name, origin) in origins { configuration.origins["\(Self.modelPath).\(name)"] = origin }
        }
        for flag in flags {
            guard let setting = Settings.model.first(where: { $0.flag == flag.name }) else { continue }
            do throws(InvalidValue) {
                setting.write(&deployment, try setting.type.parse(flag.value))
                configuration.origins["\(Self.modelPath).\(setting.name)"] = .flag(flag.name)
            } catch {
                diagnostics.append(Diagnostic(path: flag.name, error.message, hint: error.hint))
            }
        }
        for problem in PythonModel.complete(&deployment, python: configuration.python, in: surroundings) {
            diagnostics.append(
                Diagnostic(path: subject(of: problem), problem.value.message, hint: problem.value.hint))
        }
        deployment.settleDevices(saysWorkers: configuration.origins["\(Self.modelPath).workers"] != nil)
        for conflict in deployment.conflicts(in: surroundings) {
            let names = [conflict.setting] + conflict.others
            let origins = names.compactMap {
                configuration.origins["\(Self.modelPath).\($0)"] ?? configuration.origins[$0]
            }
            let subject = origins.lazy.compactMap { origin in
                switch origin {
                case .flag(let name), .environment(let name): name
                default: nil
                }
            }
            let message = subject.isEmpty ? conflict.message : "`\(conflict.setting)` \(conflict.message)"
            diagnostics.append(Diagnostic(path: subject.first ?? conflict.setting, message, hint: conflict.hint))
        }
        configuration.deployments = [deployment]
        if let origin = configuration.origins["python"] { configuration.origins["\(Self.modelPath).python"] = origin }
    }

    /// What a problem is about, in the words of whoever said it; nil where nobody has.
    private func subject(of problem: PythonModel.Problem) -> String? {
        switch configuration.origins["\(Self.modelPath).\(problem.setting)"] {
        case .flag(let name), .environment(let name): name
        default: problem.setting == "python" ? problem.setting : nil
        }
    }

    /// A configuration file says all of its deployments; a flag could mean any of them.
    mutating func refuseModelFlags(_ flags: [FlagValue], beside file: String) {
        for flag in flags {
            guard let setting = Settings.model.first(where: { $0.flag == flag.name }) else { continue }
            diagnostics.append(
                Diagnostic(
                    path: flag.name, "is for a model without a configuration, but \(file) names what to run",
                    hint: "set `\(setting.name)` of a deployment there"))
        }
    }

    /// Cog takes these and does nothing with them, so scripts have them.
    mutating func warnOfIgnoredFlags(_ flags: [FlagValue]) {
        for flag in flags where Arguments.ignoredFlags.contains(flag.name) {
            diagnostics.append(
                Diagnostic(
                    severity: .warning, path: flag.name, "has no effect, as in Cog",
                    hint: "how much runs at once is `concurrency` and `workers`"))
        }
    }
}
