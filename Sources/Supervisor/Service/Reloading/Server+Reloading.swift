import Engine
import EventLoop

/// Reads the configuration again while the server runs.
extension Server {
    /// Off the loop: the files may lie on a slow disk, and a Python may have to be looked for.
    func loadConfiguration() {
        let read = readConfiguration
        files.run({ read() }, deliver: { [weak self] in self?.loaded($0) })
    }

    private func loaded(_ outcome: ConfigurationLoader.Outcome) {
        guard let configuration = outcome.configuration else {
            let problems = outcome.diagnostics.filter { $0.severity == .error }.map(\.oneLine)
            return engineHandle(.configurationRefused(problems))
        }
        let difference = ConfigurationDifference(
            from: currentDeployments, startedWith: settings.configuration, to: configuration)
        if let problem = prepare(difference) { return engineHandle(.configurationRefused([problem])) }
        var plan = ReloadPlan()
        plan.removed = difference.removed.map(DeploymentIndex.init)
        plan.warnings = outcome.diagnostics.map(\.oneLine)
        if !difference.ignored.isEmpty {
            plan.warnings.append(
                "not changed before the next start of the server: \(difference.ignored.joined(separator: ", "))")
        }
        for change in difference.changed {
            let specification = settings.specification(of: change.deployment)
            plan.changed.append(
                ReloadPlan.Change(
                    DeploymentIndex(change.index), specification.settings,
                    generation: specifications[change.index].count, needsNewWorkers: change.needsNewWorkers))
            specifications[change.index].append(specification)
        }
        for deployment in difference.added {
            let specification = settings.specification(of: deployment)
            specifications.append([specification])
            plan.added.append(specification.settings)
        }
        engineHandle(.configurationLoaded(plan))
        let names = specifications.map { $0[0].settings.name }
        let byDefault = configuration.defaultDeployment.map { configuration.deployments[$0].name }
        handler.configurationChanged(
            deployments: names, defaultDeployment: byDefault.flatMap { engine.deployment(named: $0)?.value })
    }

    /// What each deployment is now: the version that was rolled out last and stayed.
    private var currentDeployments: [DeploymentConfiguration?] {
        engine.deployments.indices.map { index in
            engine.deployments[index].isRemoved
                ? nil : specifications[index][engine.deployments[index].generation].configured
        }
    }

    /// What the configuration itself cannot know: whether its processes can be had. The first Python model needs what runs
    /// it. Answers why not.
    private func prepare(_ difference: ConfigurationDifference) -> String? {
        let wanted = difference.added + difference.changed.map(\.deployment)
        for deployment in wanted {
            if let problem = settings.specification(of: deployment).optionsProblem {
                return "deployment \(deployment.name): \(problem)"
            }
        }
        guard wanted.contains(where: { $0.model != nil }) else { return nil }
        do throws(SystemError) {
            try state.unpack(.embedded)
            return nil
        } catch {
            return "the Python package cannot be unpacked into the state directory: \(error)"
        }
    }
}

extension Diagnostic {
    /// Head and hint in one line, for a log and an operator's answer.
    var oneLine: String {
        let head = description.split(separator: "\n").first.map(String.init) ?? message
        guard let hint, !hint.contains("\n") else { return head }
        return "\(head) (\(hint))"
    }
}
