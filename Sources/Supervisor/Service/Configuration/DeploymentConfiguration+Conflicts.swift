import Engine

extension DeploymentConfiguration {
    /// Settles how many workers there are, where devices say it.
    ///
    /// - Parameter saysWorkers: somebody has given `workers`.
    mutating func settleDevices(saysWorkers: Bool) {
        let count = supervision.devices.count
        guard count > 0 else { return }
        if !saysWorkers {
            workers = count * (workersPerDevice ?? 1)
        } else if workersPerDevice == nil, workers % count == 0 {
            workersPerDevice = workers / count
        }
    }

    /// What does not go together, after ``settleDevices(saysWorkers:)``.
    func conflicts(in surroundings: Surroundings) -> [SettingConflict] {
        poolConflicts(in: surroundings) + templateConflicts + policyConflicts(in: surroundings)
    }

    private func poolConflicts(in surroundings: Surroundings) -> [SettingConflict] {
        var found: [SettingConflict] = []
        let devices = supervision.devices
        if devices.isEmpty, let workersPerDevice {
            found.append(
                SettingConflict(
                    "workers_per_device", "is \(workersPerDevice), but there are no `devices`",
                    hint: "name the devices, or say `workers`"))
        } else if !devices.isEmpty, workers != devices.count * (workersPerDevice ?? 1) {
            let wanted = devices.count * (workersPerDevice ?? 1)
            let product = "\(devices.count) `devices` × \(workersPerDevice ?? 1) `workers_per_device` = \(wanted)"
            found.append(
                SettingConflict(
                    "workers", with: ["devices", "workers_per_device"], "is \(workers), but \(product)",
                    hint: "leave `workers` out to have \(wanted)"))
        }
        if let visible = surroundings.environment[WorkerPlace.deviceVariables[0]], !visible.isEmpty,
            let hidden = devices.first(where: { !visible.split(separator: ",").contains($0[...]) })
        {
            found.append(
                SettingConflict(
                    "devices",
                    "names `\(hidden)`, but \(WorkerPlace.deviceVariables[0]) lets the server have \(visible) only",
                    hint: "name those, or start the server without the variable"))
        }
        if supervision.minimumReady > workers {
            found.append(
                SettingConflict(
                    "min_ready", with: ["workers", "devices"],
                    "is \(supervision.minimumReady), but there are \(workers) workers: the deployment could never be ready",
                    hint: "choose at most \(workers), or more `workers`"))
        }
        if let firstPort, firstPort + workers - 1 > Self.lastPort {
            found.append(
                SettingConflict(
                    "port", with: ["workers", "devices"],
                    "is \(firstPort), but \(workers) workers need ports up to \(firstPort + workers - 1)",
                    hint: "choose at most \(Self.lastPort + 1 - workers)"))
        }
        return found
    }

    private static let lastPort = 65_535

    private var templateConflicts: [SettingConflict] {
        var found: [SettingConflict] = []
        for entry in environment {
            let template = PlaceTemplate(entry.value, .anyWord)
            for word in template.unknown {
                let nearest = NearestName.of(word, among: PlaceTemplate.Word.allCases.map(\.rawValue))
                found.append(
                    SettingConflict(
                        "env.\(entry.name)", "has `{\(word)}`, and there is no such word",
                        hint: (nearest.map { "did you mean `{\($0)}`? " } ?? "")
                            + "a brace that means nothing is written twice: `{{\(word)}`"))
            }
            found += missing(template, "env.\(entry.name)")
        }
        for (index, word) in command.enumerated() {
            found += missing(PlaceTemplate(word, .knownWords), "command[\(index)]")
        }
        return found
    }

    private func missing(_ template: PlaceTemplate, _ setting: String) -> [SettingConflict] {
        if template.words.contains(.device), supervision.devices.isEmpty {
            return [
                SettingConflict(
                    setting, with: ["devices"], "has `{device}`, but there are no `devices`",
                    hint: "name them, or write `{{device}` for the text itself")
            ]
        }
        if template.words.contains(.port), firstPort == nil {
            return [
                SettingConflict(
                    setting, with: ["port"], "has `{port}`, but there is no `port`",
                    hint: "give the port of the first worker, or write `{{port}` for the text itself")
            ]
        }
        return []
    }

    private func policyConflicts(in surroundings: Surroundings) -> [SettingConflict] {
        var found: [SettingConflict] = []
        let (restart, recycle, retry) = (supervision.restart, supervision.recycle, supervision.retry)
        if restart.backoff > restart.maximumBackoff {
            found.append(above("restart.backoff", restart.backoff, "restart.max_backoff", restart.maximumBackoff))
        }
        if retry.backoff > retry.maximumBackoff {
            found.append(above("retry.backoff", retry.backoff, "retry.max_backoff", retry.maximumBackoff))
        }
        if let code = restart.fatalCodes.intersection(restart.successCodes).min() {
            found.append(
                SettingConflict(
                    "restart.exit_codes_fatal", with: ["restart.exit_codes_ok"],
                    "has \(code), and so has `restart.exit_codes_ok`", hint: "take it out of one of them"))
        }
        if recycle.runJitter > recycle.maximumRuns {
            let problem =
                recycle.maximumRuns == 0
                ? "there is no `recycle.max_requests`" : "`recycle.max_requests` is \(recycle.maximumRuns)"
            found.append(
                SettingConflict(
                    "recycle.max_requests_jitter", with: ["recycle.max_requests"],
                    "is \(recycle.runJitter), but \(problem)",
                    hint: "a worker's number is shifted by up to that, so it must not be more"))
        }
        if recycle.hardMemory > 0, recycle.hardMemory < recycle.softMemory {
            found.append(
                SettingConflict(
                    "memory_limit", with: ["recycle.max_memory"],
                    "is \(Quantity.text(bytes: Int(recycle.hardMemory))), less than `recycle.max_memory`, "
                        + Quantity.text(bytes: Int(recycle.softMemory)),
                    hint: "a worker would be ended before it could be replaced in order"))
        }
        if let user = process.user, surroundings.userID != 0 {
            found.append(
                SettingConflict(
                    "user", "is `\(user)`, but only a server of root can run workers as somebody else",
                    hint: "leave it out, or start the server as root"))
        }
        return found
    }

    private func above(
        _ name: String, _ value: Nanoseconds, _ limit: String, _ most: Nanoseconds
    ) -> SettingConflict {
        SettingConflict(
            name, with: [limit],
            "is \(Quantity.text(nanoseconds: value)), more than `\(limit)`, \(Quantity.text(nanoseconds: most))",
            hint: "raise `\(limit)` as well")
    }
}
