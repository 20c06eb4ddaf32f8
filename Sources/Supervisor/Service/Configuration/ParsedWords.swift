/// The words behind a command, told apart.
struct ParsedWords {
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
