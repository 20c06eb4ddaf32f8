/// Why a value of the file cannot be taken, and which part of it.
struct InvalidNode: Error {
    let range: Range<Int>
    /// What to append to the setting's path: `[2]`, `.NAME`.
    let suffix: String
    let value: InvalidValue

    init(_ node: ConfigurationNode, suffix: String = "", _ value: InvalidValue) {
        range = node.range
        self.suffix = suffix
        self.value = value
    }
}

extension SettingType {
    /// Reads a value from the file.
    func parse(_ node: ConfigurationNode) throws(InvalidNode) -> SettingValue {
        switch (self, node.content) {
        case (.integer, .number(let digits)), (.bytes, .number(let digits)), (.duration, .number(let digits)):
            return try parse(digits, of: node)
        case (.bytes, .text(let text)), (.duration, .text(let text)), (.choice, .text(let text)),
            (.host, .text(let text)), (.path, .text(let text)), (.text, .text(let text)),
            (.deploymentName, .text(let text)):
            return try parse(text, of: node)
        case (.boolean, .boolean(let value)):
            return .boolean(value)
        case (.addresses, .text), (.addresses, .list):
            return .addresses(try addresses(in: node))
        case (.command, .list(let elements)):
            return .texts(try texts(in: elements, of: node))
        case (.environment, .object(let members)):
            return .environment(try environment(in: members))
        default:
            throw InvalidNode(node, InvalidValue("must be \(noun), not \(node.kind)", hint: mistypeHint(node)))
        }
    }

    private func parse(_ text: String, of node: ConfigurationNode) throws(InvalidNode) -> SettingValue {
        do throws(InvalidValue) {
            return try parse(text)
        } catch {
            throw InvalidNode(node, error)
        }
    }

    private func addresses(in node: ConfigurationNode) throws(InvalidNode) -> [ListenAddress] {
        let elements = if case .list(let elements) = node.content { elements } else { [node] }
        var addresses: [ListenAddress] = []
        for (index, element) in elements.enumerated() {
            let suffix = elements.count > 1 ? "[\(index)]" : ""
            guard case .text(let text) = element.content else {
                throw InvalidNode(
                    element, suffix: suffix,
                    InvalidValue("must be `HOST:PORT` or `unix:PATH` in quotes, not \(element.kind)"))
            }
            do throws(InvalidValue) {
                addresses.append(try ListenAddress(text))
            } catch {
                throw InvalidNode(element, suffix: suffix, error)
            }
        }
        guard !addresses.isEmpty else {
            throw InvalidNode(node, InvalidValue("must not be empty", hint: "leave `listen` out to use host and port"))
        }
        return addresses
    }

    private func texts(in elements: [ConfigurationNode], of node: ConfigurationNode) throws(InvalidNode) -> [String] {
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            guard case .text(let text) = element.content, !text.utf8.contains(0) else {
                throw InvalidNode(
                    element, suffix: "[\(index)]",
                    InvalidValue("must be a text in quotes without NUL, not \(element.kind)"))
            }
            texts.append(text)
        }
        guard let program = texts.first, !program.isEmpty else {
            throw InvalidNode(node, InvalidValue("must name a program first"))
        }
        return texts
    }

    private func environment(in members: [ConfigurationMember]) throws(InvalidNode) -> [EnvironmentEntry] {
        var entries: [EnvironmentEntry] = []
        for member in members {
            let suffix = ".\(member.key)"
            guard !member.key.isEmpty, !member.key.utf8.contains(0), !member.key.contains("=") else {
                throw InvalidNode(
                    member.value, suffix: suffix, InvalidValue("a variable's name must not be empty or hold `=`"))
            }
            guard case .text(let value) = member.value.content, !value.utf8.contains(0) else {
                throw InvalidNode(
                    member.value, suffix: suffix,
                    InvalidValue("must be a text without NUL, not \(member.value.kind)", hint: "put it in quotes"))
            }
            entries.append(EnvironmentEntry(name: member.key, value: value))
        }
        return entries
    }

    private func mistypeHint(_ node: ConfigurationNode) -> String? {
        switch (self, node.content) {
        case (.integer, .text(let text)) where Int(text) != nil: "take away the quotes"
        case (.boolean, .text(let text)) where Bool(text) != nil: "take away the quotes"
        case (.command, .text): "write [\"PROGRAM\", \"ARGUMENT\"]; no shell takes it apart"
        case (_, .null): "leave the key out to have the default"
        default: nil
        }
    }
}
