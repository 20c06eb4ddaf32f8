/// What a command line asks for.
package enum Arguments: Sendable, Equatable {
    /// `serve [FILE|DIR]`: run the deployments, or the model in a directory or .py file, or with `printsConfiguration`
    /// only show the effective values.
    case serve(path: String?, flags: [FlagValue], printsConfiguration: Bool)
    /// `validate [FILE|DIR]`: report all problems of a configuration.
    case validate(path: String?)
    /// `schema [DIR]`: print the OpenAPI document of a Cog model.
    case schema(path: String?, flags: [FlagValue])
    /// A command to a running server.
    case control(ControlCommand)
    /// Help about a command, or nil for the program. `isBrief` is `-h`, otherwise `--help`.
    case help(HelpTopic, isBrief: Bool)
    /// `version`
    case version

    /// Understands a command line.
    ///
    /// - Parameter words: The arguments without the program's name.
    package static func parse(_ words: [String]) throws(UsageError) -> Arguments {
        guard let first = words.first else {
            throw UsageError(
                "say what to do", hint: "supervisor serve [FILE|DIR] runs a configuration; see supervisor --help")
        }
        let rest = Array(words.dropFirst())
        switch first {
        case "serve": return try serve(rest)
        case "validate": return try validate(rest)
        case "schema": return try schema(rest)
        case "version", "--version", "-V", "-v": return .version
        case "help": return try help(rest)
        case "--help": return .help(.program, isBrief: false)
        case "-h": return .help(.program, isBrief: true)
        default:
            guard let topic = HelpTopic.control.first(where: { $0.command == first }) else { throw unknown(first) }
            return try control(topic, rest)
        }
    }

    private static func unknown(_ word: String) -> UsageError {
        if word.hasPrefix("-") {
            let isServeFlag = serveFlags.contains(flagName(of: word))
            if isServeFlag {
                return UsageError("`\(word)` is a flag of `serve`", hint: "write supervisor serve \(word) …")
            }
            return UsageError("unknown flag `\(word)`", hint: "see supervisor --help")
        }
        if word.hasSuffix(".json") || PythonModel.isFile(word) {
            return UsageError("unknown command `\(word)`", hint: "write supervisor serve \(word)")
        }
        let nearest = NearestName.of(word, among: HelpTopic.allCases.compactMap(\.command))
        return UsageError(
            "unknown command `\(word)`", hint: nearest.map { "did you mean `\($0)`?" } ?? "see supervisor --help")
    }

    private static func help(_ words: [String]) throws(UsageError) -> Arguments {
        guard let word = words.first else { return .help(.program, isBrief: false) }
        guard let topic = HelpTopic.allCases.first(where: { $0.command == word }) else { throw unknown(word) }
        return .help(topic, isBrief: false)
    }

    // MARK: Commands

    private static func serve(_ words: [String]) throws(UsageError) -> Arguments {
        let booleans = Settings.all.filter { $0.type == .boolean }.compactMap(\.flag)
        let valued = serveFlags.filter { !booleans.contains($0) } + ["--config"]
        let parsed = try ParsedWords(
            words, valued: valued, booleans: booleans, switches: ["--print-config"], command: "serve")
        if let help = parsed.help(.serve) { return help }
        var operands = parsed.operands
        operands += parsed.flags.filter { $0.name == "--config" }.map(\.value)
        return .serve(
            path: try single(operands, command: "serve"),
            flags: parsed.flags.filter { $0.name != "--config" },
            printsConfiguration: parsed.switches.contains("--print-config"))
    }

    /// Flags that Cog's server takes and makes nothing of.
    static let ignoredFlags = ["--threads"]
    private static let serveFlags =
        (Settings.all.map(\.flag) + Settings.model.map(\.flag)).compactMap { $0 } + ignoredFlags
    /// The flags of `schema`.
    static let schemaFlags = ["--predict", "--train", "--python"]

    private static func schema(_ words: [String]) throws(UsageError) -> Arguments {
        let parsed = try ParsedWords(words, valued: schemaFlags, command: "schema")
        if let help = parsed.help(.schema) { return help }
        return .schema(path: try single(parsed.operands, command: "schema"), flags: parsed.flags)
    }

    private static func validate(_ words: [String]) throws(UsageError) -> Arguments {
        let parsed = try ParsedWords(words, command: "validate")
        if let help = parsed.help(.validate) { return help }
        return .validate(path: try single(parsed.operands, command: "validate"))
    }

    static func single(_ operands: [String], command: String) throws(UsageError) -> String? {
        guard operands.count <= 1 else {
            throw UsageError(
                "`\(command)` takes one file or directory, not \(operands.count): "
                    + operands.map { "`\($0)`" }.joined(separator: ", "))
        }
        if operands.first == "" { throw UsageError("the file's name is empty") }
        return operands.first
    }

    static func flagName(of word: String) -> String {
        String(word.prefix { $0 != "=" })
    }
}
