/// Makes the configuration out of file, environment and flags and reports every problem at once.
///
/// Pure: files and environment come in through ``Surroundings``.
package struct ConfigurationLoader {
    /// The name of the configuration file in a directory.
    package static let fileName = "supervisor.json"

    /// What came out of loading.
    package struct Outcome: Sendable {
        /// What is in force; nil when there is an error among ``diagnostics``.
        package let configuration: Configuration?
        /// All problems: those of the file in its order, then environment, then flags.
        package let diagnostics: [Diagnostic]

        /// What the program ends with when there is no configuration. When only flags are wrong, it is the command line
        /// that is.
        package var exitCode: ExitCode {
            guard configuration == nil else { return .success }
            let errors = diagnostics.filter { $0.severity == .error }
            return errors.allSatisfy { $0.path?.hasPrefix("--") ?? false } ? .usage : .configuration
        }
    }

    /// What there is to serve.
    private enum Source {
        /// What a configuration file names.
        case document(ConfigurationDocument)
        /// The Cog model in a directory, or a .py file; absolute.
        case model(String)
        /// Nothing; that has been said.
        case nothing
    }

    let surroundings: Surroundings
    /// There is no configuration file, but a model.
    private var servesModel = false
    var configuration = Configuration()
    var diagnostics: [Diagnostic] = []

    private init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
    }

    /// Loads what `supervisor serve` needs.
    ///
    /// - Parameters:
    ///   - path: A configuration, a .py file with handlers, a directory with a `supervisor.json` or a Cog model, or nil
    ///     for the current directory.
    ///   - flags: Settings from the command line, in their order; of a flag that takes one value the last counts.
    package static func load(path: String?, flags: [FlagValue] = [], in surroundings: Surroundings) -> Outcome {
        var loader = ConfigurationLoader(surroundings)
        let source = loader.findSource(path, flags)
        if case .model = source { loader.servesModel = true }
        loader.configuration.stateDirectory = surroundings.defaultStateDirectory
        if case .document(let document) = source { loader.applyFile(document) }
        loader.applyEnvironment()
        loader.applyFlags(flags)
        loader.warnOfIgnoredFlags(flags)
        loader.checkServerWide()
        switch source {
        case .document(let document): loader.applyDeployments(document, flags)
        case .model(let path): loader.addModel(path, flags)
        case .nothing: break
        }
        let hasError = loader.diagnostics.contains { $0.severity == .error }
        return Outcome(configuration: hasError ? nil : loader.configuration, diagnostics: loader.sortedDiagnostics)
    }

    /// What has a place by its place, then the rest as it was found.
    private var sortedDiagnostics: [Diagnostic] {
        let placed = diagnostics.filter { $0.place != nil }.enumerated().sorted { left, right in
            let leftKey = (left.element.line ?? 0, left.element.column ?? 0, left.offset)
            return leftKey < (right.element.line ?? 0, right.element.column ?? 0, right.offset)
        }
        return placed.map(\.element) + diagnostics.filter { $0.place == nil }
    }

    // MARK: The file

    private mutating func findSource(_ path: String?, _ flags: [FlagValue]) -> Source {
        let named = path ?? "."
        let absolute = PathText.absolute(named, in: surroundings.workingDirectory)
        switch surroundings.read(absolute) {
        case .directory: return findSource(inDirectory: named, absolute, flags)
        case .bytes where PythonModel.isFile(absolute): return .model(absolute)
        case .bytes(let bytes): return parse(bytes, of: named)
        case .missing:
            diagnostics.append(Diagnostic("there is no configuration: looked for \(absolute)", hint: Self.example))
        case .failed(let reason):
            diagnostics.append(Diagnostic("cannot read \(absolute): \(reason)"))
        }
        return .nothing
    }

    /// A configuration wins over a Cog model, since somebody has written it for this program.
    private mutating func findSource(
        inDirectory named: String, _ absolute: String, _ flags: [FlagValue]
    ) -> Source {
        let file = named == "." ? Self.fileName : "\(named.hasSuffix("/") ? named : named + "/")\(Self.fileName)"
        let path = PathText.absolute(file, in: surroundings.workingDirectory)
        switch surroundings.read(path) {
        case .bytes(let bytes): return parse(bytes, of: file)
        case .missing: break
        case .directory:
            diagnostics.append(Diagnostic("\(path) is a directory; a file is needed", hint: Self.example))
            return .nothing
        case .failed(let reason):
            diagnostics.append(Diagnostic("cannot read \(path): \(reason)"))
            return .nothing
        }
        if namesModel(flags) { return .model(absolute) }
        switch surroundings.read("\(absolute)/\(PythonModel.cogFileName)") {
        case .missing:
            diagnostics.append(
                Diagnostic(
                    "there is nothing to serve in \(absolute): no \(Self.fileName), no \(PythonModel.cogFileName), and "
                        + "no --predict",
                    hint: Self.threeWays))
            return .nothing
        default: return .model(absolute)
        }
    }

    private mutating func parse(_ bytes: [UInt8], of file: String) -> Source {
        do throws(DiagnosticError) {
            return .document(try ConfigurationDocument(file: file, bytes: bytes))
        } catch {
            diagnostics.append(error.diagnostic)
            return .nothing
        }
    }

    /// What to write when there is nothing yet.
    static let example = """
        a configuration names the worker to run, for example:
        {
          "deployments": [{
            "name": "echo",
            "command": ["python3", "worker.py"]
          }]
        }
        """

    /// What a directory can have to be served.
    static let threeWays = """
        one of three says what to run:
        supervisor.json  {"deployments": [{"name": "echo", "command": ["python3", "worker.py"]}]}
        cog.yaml         run: "predict.py:Predictor"
        --predict        supervisor serve DIR --predict predict.py:Predictor
        (a file with handlers is named itself: supervisor serve worker.py)
        """

    private mutating func applyFile(_ document: ConfigurationDocument) {
        let directory = PathText.directory(of: PathText.absolute(document.file, in: surroundings.workingDirectory))
        var reader = SettingReader(
            document: document, settings: Settings.all, others: ["deployments", "$schema"], directory: directory)
        reader.read(document.root, path: "")
        reader.apply(to: &configuration)
        configuration.origins = reader.origins
        diagnostics += reader.diagnostics
    }

    private mutating func applyDeployments(_ document: ConfigurationDocument, _ flags: [FlagValue]) {
        let directory = PathText.directory(of: PathText.absolute(document.file, in: surroundings.workingDirectory))
        var reader = DeploymentReader(document: document, directory: directory, in: surroundings)
        reader.read(into: &configuration)
        diagnostics += reader.diagnostics
        refuseModelFlags(flags, beside: document.file)
    }

    // MARK: Environment and flags

    private mutating func applyEnvironment() {
        for setting in Settings.all {
            guard let variable = setting.variables.first(where: { surroundings.environment[$0.name] != nil }),
                let text = surroundings.environment[variable.name], !text.isEmpty || variable.isTolerant
            else { continue }
            do throws(InvalidValue) {
                let value = try setting.type.parse(text, form: variable.form)
                set(
                    setting, try setting.type.absolute(value, in: surroundings.workingDirectory),
                    from: .environment(variable.name))
            } catch {
                report(error, of: variable, text, for: setting)
            }
        }
        warnOfMisspeltVariables()
    }

    private mutating func report(
        _ error: InvalidValue, of variable: SettingVariable, _ text: String, for setting: Setting<Configuration>
    ) {
        guard variable.isTolerant else {
            diagnostics.append(Diagnostic(path: variable.name, error.message, hint: error.hint))
            return
        }
        let source = configuration.origins[setting.name].map { "from \($0)" } ?? "the default"
        // A model has no such limit where nobody sets one.
        let hasNone = servesModel && setting.name == "load_timeout" && configuration.origins[setting.name] == nil
        let value = hasNone ? "none" : setting.defaultText ?? setting.read(configuration).text
        diagnostics.append(
            Diagnostic(
                severity: .warning, path: variable.name,
                "\(Self.expectation(of: setting.type, variable)), not `\(SettingType.shortened(text))`; "
                    + "using \(value) (\(source))",
                hint: error.hint))
    }

    private static func expectation(of type: SettingType, _ variable: SettingVariable) -> String {
        switch (variable.form, type) {
        case (.wholeSeconds, _): "must be a number of whole seconds up to a day (0 = no limit)"
        default: "must be \(type.noun)"
        }
    }

    /// A misspelt variable is silently without effect unless somebody says so. Others may own names with our prefix
    /// (another process manager does), so only near misses are told.
    private mutating func warnOfMisspeltVariables() {
        let known = Set(Settings.all.flatMap { $0.variables.map(\.name) }).union(Self.foreignVariables)
        for name in surroundings.environment.keys.sorted() where name.hasPrefix("SUPERVISOR_") && !known.contains(name)
        {
            let nearest = known.sorted().first {
                NearestName.distance(from: Array(name.utf8), to: Array($0.utf8)) <= Self.misspelling
            }
            guard let nearest else { continue }
            diagnostics.append(
                Diagnostic(
                    severity: .warning, path: name, "no such variable; ignored", hint: "did you mean `\(nearest)`?"))
        }
    }

    /// How many letters may be wrong in a variable's name for it to count as misspelt.
    private static let misspelling = 2

    /// Names with our prefix that mean something else: what a worker inherits, and what the process manager `supervisord`
    /// sets for its children.
    private static let foreignVariables: Set<String> = [
        "SUPERVISOR_WORKER_PIPES", "SUPERVISOR_WORKER_MARK", WorkerPlace.indexVariable, PythonCommand.modelVariable,
        PythonCommand.modeVariable, "SUPERVISOR_ENABLED",
        "SUPERVISOR_PROCESS_NAME", "SUPERVISOR_GROUP_NAME",
        "SUPERVISOR_SERVER_URL",
    ]

    private mutating func applyFlags(_ flags: [FlagValue]) {
        // Several of one flag add up.
        var addresses: [String: [ListenAddress]] = [:]
        for flag in flags {
            // Those of a model are read with it.
            guard let setting = Settings.all.first(where: { $0.flag == flag.name }) else { continue }
            do throws(InvalidValue) {
                var value = try setting.type.absolute(
                    try setting.type.parse(flag.value), in: surroundings.workingDirectory)
                if case .addresses(let more) = value {
                    addresses[flag.name, default: []] += more
                    value = .addresses(addresses[flag.name] ?? [])
                }
                set(setting, value, from: .flag(flag.name))
            } catch {
                diagnostics.append(Diagnostic(path: flag.name, error.message, hint: error.hint))
            }
        }
    }

    private mutating func set(_ setting: Setting<Configuration>, _ value: SettingValue, from origin: Origin) {
        setting.write(&configuration, value)
        configuration.origins[setting.name] = origin
    }

    // MARK: What no single value shows

    private mutating func checkServerWide() {
        chooseListenAddresses()
        checkAdmin()
        let limits = configuration.limits
        if limits.inlinePayload > limits.frame, !hasProblem(with: ["limits.inline_payload", "limits.frame"]) {
            diagnostics.append(
                Diagnostic(
                    path: "limits.inline_payload",
                    "\(Quantity.text(bytes: limits.inlinePayload)) (\(origin(of: "limits.inline_payload"))) is more "
                        + "than `limits.frame`, \(Quantity.text(bytes: limits.frame)) (\(origin(of: "limits.frame")))",
                    hint: "a payload that goes inline must fit into a frame"))
        }
    }

    private mutating func checkAdmin() {
        let admin = configuration.admin
        guard !admin.listen.isEmpty, admin.tokenFile == nil, !hasProblem(with: ["admin.token_file"]) else { return }
        diagnostics.append(
            Diagnostic(
                path: "admin.listen", "needs a token (\(origin(of: "admin.listen")))",
                hint: "name a file with one in `admin.token_file`, or use the control socket, which needs none"))
    }

    /// Whether something was said about one of these settings already, under any of their names.
    private func hasProblem(with settings: [String]) -> Bool {
        let names = Settings.all.filter { settings.contains($0.name) }.flatMap { setting in
            [setting.name, setting.flag ?? setting.name] + setting.variables.map(\.name)
        }
        return diagnostics.contains { $0.path.map(names.contains) ?? false }
    }

    private func origin(of name: String) -> Origin { configuration.origins[name] ?? .default }

    /// Of `listen` on the one hand and host and port on the other, the stronger origin counts.
    private mutating func chooseListenAddresses() {
        let listen = origin(of: "listen")
        guard let other = ["host", "port"].max(by: { origin(of: $0).rank < origin(of: $1).rank }) else { return }
        let otherOrigin = origin(of: other)
        if listen != .default, otherOrigin.rank == listen.rank {
            // A platform sets PORT for everybody, so beside a variable of ours it does not count as a contradiction.
            if case .environment = listen { return }
            diagnostics.append(
                Diagnostic(
                    path: "listen", "cannot be combined with `\(other)` (\(listen) and \(otherOrigin))",
                    hint: "name every address in `listen`"))
        } else if otherOrigin.rank > listen.rank {
            configuration.listen = []
            configuration.origins["listen"] = nil
        }
        let addresses = configuration.listenAddresses
        for (index, address) in addresses.enumerated() where addresses[..<index].contains(address) {
            if case .tcp(_, port: 0) = address { continue }
            diagnostics.append(Diagnostic(path: "listen", "names \(address) twice"))
        }
    }
}
