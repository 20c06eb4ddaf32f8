/// `docs/configuration.md`, made from the same table as loader and help, so that it cannot say anything else.
package enum ConfigurationReference {
    /// The whole document in Markdown, with its final newline.
    package static var markdown: String {
        [opening, precedence, values, serverWide, deployments, historyCapacity].joined(separator: "\n\n") + "\n"
    }

    private static let opening = """
        # Configuration

        <!-- Made from Sources/Supervisor/Service/Configuration/Settings.swift. Do not edit: change the table there, then
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
        | `supervisor serve [FILE\\|DIR]` | serves; with a directory, or nothing, its `\(ConfigurationLoader.fileName)` |
        | `supervisor validate [FILE\\|DIR]` | reports every problem with its line, and starts nothing |
        | `supervisor serve --print-config` | prints each effective value and where it comes from; secrets are masked |
        | `supervisor serve --help` | what this page says, in the terminal |

        An unknown key, a wrong type and a value out of range are errors: nothing is started, all of them are printed,
        and the exit code is \(ExitCode.configuration.rawValue). The message names the nearest key that there is.
        """

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
            neither flag nor variable.

            | Key | Default | Allowed | Meaning | Reason for the default |
            |---|---|---|---|---|

            """
        let inherited = DeploymentConfiguration(inheriting: Configuration())
        for setting in Settings.deployment {
            text += row(
                code(setting.name), setting.defaultText ?? setting.read(inherited).text, setting.type.rangeText ?? "",
                setting.summary, setting.reason)
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

    private static func code(_ text: String) -> String { "`\(text)`" }

    private static func row(_ cells: String...) -> String {
        "| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |\n"
    }
}
