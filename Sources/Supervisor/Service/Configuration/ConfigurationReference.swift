/// `docs/configuration.md`, made from the same table as loader and help, so that it cannot say anything else.
package enum ConfigurationReference {
    /// The whole document in Markdown, with its final newline.
    package static var markdown: String {
        [opening, models, precedence, values, serverWide, deployments, historyCapacity].joined(separator: "\n\n") + "\n"
    }

    private static let opening = """
        # Configuration

        <!-- Made from Sources/Supervisor/Service/Configuration/Settings*.swift. Do not edit: change the tables there, then
        run `UPDATE_DOCS=1 swift test --filter ConfigurationReferenceTests`. -->

        One JSON file, usually `supervisor.json`, says what is served and how. Comments (`//` and `/* */`) are allowed.
        The smallest one:

        ```json
        {
          "deployments": [{
            "name": "echo",
            "command": ["python3", "echo.py"]
          }]
        }
        ```

        | Command | What it does |
        |---|---|
        | `supervisor serve [FILE\\|DIR]` | serves; with a directory, or nothing, its `\(ConfigurationLoader.fileName)`, else its Cog model |
        | `supervisor serve FILE.py` | serves the handlers in a Python file |
        | `supervisor validate [FILE\\|DIR]` | reports every problem with its line, and starts nothing |
        | `supervisor schema [DIR]` | prints the OpenAPI document of a Cog model |
        | `supervisor serve --print-config` | prints each effective value and where it comes from; secrets are masked |
        | `supervisor serve --help` | what this page says, in the terminal |

        An unknown key, a wrong type and a value out of range are errors: nothing is started, all of them are printed,
        and the exit code is \(ExitCode.configuration.rawValue); \(ExitCode.usage.rawValue) where only flags are wrong. The message names the nearest key
        that there is.
        """

    private static var models: String {
        var text = """
            ## A model without a configuration

            `supervisor serve DIR` looks for three things, in this order:

            1. `\(ConfigurationLoader.fileName)`: it says everything, and the flags below are an error beside it.
            2. `--predict`, `--train`, or Cog's variables for them: DIR is a Cog model, and this is its class or function.
            3. `\(PythonModel.cogFileName)`: DIR is a Cog model, and the file says the same.

            Without any of them the exit code is \(ExitCode.configuration.rawValue). `supervisor serve FILE.py` needs none: the file has handlers.
            The deployment is named after the directory or file, or `model` where that makes no legal name.

            | Flag | Environment | Default | Meaning |
            |---|---|---|---|

            """
        for setting in Settings.model {
            text += row(
                code("\(setting.flag ?? "") \(setting.type.placeholder)"),
                setting.variables.map { code($0.name) }.joined(separator: ", "), HelpText.defaultText(of: setting),
                setting.summary)
        }
        let ignored = Arguments.ignoredFlags.map { code("\($0) N") }.joined(separator: ", ")
        text += """

            All server-wide flags count too. \(ignored) is taken and ignored, as in Cog. Of two sources of the same
            value the one named first counts: flag, variable, \(PythonModel.cogFileName).

            **Which Python.** `--python`, else `.venv/bin/python` or `venv/bin/python` in the model's directory, else that of
            `$VIRTUAL_ENV`, else `python3` in PATH; 3.10 or newer. Without any the exit code is \(ExitCode.configuration.rawValue). Workers run in the model's
            directory with the server's environment; the folder of their Python comes first in PATH.

            **Cog's variables.** `COG_MAX_CONCURRENCY` (or `concurrency`) is passed on, and the worker decides what it
            makes of it. `COG_SETUP_TIMEOUT` is `load_timeout`; where nobody sets one, models have none.
            `COG_WEIGHTS`, `COG_USER_AGENT` and all others are inherited.
            """
        return text
    }

    private static let precedence = """
        ## Which value counts

        1. A value of a deployment in the file, for this deployment.
        2. A flag. Of a flag given twice the last counts; `--listen` adds up.
        3. An environment variable. Where several are listed, the first that is set. One of ours that is empty is as
           good as not set.
        4. The file.
        5. The default.

        `listen` on the one hand and `host` with `port` on the other say the same thing: the one from the stronger origin
        counts, and both from the file or both from flags is an error. Beside `SUPERVISOR_LISTEN`, `PORT` does not count.

        A bad value in a variable is an error, except in Cog's own variables: those are ignored with a warning, as Cog
        does: \(tolerant).
        A variable that begins with `SUPERVISOR_` and is one or two letters away from one of ours is warned of.
        """

    private static var tolerant: String {
        Settings.all.flatMap(\.variables).filter(\.isTolerant).map { "`\($0.name)`" }.joined(separator: ", ")
    }

    private static let values = """
        ## How values are written

        | Kind | Examples | Without a unit |
        |---|---|---|
        | duration | `"30s"`, `"500ms"`, `"5m"`, `"1h30m"` | seconds; milliseconds in a variable that ends in `_MS` |
        | size | `"64MiB"`, `"10kB"`, `"1GB"` | bytes |
        | number | `5000` | |
        | path | `"models"` | relative in the file: from the folder of the file; else from the current directory |

        `COG_SETUP_TIMEOUT` takes whole seconds only; 0 means no limit.
        """

    // MARK: Tables

    private static var serverWide: String {
        var text = """
            ## Server-wide settings

            A key with a dot is nested: `limits.frame` is `{"limits": {"frame": …}}`.

            """
        for group in Settings.groups {
            text += "\n### \(group.title)\n\n"
            text += "| Key | Flag | Environment | Default | Allowed | Meaning | Reason for the default |\n"
            text += "|---|---|---|---|---|---|---|\n"
            for setting in group.settings {
                text += row(
                    code(setting.name), setting.flag.map { code("\($0) \(setting.type.placeholder)") } ?? "",
                    setting.variables.map { code($0.name) }.joined(separator: ", "), HelpText.defaultText(of: setting),
                    setting.type.rangeText ?? "", setting.summary, setting.reason)
            }
        }
        return String(text.dropLast())
    }

    private static var deployments: String {
        var text = """
            ## Deployments

            `deployments` is a list of objects, each one handler and the worker processes that run it. These values have
            no variable, and a flag only for a model without a configuration; but where a Python `model` is the only deployment, `COG_PREDICT_TYPE_STUB` and
            `COG_TRAIN_TYPE_STUB` stand in for `predict` and `train` that are not there.

            | Key | Default | Allowed | Meaning | Reason for the default |
            |---|---|---|---|---|

            """
        let inherited = DeploymentConfiguration(inheriting: Configuration())
        for setting in Settings.ownOfDeployment {
            text += row(
                code(setting.name), setting.defaultText ?? setting.read(inherited).text, setting.type.rangeText ?? "",
                setting.summary, setting.reason)
        }
        text += """

            These mean the same as the server-wide settings by the same names, where what they do, what is allowed and why
            the default is what it is are told. Each can be given for one deployment alone:

            | Key | Default |
            |---|---|

            """
        for setting: Setting<DeploymentConfiguration> in Settings.inherited(.deployment) {
            text += row(code(setting.name), setting.defaultText ?? "")
        }
        text += """

            A name is 1 to \(SettingType.maximumNameLength) lower-case letters, digits and dashes, a letter or digit first,
            and none of the words that are, or may become, routes:
            \(reserved).

            The only deployment serves the routes without a prefix. With several, the one marked `default` does; without
            one, these routes answer 404 with the list of names.

            The configuration can narrow what a worker declares in its manifest (`concurrency`, `streaming`), never widen
            it. That is known only when the worker is ready: a conflict ends the server then, with both values in the log
            and exit code \(ExitCode.configuration.rawValue).
            """
        return text
    }

    private static var reserved: String {
        ReservedNames.all.sorted().map(code).joined(separator: ", ")
    }

    static func code(_ text: String) -> String { "`\(text)`" }

    static func row(_ cells: String...) -> String {
        "| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |\n"
    }
}
