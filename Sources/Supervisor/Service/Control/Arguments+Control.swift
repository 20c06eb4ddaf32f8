/// The commands to a running server.
extension Arguments {
    /// Flags of all of them.
    private static let reachFlags = ["--socket", "--state-dir"]
    /// Most lines that can be asked for: more than a server keeps.
    private static let maximumLines = 1_000_000

    static func control(_ topic: HelpTopic, _ words: [String]) throws(UsageError) -> Arguments {
        let command = topic.command ?? ""
        let parsed = try ParsedWords(
            words, valued: reachFlags + valuedFlags(topic), switches: switches(topic), command: command)
        if let help = parsed.help(topic) { return help }
        var result = ControlCommand(try verb(topic, parsed, command))
        result.socket = parsed.value("--socket")
        result.stateDirectory = parsed.value("--state-dir")
        if parsed.switches.contains("--wait"), parsed.switches.contains("--no-wait") {
            throw UsageError("`--wait` and `--no-wait` exclude each other")
        }
        result.waits = !parsed.switches.contains("--no-wait")
        if let text = parsed.value("--timeout") {
            guard let timeout = Quantity.nanoseconds(text, plainUnit: .seconds(1)), timeout > 0 else {
                throw UsageError("`--timeout` must be a duration such as `30s` or `5m`, not `\(text)`")
            }
            result.timeout = timeout
        }
        return .control(result)
    }

    private static func valuedFlags(_ topic: HelpTopic) -> [String] {
        switch topic {
        case .logs: ["--worker", "--lines"]
        case .events: ["--lines"]
        case .restart: ["--worker", "--timeout"]
        case .status: []
        default: ["--timeout"]
        }
    }

    private static func switches(_ topic: HelpTopic) -> [String] {
        switch topic {
        case .status: ["--json", "--watch", "--ready"]
        case .logs: ["-f", "--follow", "--json"]
        case .events: ["--json"]
        default: ["--wait", "--no-wait"]
        }
    }

    private static func verb(
        _ topic: HelpTopic, _ parsed: ParsedWords, _ command: String
    ) throws(UsageError) -> ControlCommand.Verb {
        switch topic {
        case .status:
            let forms = parsed.switches.filter { $0.hasPrefix("--") }
            guard Set(forms).count <= 1 else {
                throw UsageError(
                    "`status` takes one of --json, --watch and --ready", hint: "see supervisor status --help")
            }
            return .status(name: try optionalName(parsed, command), form(forms.first))
        case .logs:
            return .logs(
                name: try optionalName(parsed, command), worker: try index(parsed),
                lines: try lines(parsed) ?? ControlCommand.defaultLogLines,
                follows: parsed.switches.contains("-f") || parsed.switches.contains("--follow"),
                asJSON: parsed.switches.contains("--json"))
        case .events:
            return .events(
                name: try optionalName(parsed, command), lines: try lines(parsed) ?? ControlCommand.defaultEvents,
                asJSON: parsed.switches.contains("--json"))
        case .drain: return .drain(name: try optionalName(parsed, command))
        case .reload:
            guard parsed.operands.isEmpty else {
                throw UsageError("`reload` takes no name", hint: "it reads the whole configuration again")
            }
            return .reload
        case .scale:
            guard parsed.operands.count == 2 else {
                throw UsageError("`scale` takes a deployment and a number", hint: "write supervisor scale NAME N")
            }
            let name = try checked(parsed.operands[0])
            guard let workers = Int(parsed.operands[1]), workers >= 0 else {
                throw UsageError("`scale` takes a number of workers, not `\(parsed.operands[1])`")
            }
            return .scale(name: name, workers: workers)
        case .restart: return .restart(name: try name(parsed, command), worker: try index(parsed))
        case .stop: return .stop(name: try name(parsed, command))
        case .start: return .start(name: try name(parsed, command))
        case .reset: return .reset(name: try name(parsed, command))
        case .program, .serve, .validate, .schema, .version, .help:
            preconditionFailure("they are no commands to a running server")
        }
    }

    private static func form(_ word: String?) -> ControlCommand.StatusForm {
        switch word {
        case "--json": .json
        case "--watch": .watch
        case "--ready": .ready
        default: .table
        }
    }

    private static func name(_ parsed: ParsedWords, _ command: String) throws(UsageError) -> String {
        guard let name = try optionalName(parsed, command) else {
            throw UsageError("`\(command)` needs the name of a deployment", hint: "supervisor status lists them")
        }
        return name
    }

    private static func optionalName(_ parsed: ParsedWords, _ command: String) throws(UsageError) -> String? {
        guard parsed.operands.count <= 1 else {
            throw UsageError("`\(command)` takes one deployment, not \(parsed.operands.count)")
        }
        guard let name = parsed.operands.first else { return nil }
        return try checked(name)
    }

    /// A word that can be no deployment's name is not sent to the server as a path.
    private static func checked(_ name: String) throws(UsageError) -> String {
        do throws(InvalidValue) {
            return try SettingType.checkedDeploymentName(name)
        } catch {
            throw UsageError("there is no deployment `\(name)`", hint: "supervisor status lists them")
        }
    }

    private static func index(_ parsed: ParsedWords) throws(UsageError) -> Int? {
        guard let text = parsed.value("--worker") else { return nil }
        guard let index = Int(text), index >= 0 else {
            throw UsageError("`--worker` takes the index of a worker, from 0, not `\(text)`")
        }
        return index
    }

    private static func lines(_ parsed: ParsedWords) throws(UsageError) -> Int? {
        guard let text = parsed.value("--lines") else { return nil }
        guard let lines = Int(text), (0...maximumLines).contains(lines) else {
            throw UsageError("`--lines` must be a whole number from 0 to \(maximumLines), not `\(text)`")
        }
        return lines
    }
}

extension ParsedWords {
    /// The last value of a flag.
    fileprivate func value(_ name: String) -> String? { flags.last { $0.name == name }?.value }
}
