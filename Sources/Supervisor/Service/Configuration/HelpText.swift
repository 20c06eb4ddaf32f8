/// The help of the command line, made from the table of settings.
package enum HelpText {
    /// Columns of a terminal that nobody has widened.
    private static let width = 80
    /// Where descriptions begin.
    private static let indent = 10
    /// Where they begin in the brief form.
    private static let briefIndent = 38

    /// What to print, with its final newline.
    package static func text(_ topic: HelpTopic, isBrief: Bool = false) -> String {
        switch topic {
        case .program: program
        case .serve: serve(isBrief: isBrief)
        case .validate: validate
        case .schema: schema
        case .status, .logs, .events, .restart, .stop, .start, .scale, .drain, .reload, .reset: control(topic)
        case .version: "Print the version of the program.\n\nUsage: supervisor version\n"
        case .help: "Print help about a command.\n\nUsage: supervisor help [COMMAND]\n"
        }
    }

    private static var program: String {
        let commands = HelpTopic.allCases.compactMap { topic in
            topic.command.map { "  \(padded($0, to: indent))\(topic.summary)\n" }
        }
        return """
            \(HelpTopic.program.summary)

            Usage: supervisor COMMAND [OPTIONS]

            Commands:
            \(commands.joined())
            Options:
              -h, --help      Print this
              -V, --version   Print the version

            Examples:
              supervisor serve                      ./\(ConfigurationLoader.fileName) on 127.0.0.1:5000
              supervisor serve models/echo --port 8080
              supervisor serve my-cog-model         a directory with a cog.yaml
              supervisor validate supervisor.json   before a restart
              supervisor serve --help               every option with its default and reason
              supervisor status                     what the running server does

            \(exitCodes)
            """
    }

    private static var validate: String {
        """
        Check a configuration and report every problem in it, each with its place.
        Environment variables count as they would for `serve`. Nothing is started.

        Usage: supervisor validate [FILE|DIR]

        Arguments:
          [FILE|DIR]  A configuration file, or a directory with a \(ConfigurationLoader.fileName).
                      Default: the current directory

        Options:
          -h, --help  Print this

        Examples:
          supervisor validate
          supervisor validate /etc/supervisor/models.json && systemctl restart models

        \(exitCodes)
        """
    }

    private static var schema: String {
        """
        Print the OpenAPI document of a Cog model, which GET /openapi.json answers.
        It is read from the source; nothing of the model is run. The exit code is that
        of the Python program that does it: 0, or another and the reason on standard
        error.

        Usage: supervisor schema [OPTIONS] [DIR]

        Arguments:
          [DIR]  The directory of the model. Default: the current directory

        Options:
              --predict TEXT    FILE:NAME of what predicts, over cog.yaml
              --train TEXT      FILE:NAME of what trains, over cog.yaml
              --python PROGRAM  The Python to use, a path or a name to look up in PATH.
        \(wrapped("Default: \(PythonInterpreter.searchText)", indent: 24).joined(separator: "\n"))
          -h, --help            Print this

        Examples:
          supervisor schema my-cog-model
          supervisor schema . --predict predict.py:Predictor > .cog/openapi_schema.json
        """ + "\n"
    }

    // MARK: serve

    private static func serve(isBrief: Bool) -> String {
        var lines = [
            "\(HelpTopic.serve.summary).", "",
            "Usage: supervisor serve [OPTIONS] [FILE|DIR]", "",
            "Arguments:",
            "  [FILE|DIR]  A configuration file (JSON, comments allowed), a directory with a",
            "              \(ConfigurationLoader.fileName) or with a Cog model (\(PythonModel.cogFileName), or --predict),",
            "              or a .py file with handlers. Default: the current directory", "",
            "Options:",
            "      --print-config  Print every effective value with its origin and exit;",
            "                      secrets are masked, the output is a valid configuration",
            "  -h, --help          Print a summary with -h, everything with --help",
        ]
        lines += ["", "A model without a configuration file:"]
        for setting in Settings.model { lines += isBrief ? brief(setting) : full(setting) }
        for group in Settings.groups {
            lines += ["", "\(group.title):"]
            for setting in group.settings { lines += isBrief ? brief(setting) : full(setting) }
        }
        if isBrief {
            lines += ["", "More, with ranges, variables and reasons: supervisor serve --help"]
        } else {
            lines += ["", closing]
        }
        return lines.joined(separator: "\n") + (isBrief ? "\n" : "")
    }

    /// The flag, the first clause of its summary and the default.
    private static func brief<Root>(_ setting: Setting<Root>) -> [String] {
        guard let flag = setting.flag else { return [] }
        let clause = setting.summary.prefix { !".;:".contains($0) }
        let text = wrapped("\(clause) [\(defaultText(of: setting))]", indent: briefIndent)
        let head = "  \(flag) \(setting.type.placeholder)"
        guard head.count < briefIndent else { return [head] + text }
        return [head + text[0].dropFirst(head.count)] + text.dropFirst()
    }

    private static func full<Root>(_ setting: Setting<Root>) -> [String] {
        guard let flag = setting.flag else { return [] }
        let range = setting.type.rangeText.map { " (\($0))" } ?? ""
        let variables = setting.variables.map(\.name).joined(separator: ", ")
        return ["  \(flag) \(setting.type.placeholder)"]
            + wrapped(setting.summary)
            + wrapped("Default: \(defaultText(of: setting))\(range)")
            + wrapped("Why: \(setting.reason)")
            + ["\(margin(indent))File: \(setting.name)"]
            + (variables.isEmpty ? [] : wrapped("Env: \(variables)"))
    }

    static func defaultText<Root>(of setting: Setting<Root>) -> String {
        if let text = setting.defaultText { return text }
        let value =
            if let setting = setting as? Setting<Configuration> {
                setting.read(Configuration())
            } else if let setting = setting as? Setting<DeploymentConfiguration> {
                setting.read(DeploymentConfiguration(inheriting: Configuration()))
            } else {
                preconditionFailure("there are settings of the server and of a deployment")
            }
        if case .duration(_, zeroIsOff: true) = setting.type, value == .duration(0) { return "off" }
        return value.text
    }

    private static var closing: String {
        let tolerant = Settings.all.flatMap(\.variables).filter(\.isTolerant).map(\.name).joined(separator: ", ")
        return """
            Values:
              DURATION  30s, 500ms, 5m, 1h30m; a bare number is seconds
              SIZE      64MiB, 10kB, 1GB; a bare number is bytes
              A flag wins over an environment variable, that over the file, that over the
              default. A deployment's own value in the file wins over the server-wide one.

            Environment:
              Each option names its variable. A bad value is an error, except for Cog's
              own variables, which are then ignored with a warning as in Cog:
            \(wrapped(tolerant, indent: 4).joined(separator: "\n"))
              A variable whose name ends in _MS takes a bare number as milliseconds;
              COG_SETUP_TIMEOUT takes whole seconds. COG_PREDICT_TYPE_STUB and
              COG_TRAIN_TYPE_STUB are --predict and --train. COG_WEIGHTS, COG_USER_AGENT
              and all others are inherited by workers.

            Examples:
              supervisor serve                            ./\(ConfigurationLoader.fileName), 127.0.0.1:5000
              supervisor serve models/llama --port 8080   a directory, another port
              supervisor serve . --predict predict.py:Run a Cog model without cog.yaml
              supervisor serve worker.py                  handlers in Python
              supervisor serve --host 0.0.0.0             reachable from other machines
              supervisor serve --print-config             what is in force, and why
              supervisor serve --listen 127.0.0.1:5000 --listen unix:/run/models.sock

            A configuration:
              {
                "deployments": [{
                  "name": "echo",
                  "command": ["python3", "worker.py"]
                }]
              }

            \(exitCodes)
            """
    }

    static var exitCodes: String {
        let codes = ExitCode.allCases.map { "  \(padded(String($0.rawValue), to: 7))\($0.meaning)\n" }
        return "Exit codes:\n\(codes.joined())  128+N  ended by signal N\n"
    }

    // MARK: Layout

    private static func padded(_ text: String, to width: Int) -> String {
        text + margin(max(1, width - text.count))
    }

    private static func margin(_ count: Int) -> String { String(repeating: " ", count: count) }

    private static func wrapped(_ text: String, indent: Int = indent) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > width {
                lines.append(margin(indent) + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [margin(indent) + line]
    }
}
