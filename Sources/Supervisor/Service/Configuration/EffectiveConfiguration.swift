import WireProtocol

/// The effective values as `--print-config` shows them: a configuration file with comments that say where each value
/// comes from. Read back, it gives the same configuration, but for masked secrets.
package enum EffectiveConfiguration {
    /// Where the comments begin, unless a line is longer.
    private static let commentColumn = 56

    /// The text, with its final newline.
    package static func text(_ configuration: Configuration) -> String {
        var members = tree(Settings.all, of: configuration, under: []) { setting in
            switch setting.name {
            case "host", "port": .absent
            case "listen": .value(listenOrigin(of: configuration))
            default: .value(origin(configuration, setting.name).description)
            }
        }
        let deployments = configuration.deployments.enumerated().map { index, deployment in
            Node.object(
                tree(Settings.deployment, of: deployment, under: []) { setting in
                    let origin = origin(configuration, "deployments[\(index)].\(setting.name)")
                    if origin == .default, let text = setting.defaultText { return .value("default: \(text)") }
                    return .value(origin.description)
                })
        }
        members.append(Member(key: "deployments", node: .list(deployments)))
        var lines: [String] = []
        append(.object(members), prefix: "", indent: 0, comma: "", to: &lines)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func origin(_ configuration: Configuration, _ name: String) -> Origin {
        configuration.origins[name] ?? .default
    }

    private static func listenOrigin(of configuration: Configuration) -> String {
        if configuration.listen.isEmpty {
            return "host: \(origin(configuration, "host")), port: \(origin(configuration, "port"))"
        }
        return origin(configuration, "listen").description
    }

    // MARK: Tree

    private struct Member {
        let key: String
        let node: Node
    }

    private indirect enum Node {
        case value(String, comment: String)
        /// A value that cannot be written; only a comment tells of it.
        case comment(String)
        case object([Member])
        case list([Node])

        /// Whether there is a value, and not only a comment.
        var isWritten: Bool {
            if case .comment = self { false } else { true }
        }
    }

    private enum Shown {
        case value(_ origin: String)
        case absent
    }

    /// The settings below `keys`, in their order, those of one object together.
    private static func tree<Root>(
        _ settings: [Setting<Root>], of root: Root, under keys: [String], _ shown: (Setting<Root>) -> Shown
    ) -> [Member] {
        var members: [Member] = []
        for setting in settings where setting.path.count > keys.count && setting.path.starts(with: keys) {
            let key = setting.path[keys.count]
            if setting.path.count > keys.count + 1 {
                guard !members.contains(where: { $0.key == key }) else { continue }
                members.append(Member(key: key, node: .object(tree(settings, of: root, under: keys + [key], shown))))
            } else if case .value(let origin) = shown(setting) {
                members.append(Member(key: key, node: node(setting.read(root), origin: origin, setting.defaultText)))
            }
        }
        return members
    }

    private static func node(_ value: SettingValue, origin: String, _ defaultText: String?) -> Node {
        switch value {
        case .none:
            .comment(defaultText ?? origin)
        case .integer, .decimal:
            .value(value.text, comment: origin)
        case .boolean(let truth):
            .value(String(truth), comment: origin)
        case .bytes, .duration, .text:
            .value(quoted(value.text), comment: origin)
        case .texts(let words):
            .value(list(Secrets.masked(words)), comment: origin)
        case .addresses(let addresses):
            .value(list(addresses.map(\.description)), comment: origin)
        case .environment(let entries):
            .value(object(entries), comment: origin)
        case .integers(let numbers):
            .value("[\(numbers.map(String.init).joined(separator: ", "))]", comment: origin)
        case .limits(let limits):
            .value(
                "{\(limits.map { "\(quoted($0.name.rawValue)): \(quoted($0.text))" }.joined(separator: ", "))}",
                comment: origin)
        }
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONWriter.appendString(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func list(_ texts: [String]) -> String {
        "[\(texts.map(quoted).joined(separator: ", "))]"
    }

    private static func object(_ entries: [EnvironmentEntry]) -> String {
        let members = entries.map { entry in
            "\(quoted(entry.name)): \(quoted(Secrets.isNamed(entry.name) ? Secrets.mask : entry.value))"
        }
        return "{\(members.joined(separator: ", "))}"
    }

    // MARK: Lines

    private static func append(_ node: Node, prefix: String, indent: Int, comma: String, to lines: inout [String]) {
        let margin = String(repeating: "  ", count: indent)
        switch node {
        case .value(let text, let comment):
            let line = "\(margin)\(prefix)\(text)\(comma)"
            let gap = String(repeating: " ", count: max(1, commentColumn - line.count))
            lines.append("\(line)\(gap)// \(comment)")
        case .comment(let text):
            lines.append("\(margin)// \(prefix)\(text)")
        case .object(let members):
            lines.append("\(margin)\(prefix){")
            // A comment is no member, so the comma depends on whether a real one follows.
            for (index, member) in members.enumerated() {
                let comma = members[(index + 1)...].contains { $0.node.isWritten } ? "," : ""
                append(member.node, prefix: "\(quoted(member.key)): ", indent: indent + 1, comma: comma, to: &lines)
            }
            lines.append("\(margin)}\(comma)")
        case .list(let nodes):
            lines.append("\(margin)\(prefix)[")
            for (index, node) in nodes.enumerated() {
                append(node, prefix: "", indent: indent + 1, comma: index + 1 < nodes.count ? "," : "", to: &lines)
            }
            lines.append("\(margin)]\(comma)")
        }
    }
}
