/// How the workers of a Python model are started.
package enum PythonCommand {
    /// Tells a worker where its model is: a directory, or a .py file.
    static let modelVariable = "SUPERVISOR_MODEL"
    /// Tells a worker whether to predict or to train.
    static let modeVariable = "SUPERVISOR_MODE"
    /// Cog's variables, with Cog's meaning.
    static let predictVariable = "COG_PREDICT_TYPE_STUB"
    static let trainVariable = "COG_TRAIN_TYPE_STUB"
    static let concurrencyVariable = "COG_MAX_CONCURRENCY"
    private static let pathVariable = "PATH"

    /// The command line: the program as text, so that, as in Cog, `sys.argv` is `["-c"]` and the working directory the
    /// first place where modules are looked for. The package is the last place: it hides none of the model's modules.
    ///
    /// - Parameter directory: the folder that the package was unpacked into.
    package static func arguments(python: String, directory: String) -> [String] {
        // Python 2 has no `fsdecode`; it too is to be told by the package which Python is needed.
        let program =
            "import os,sys;sys.path.append(getattr(os,'fsdecode',str)(\(literal(directory))));"
            + "from \(PythonPackage.name).bootstrap import main;main()"
        return [python, "-c", program]
    }

    /// The command line that prints the schema of the Cog model in the working directory. That directory is not looked
    /// into for modules: nothing of the model is run.
    static func schemaArguments(python: String, directory: String, operands: [String]) -> [String] {
        let program =
            "import os,runpy,sys;sys.version_info>=(3,10) or sys.exit('supervisor schema needs Python 3.10 or newer; "
            + "%s is %d.%d'%((sys.executable,)+sys.version_info[:2]));sys.path[0:1]=[];sys.path.append(os.fsdecode(\(literal(directory))));"
            + "runpy.run_module('\(PythonPackage.name).schema',run_name='__main__',alter_sys=True)"
        return [python, "-c", program] + operands
    }

    /// The worker's environment; of two variables with one name the later one counts.
    ///
    /// - Parameter inherited: the server's own. What it says of a model has become part of the deployment, so it must not
    ///   reach one that it is not about.
    package static func environment(
        of deployment: DeploymentConfiguration, inheriting inherited: [String: String]
    ) -> [(name: String, value: String)] {
        let own = [predictVariable, trainVariable, modelVariable, modeVariable]
        var result = inherited.filter { !own.contains($0.key) }.sorted { $0.key < $1.key }
            .map { (name: $0.key, value: $0.value) }
        if let python = deployment.python {
            result.append((pathVariable, path(inherited[pathVariable], before: python)))
        }
        if let model = deployment.model { result.append((modelVariable, model)) }
        result.append((modeVariable, deployment.mode.rawValue))
        if let predict = deployment.predict { result.append((predictVariable, predict)) }
        if let train = deployment.train { result.append((trainVariable, train)) }
        if let concurrency = deployment.concurrency { result.append((concurrencyVariable, String(concurrency))) }
        return result + deployment.environment.map { (name: $0.name, value: $0.value) }
    }

    /// PATH as in an activated virtual environment: programs that came with the model's packages are found by their name,
    /// and `python` is the one that runs the model.
    private static func path(_ inherited: String?, before python: String) -> String {
        let folder = PathText.directory(of: python)
        let path = inherited ?? Surroundings.defaultSearchPath
        return path.split(separator: ":").contains(folder[...]) ? path : "\(folder):\(path)"
    }

    /// A literal of bytes: a path is not always text, and must not end the literal.
    private static func literal(_ path: String) -> String {
        let digits = Array("0123456789abcdef")
        return path.utf8.reduce(into: "b'") { text, byte in
            let isPlain = byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "'") && byte != UInt8(ascii: "\\")
            text += isPlain ? String(UnicodeScalar(byte)) : "\\x\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        } + "'"
    }
}
