/// What there is to say about a deployment with a `model`, beyond its single settings. Pure.
struct PythonModel {
    /// What a Cog model's directory has.
    static let cogFileName = "cog.yaml"
    /// How files with handlers of our own end.
    static let fileSuffix = ".py"

    /// Something wrong with one of the deployment's settings.
    struct Problem: Error {
        /// The setting's name: `model`.
        let setting: String
        let value: InvalidValue
    }

    /// Checks the model, and fills in what follows from it: working directory and Python.
    ///
    /// - Parameter python: the Python of models that name none.
    /// - Returns: all that is wrong.
    static func complete(
        _ deployment: inout DeploymentConfiguration, python: String?, in surroundings: Surroundings
    ) -> [Problem] {
        guard let model = deployment.model else { return [] }
        var problems: [Problem] = []
        deployment.workingDirectory = model
        switch surroundings.read(model) {
        case .missing:
            problems.append(Problem(setting: "model", value: InvalidValue("there is no \(model)")))
        case .failed(let reason) where !isFile(model):
            problems.append(Problem(setting: "model", value: InvalidValue("cannot read \(model): \(reason)")))
        case .directory:
            let names = deployment.predict ?? deployment.train
            if names == nil, case .missing = surroundings.read("\(model)/\(cogFileName)") {
                problems.append(
                    Problem(
                        setting: "model",
                        value: InvalidValue(
                            "there is no \(cogFileName) in \(model), and no `predict` says what to run",
                            hint: "name it as `predict`: FILE.py:CLASS")))
            }
        case .bytes, .failed:
            deployment.workingDirectory = PathText.directory(of: model)
            problems += problemsOfFile(deployment, model)
        }
        do throws(InvalidValue) {
            deployment.python = try PythonInterpreter.choose(
                deployment.python ?? python, for: deployment.workingDirectory, in: surroundings)
        } catch {
            problems.append(Problem(setting: "python", value: error))
        }
        return problems
    }

    /// Whether a path names a file with handlers rather than a directory or a configuration.
    static func isFile(_ path: String) -> Bool { path.hasSuffix(fileSuffix) }

    private static func problemsOfFile(_ deployment: DeploymentConfiguration, _ model: String) -> [Problem] {
        guard isFile(model) else {
            let value = InvalidValue("must be the directory of a model or a \(fileSuffix) file, not \(model)")
            return [Problem(setting: "model", value: value)]
        }
        return [("predict", deployment.predict), ("train", deployment.train)].compactMap { name, value in
            value == nil
                ? nil
                : Problem(
                    setting: name,
                    value: InvalidValue(
                        "is for the directory of a Cog model; \(model) is a file",
                        hint: "name the directory as `model`, or leave `\(name)` out"))
        }
    }

    // MARK: Names

    /// The name of a deployment for the model at `path`, made from its last part; `model` where that makes none.
    static func name(for path: String) -> String {
        var base = path.split(separator: "/").last.map(String.init) ?? ""
        if isFile(base) { base.removeLast(fileSuffix.count) }
        var name = base.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }[...]
        while name.first == "-" { name = name.dropFirst() }
        name = name.prefix(SettingType.maximumNameLength)
        while name.last == "-" { name = name.dropLast() }
        let isLegal = (try? SettingType.checkedDeploymentName(String(name))) != nil
        return isLegal ? String(name) : "model"
    }
}
