/// Reads the list of deployments, after all server-wide settings are known, from which they inherit.
struct DeploymentReader {
    private let document: ConfigurationDocument
    private let directory: String
    private let surroundings: Surroundings
    private(set) var diagnostics: [Diagnostic] = []
    /// Where each name was first given.
    private var names: [String: Diagnostic.Place] = [:]
    /// Whether there is one deployment, so that the environment can mean no other.
    private var isOnly = false
    /// Where a deployment was first marked as default.
    private var firstDefault: Diagnostic.Place?

    /// - Parameter directory: The file's directory, from which relative paths count.
    init(document: ConfigurationDocument, directory: String, in surroundings: Surroundings) {
        self.document = document
        self.directory = directory
        self.surroundings = surroundings
    }

    /// Adds the deployments of the file to `configuration`.
    mutating func read(into configuration: inout Configuration) {
        // A root that is no object, and a list given twice, have been reported with the server-wide settings.
        guard case .object(let members) = document.root.content else { return }
        guard let list = members.first(where: { $0.key == "deployments" }) else {
            report(
                document.root.range.lowerBound..<document.root.range.lowerBound + 1, nil, "`deployments` is missing",
                Self.hint)
            return
        }
        guard case .list(let nodes) = list.value.content else {
            report(list.value.range, "deployments", "must be a list of objects, not \(list.value.kind)", Self.hint)
            return
        }
        if nodes.isEmpty { report(list.value.range, "deployments", "must not be empty", Self.hint) }
        isOnly = nodes.count == 1
        for (index, node) in nodes.enumerated() {
            read(node, path: "deployments[\(index)]", into: &configuration)
        }
    }

    private static let hint = "write \"deployments\": [{\"name\": \"NAME\", \"command\": [\"PROGRAM\"]}]"

    private mutating func read(_ node: ConfigurationNode, path: String, into configuration: inout Configuration) {
        var reader = SettingReader(document: document, settings: Settings.deployment, others: [], directory: directory)
        reader.read(node, path: path)
        var deployment = DeploymentConfiguration(inheriting: configuration)
        deployment.workingDirectory = directory
        reader.apply(to: &deployment)
        configuration.origins.merge(reader.origins) { first, _ in first }
        diagnostics += reader.diagnostics
        guard case .object(let members) = node.content else { return }
        let start = node.range.lowerBound..<node.range.lowerBound + 1
        if !reader.mentions("name", in: node) { report(start, path, "`name` is missing", nil) }
        if !reader.mentions("command", in: node), !reader.mentions("model", in: node) {
            report(start, path, "`command` or `model` is missing", nil)
        }
        checkModel(&deployment, members, path: path, of: &configuration)
        checkConflicts(&deployment, node, path: path, of: configuration)
        checkName(deployment, members, path: path)
        checkDefault(deployment, members, path: path)
        configuration.deployments.append(deployment)
    }

    /// What goes with a `model`, and what goes only with one.
    private mutating func checkModel(
        _ deployment: inout DeploymentConfiguration, _ members: [ConfigurationMember], path: String,
        of configuration: inout Configuration
    ) {
        let model = members.first { $0.key == "model" }
        let others = model == nil ? ["predict", "train", "mode", "python"] : ["command", "cwd"]
        for member in members where others.contains(member.key) {
            let reason = model == nil ? "is only for a deployment with a `model`" : "cannot be combined with `model`"
            report(member.keyRange, "\(path).\(member.key)", reason, nil)
        }
        guard let model, deployment.model != nil else { return }
        if !members.contains(where: { $0.key == "load_timeout" }), configuration.origins["load_timeout"] == nil {
            deployment.loadTimeout = nil
        }
        let watchdog = Settings.watchdogInterval
        if configuration.origins["\(path).\(watchdog)"] == nil, configuration.origins[watchdog] == nil {
            deployment.supervision.watchdog.interval = 0
        }
        if isOnly, !PythonModel.isFile(deployment.model ?? "") {
            let origins = Settings.readModelVariables(surroundings.environment, into: &deployment) { name in
                !members.contains { $0.key == name }
            }
            for (name, origin) in origins { configuration.origins["\(path).\(name)"] = origin }
        }
        for problem in PythonModel.complete(&deployment, python: configuration.python, in: surroundings) {
            let member = members.first { $0.key == problem.setting } ?? model
            report(member.value.range, "\(path).\(problem.setting)", problem.value.message, problem.value.hint)
        }
    }

    /// What no single value shows. A value that could not be read has been reported, and would only be blamed twice.
    private mutating func checkConflicts(
        _ deployment: inout DeploymentConfiguration, _ node: ConfigurationNode, path: String,
        of configuration: Configuration
    ) {
        let start = node.range.lowerBound..<node.range.lowerBound + 1
        deployment.settleDevices(saysWorkers: configuration.origins["\(path).workers"] != nil)
        for conflict in deployment.conflicts(in: surroundings) {
            let names = [conflict.setting] + conflict.others
            guard !diagnostics.contains(where: { problem in names.contains { problem.path == "\(path).\($0)" } }) else {
                continue
            }
            // Where the blamed one is inherited, its partner may stand here.
            let range = names.lazy.compactMap { node.range(of: $0) }.first
            var message = conflict.message
            if configuration.origins["\(path).\(conflict.setting)"] == nil,
                let origin = configuration.origins[conflict.setting]
            {
                message += " (`\(conflict.setting)` comes from \(origin))"
            }
            report(range ?? start, "\(path).\(conflict.setting)", message, conflict.hint)
        }
    }

    private mutating func checkName(
        _ deployment: DeploymentConfiguration, _ members: [ConfigurationMember], path: String
    ) {
        guard !deployment.name.isEmpty, let member = members.first(where: { $0.key == "name" }) else { return }
        let place = document.place(of: member.value.range)
        if let first = names[deployment.name] {
            report(
                member.value.range, "\(path).name",
                "`\(deployment.name)` is taken; it is first given on line \(first.line)",
                nil)
        } else {
            names[deployment.name] = place
        }
    }

    private mutating func checkDefault(
        _ deployment: DeploymentConfiguration, _ members: [ConfigurationMember], path: String
    ) {
        guard deployment.isDefault, let member = members.first(where: { $0.key == "default" }) else { return }
        if let firstDefault {
            report(
                member.value.range, "\(path).default",
                "only one deployment can be the default; another is marked on line \(firstDefault.line)", nil)
        } else {
            firstDefault = document.place(of: member.value.range)
        }
    }

    private mutating func report(_ range: Range<Int>, _ path: String?, _ message: String, _ hint: String?) {
        diagnostics.append(Diagnostic(path: path, at: document.place(of: range), message, hint: hint))
    }
}
