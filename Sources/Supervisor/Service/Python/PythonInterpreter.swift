/// Which Python runs a model. Pure: what lies where is asked of the surroundings.
enum PythonInterpreter {
    /// Where one is looked for, in words, for people.
    static let searchText = ".venv or venv in the model's directory, $VIRTUAL_ENV, python3 in PATH"

    /// Below the directory of a model, in the order of preference: the names that people give to virtual environments.
    private static let environments = [".venv/bin/python", "venv/bin/python"]
    private static let program = "python3"

    /// The absolute path of the Python for the model.
    ///
    /// - Parameters:
    ///   - wanted: what somebody has decided: an absolute path, or a name to look up in PATH.
    ///   - directory: the absolute path of the model's directory.
    static func choose(
        _ wanted: String?, for directory: String, in surroundings: Surroundings
    ) throws(InvalidValue) -> String {
        if let wanted { return try find(wanted, in: surroundings) }
        var places = environments.map { PathText.absolute($0, in: directory) }
        if let active = surroundings.environment["VIRTUAL_ENV"], !active.isEmpty {
            places.append(PathText.absolute("\(active)/bin/python", in: surroundings.workingDirectory))
        }
        if let found = places.first(where: surroundings.isExecutable) ?? search(program, in: surroundings) {
            return found
        }
        throw InvalidValue(
            "there is no Python: looked for \(places.joined(separator: ", ")) and \(program) in PATH", hint: remedy)
    }

    private static func find(_ wanted: String, in surroundings: Surroundings) throws(InvalidValue) -> String {
        if wanted.contains("/") {
            guard surroundings.isExecutable(wanted) else {
                throw InvalidValue("there is no program \(wanted)", hint: remedy)
            }
            return wanted
        }
        guard let found = search(wanted, in: surroundings) else {
            throw InvalidValue("there is no `\(wanted)` in PATH", hint: remedy)
        }
        return found
    }

    private static func search(_ name: String, in surroundings: Surroundings) -> String? {
        surroundings.searchPath.map { "\($0)/\(name)" }.first(where: surroundings.isExecutable)
    }

    private static let remedy = """
        install Python 3.10 or newer, or name the one that has the model's packages with --python;
        or give the model an environment of its own, which is then found:
        python3 -m venv DIR/.venv && DIR/.venv/bin/pip install cog
        """
}
