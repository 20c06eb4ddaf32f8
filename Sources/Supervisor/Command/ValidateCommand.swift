import Service

/// `supervisor validate FILE`: every problem of a configuration, in the form of a compiler's.
enum ValidateCommand {
    static func run(path: String?) -> Int32 {
        let outcome = ConfigurationLoader.load(path: path, in: .ofProcess())
        for diagnostic in outcome.diagnostics { Console.error("\(diagnostic)\n") }
        if let configuration = outcome.configuration {
            let names = configuration.deployments.map(\.name).joined(separator: ", ")
            Console.output("ok: \(configuration.deployments.count) deployment(s): \(names)\n")
        }
        return outcome.exitCode.rawValue
    }
}
