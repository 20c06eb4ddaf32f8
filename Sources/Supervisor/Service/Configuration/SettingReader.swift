/// Reads the settings of one table out of one object of the file.
struct SettingReader<Root: Sendable> {
    let document: ConfigurationDocument
    let settings: [Setting<Root>]
    /// Keys of the outermost object that somebody else reads.
    let others: [String]
    /// The file's directory, from which relative paths count.
    let directory: String

    private var values: [(setting: Setting<Root>, value: SettingValue, path: String, place: Diagnostic.Place)] = []
    private(set) var diagnostics: [Diagnostic] = []

    init(document: ConfigurationDocument, settings: [Setting<Root>], others: [String], directory: String) {
        self.document = document
        self.settings = settings
        self.others = others
        self.directory = directory
    }

    /// Reads `node`, which stands at `path` (empty for the whole file).
    mutating func read(_ node: ConfigurationNode, path: String) {
        read(node, at: [], path: path)
    }

    /// Puts what was read into `root`.
    func apply(to root: inout Root) {
        for entry in values { entry.setting.write(&root, entry.value) }
    }

    /// Where each value that was read comes from, by its path.
    var origins: [String: Origin] {
        let pairs = values.map { ($0.path, Origin.file(document.file, line: $0.place.line)) }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    /// Whether a value was given for the setting `name`, right or wrong.
    func mentions(_ name: String, in node: ConfigurationNode) -> Bool {
        guard case .object(let members) = node.content else { return false }
        return members.contains { $0.key == name }
    }

    private mutating func read(_ node: ConfigurationNode, at keys: [String], path: String) {
        guard case .object(let members) = node.content else {
            let subject = path.isEmpty ? "the configuration " : ""
            report(node.range, path, InvalidValue("\(subject)must be an object, not \(node.kind)"))
            return
        }
        var seen: [String: Range<Int>] = [:]
        for member in members {
            let memberPath = path.isEmpty ? member.key : "\(path).\(member.key)"
            if let first = seen[member.key] {
                let line = document.place(of: first).line
                report(member.keyRange, memberPath, InvalidValue("is given twice; the first is on line \(line)"))
                continue
            }
            seen[member.key] = member.keyRange
            read(member, at: keys + [member.key], path: memberPath)
        }
    }

    private mutating func read(_ member: ConfigurationMember, at keys: [String], path: String) {
        if let setting = settings.first(where: { $0.path == keys }) {
            read(member.value, for: setting, path: path)
        } else if settings.contains(where: { $0.path.starts(with: keys) }) {
            read(member.value, at: keys, path: path)
        } else if keys.count > 1 || !others.contains(member.key) {
            report(member.keyRange, path, InvalidValue("there is no such key", hint: suggestion(for: keys)))
        }
    }

    private mutating func read(_ node: ConfigurationNode, for setting: Setting<Root>, path: String) {
        do throws(InvalidNodes) {
            var value = try setting.type.parse(node)
            do throws(InvalidValue) {
                value = try setting.type.absolute(value, in: directory)
            } catch {
                throw InvalidNodes(node, error)
            }
            values.append((setting, value, path, document.place(of: node.range)))
        } catch {
            for problem in error.all { report(problem.range, path + problem.suffix, problem.value) }
        }
    }

    private mutating func report(_ range: Range<Int>, _ path: String, _ value: InvalidValue) {
        diagnostics.append(
            Diagnostic(path: path.isEmpty ? nil : path, at: document.place(of: range), value.message, hint: value.hint))
    }

    /// The nearest key in the same object, else the same key in another one, else what there is.
    private func suggestion(for keys: [String]) -> String {
        let level = keys.dropLast()
        var known: [String] = []
        for setting in settings where setting.path.count > level.count && setting.path.starts(with: level) {
            let key = setting.path[level.count]
            if !known.contains(key) { known.append(key) }
        }
        if level.isEmpty { known += others }
        let key = keys[keys.count - 1]
        if let nearest = NearestName.of(key, among: known) { return "did you mean `\(nearest)`?" }
        if let elsewhere = settings.first(where: { $0.path.last == key }) { return "did you mean `\(elsewhere.name)`?" }
        return "known here: \(known.joined(separator: ", "))"
    }
}
