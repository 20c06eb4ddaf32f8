import Glibc
import Service

/// The program: words to a command, a command to an exit code.
@main
enum Supervisor {
    static func main() {
        exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    private static func run(_ words: [String]) -> Int32 {
        // Before anything else is touched: it is to stay small, and it is no command for people.
        if words == [GuardProgram.command] { return GuardProgram.run() }
        let arguments: Arguments
        do throws(UsageError) {
            arguments = try Arguments.parse(words)
        } catch {
            Console.error("\(error)\n")
            return ExitCode.usage.rawValue
        }
        switch arguments {
        case .help(let topic, let isBrief):
            Console.output(HelpText.text(topic, isBrief: isBrief))
            return ExitCode.success.rawValue
        case .version:
            Console.output("supervisor \(ProgramVersion.text)\n")
            return ExitCode.success.rawValue
        case .validate(let path): return ValidateCommand.run(path: path)
        case .schema(let path, let flags): return SchemaCommand.run(path: path, flags: flags)
        case .control(let command):
            return ControlProgram(command, in: .ofProcess(), isTerminal: isatty(STDOUT_FILENO) == 1).run()
        case .serve(let path, let flags, let printsConfiguration):
            return ServeCommand.run(path: path, flags: flags, printsConfiguration: printsConfiguration)
        }
    }
}
