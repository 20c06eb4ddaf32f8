/// The help of the commands to a running server.
extension HelpText {
    static func control(_ topic: HelpTopic) -> String {
        let command = topic.command ?? ""
        let words = usage(topic)
        return """
            \(topic.summary).
            \(explanation(topic))
            Usage: supervisor \(command) [OPTIONS]\(words.isEmpty ? "" : " \(words)")

            Options:
            \(options(topic).joined(separator: "\n"))
                  --socket PATH      The server's control socket. Default: the variable
                                     \(ControlFinder.socketVariable), else that of the only
                                     server of the state directory
                  --state-dir DIR    The server's state directory. Default: that of serve
              -h, --help             Print this

            Examples:
            \(examples(topic).map { "  \($0)" }.joined(separator: "\n"))

            \(exitCodes)
            """
    }

    private static func usage(_ topic: HelpTopic) -> String {
        switch topic {
        case .status, .logs, .events, .drain: "[NAME]"
        case .scale: "NAME N"
        case .reload: ""
        default: "NAME"
        }
    }

    private static func explanation(_ topic: HelpTopic) -> String {
        switch topic {
        case .status:
            """
            A row for each deployment and below it one for each of its workers. The states
            are explained in docs/operations.md. With NAME only that deployment, with all
            that is known of the last ends of its workers in --json.

            """
        case .logs:
            """
            The newest lines that the server still has in memory (1 MiB), of its own log
            and of what its workers print, as they are on its standard error.

            """
        case .events:
            """
            One line for each change of state, the latest first those that have been, then
            those that come, until the server ends or Ctrl-C.

            """
        case .restart:
            """
            Each worker finishes its runs before it ends; the next follows when the new one
            is ready, so that the deployment goes on serving.

            """
        case .stop:
            """
            Predictions that run fail; after `supervisor drain NAME` there are none. It
            stays stopped until `supervisor start NAME`.

            """
        case .start: "Failures are forgotten, too.\n"
        case .scale: "When there are too many, the idlest go, after their runs. A reload forgets it.\n"
        case .drain:
            """
            A deployment takes nothing new until `supervisor start NAME`. Without NAME the
            whole server is meant, which then ends, as after SIGTERM.

            """
        case .reload:
            """
            As SIGHUP does. What has not changed is left alone; a new version that does not
            become ready is taken back.

            """
        case .reset: "A deployment is `failed` when its workers died too often; this\ntries again at once.\n"
        case .program, .serve, .validate, .schema, .version, .help: ""
        }
    }

    private static func options(_ topic: HelpTopic) -> [String] {
        let wait = [
            "      --wait             Come back when it is done. The default",
            "      --no-wait          Come back as soon as it has begun",
            "      --timeout DURATION How long to wait. Default: "
                + Quantity.text(nanoseconds: ControlCommand.defaultTimeout),
        ]
        let worker = "      --worker N         Only the worker with this index"
        switch topic {
        case .status:
            return [
                "      --json             The same as JSON, described in docs/control.md",
                "      --watch            Draw it anew every second, until q or Ctrl-C",
                "      --ready            One line, and exit code 0 if all is ready, else 1: for",
                "                         health checks",
            ]
        case .logs:
            return [
                "  -f, --follow           Go on with what comes", worker,
                "      --lines N          How many of the newest lines. Default: \(ControlCommand.defaultLogLines)",
                "      --json             As the server has them: one JSON object in a line",
            ]
        case .events:
            return [
                "      --lines N          How many that have been. Default: \(ControlCommand.defaultEvents)",
                "      --json             One JSON object in a line",
            ]
        case .restart: return [worker] + wait
        default: return wait
        }
    }

    private static func examples(_ topic: HelpTopic) -> [String] {
        switch topic {
        case .status: ["supervisor status", "supervisor status --watch", "supervisor status llama --json"]
        case .logs: ["supervisor logs -f", "supervisor logs llama --worker 1 --lines 500"]
        case .events: ["supervisor events", "supervisor events --json | jq 'select(.reason == \"oom\")'"]
        case .restart: ["supervisor restart llama", "supervisor restart llama --worker 1 --no-wait"]
        case .stop: ["supervisor stop llama --timeout 30s"]
        case .start: ["supervisor start llama"]
        case .scale: ["supervisor scale llama 4"]
        case .drain: ["supervisor drain llama", "supervisor drain --no-wait"]
        case .reload: ["supervisor validate models/ && supervisor reload"]
        case .reset: ["supervisor reset llama"]
        case .program, .serve, .validate, .schema, .version, .help: []
        }
    }
}
