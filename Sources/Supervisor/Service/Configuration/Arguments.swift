/// What a command line asks for.
package enum Arguments: Sendable, Equatable {
    /// `serve [FILE|DIR]`: run the deployments, or the model in a directory or .py file, or with `printsConfiguration`
    /// only show the effective values.
    case serve(path: String?, flags: [FlagValue], printsConfiguration: Bool)
    /// `validate [FILE|DIR]`: report all problems of a configuration.
    case validate(path: String?)
    /// `schema [DIR]`: print the OpenAPI document of a Cog model.
    case schema(path: String?, flags: [FlagValue])
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
        default: throw unknown(first)
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

    private static func single(_ operands: [String], command: String) throws(UsageError) -> String? {
        guard operands.count <= 1 else {
            throw UsageError(
                "`\(command)` takes one file or directory, not \(operands.count): "
                    + operands.map { "`\($0)`" }.joined(separator: ", "))
        }
        if operands.first == "" { throw UsageError("the file's name is empty") }
        return operands.first
    }

    fileprivate static func flagName(of word: String) -> String {
        String(word.prefix { $0 != "=" })
    }
}

/// The words behind a command, told apart.
private struct ParsedWords {
    var operands: [String] = []
    var flags: [FlagValue] = []
    var switches: [String] = []
    private var asksForHelp = false
    private var asksForBriefHelp = false

    /// - Parameters:
    ///   - valued: Flags that take a value.
    ///   - booleans: Flags that take `true` or `false`, or nothing, which means `true`.
    ///   - switches: Flags that take none.
    init(
        _ words: [String], valued: [String] = [], booleans: [String] = [], switches: [String] = [], command: String
    ) throws(UsageError) {
        let known = valued + booleans + switches
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            if word == "--" {
                operands += words[index...]
                return
            }
            guard word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                continue
            }
            let name = Arguments.flagName(of: word)
            let attached = name == word ? nil : String(word.dropFirst(name.count + 1))
            if valued.contains(name) {
                if let attached {
                    flags.append(FlagValue(name: name, value: attached))
                } else {
                    guard index < words.count, !Self.isFlag(words[index], known) else {
                        throw UsageError("`\(name)` needs a value", hint: "see supervisor \(command) --help")
                    }
                    flags.append(FlagValue(name: name, value: words[index]))
                    index += 1
                }
            } else if booleans.contains(name) {
                if attached == nil, index < words.count, Bool(words[index]) != nil {
                    flags.append(FlagValue(name: name, value: words[index]))
                    index += 1
                } else {
                    flags.append(FlagValue(name: name, value: attached ?? "true"))
                }
            } else if switches.contains(name) || name == "--help" || name == "-h" {
                guard attached == nil else { throw UsageError("`\(name)` takes no value") }
                take(name)
            } else {
                let nearest = NearestName.of(name, among: known + ["--help"])
                throw UsageError(
                    "unknown flag `\(name)` of `\(command)`",
                    hint: nearest.map { "did you mean `\($0)`?" } ?? "see supervisor \(command) --help")
            }
        }
    }

    private mutating func take(_ name: String) {
        switch name {
        case "--help": asksForHelp = true
        case "-h": asksForBriefHelp = true
        default: switches.append(name)
        }
    }

    /// A value may begin with a dash, but not be a flag: then it was forgotten.
    private static func isFlag(_ word: String, _ known: [String]) -> Bool {
        known.contains(Arguments.flagName(of: word))
    }

    func help(_ topic: HelpTopic) -> Arguments? {
        if asksForHelp { return .help(topic, isBrief: false) }
        return asksForBriefHelp ? .help(topic, isBrief: true) : nil
    }
}
