import Glibc
import Service

/// `supervisor serve [FILE|DIR]`: the main job.
enum ServeCommand {
    static func run(path: String?, flags: [FlagValue], printsConfiguration: Bool) -> Int32 {
        let surroundings = Surroundings.ofProcess()
        let outcome = ConfigurationLoader.load(path: path, flags: flags, in: surroundings)
        guard let configuration = outcome.configuration else {
            for diagnostic in outcome.diagnostics { Console.error("\(diagnostic)\n") }
            return outcome.exitCode.rawValue
        }
        if printsConfiguration {
            for diagnostic in outcome.diagnostics { Console.error("\(diagnostic)\n") }
            Console.output(EffectiveConfiguration.text(configuration))
            return ExitCode.success.rawValue
        }
        return Launcher.serve(
            configuration, environment: surroundings.environment, isTerminal: isatty(STDERR_FILENO) == 1,
            warnings: outcome.diagnostics.map(\.summary),
            readConfiguration: { ConfigurationLoader.load(path: path, flags: flags, in: surroundings) })
    }
}
