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

/// All that is wrong with one value of the file.
struct InvalidNodes: Error {
    let all: [InvalidNode]

    init(_ all: [InvalidNode]) {
        self.all = all
    }

    init(_ node: ConfigurationNode, suffix: String = "", _ value: InvalidValue) {
        self.init([InvalidNode(node, suffix: suffix, value)])
    }
}

extension SettingType {
    /// Reads a value from the file.
    func parse(_ node: ConfigurationNode) throws(InvalidNodes) -> SettingValue {
        switch (self, node.content) {
        case (.integer, .number(let digits)), (.bytes, .number(let digits)), (.duration, .number(let digits)):
            return try parse(digits, of: node)
        case (.bytes, .text(let text)), (.duration, .text(let text)), (.choice, .text(let text)),
            (.host, .text(let text)), (.path, .text(let text)), (.program, .text(let text)), (.text, .text(let text)),
            (.httpURL, .text(let text)), (.deploymentName, .text(let text)), (.wordOrPath, .text(let text)),
            (.mask, .text(let text)), (.processors, .text(let text)), (.decimal, .number(let text)):
            return try parse(text, of: node)
        case (.integers, .list(let elements)):
            return try integers(in: elements)
        case (.names, .list(let elements)):
            return .texts(try names(in: elements, of: node))
        case (.limits, .object(let members)):
            return .limits(try limits(in: members))
        case (.boolean, .boolean(let value)):
            return .boolean(value)
        case (.addresses, .text), (.addresses, .list):
            return .addresses(try addresses(in: node))
        case (.command, .list(let elements)):
            return .texts(try texts(in: elements, of: node))
        case (.environment, .object(let members)):
            return .environment(try environment(in: members))
        default:
            throw InvalidNodes(node, InvalidValue("must be \(noun), not \(node.kind)", hint: mistypeHint(node)))
        }
    }

    private func parse(_ text: String, of node: ConfigurationNode) throws(InvalidNodes) -> SettingValue {
        do throws(InvalidValue) {
            return try parse(text)
        } catch {
            throw InvalidNodes(node, error)
        }
    }

    private func addresses(in node: ConfigurationNode) throws(InvalidNodes) -> [ListenAddress] {
        let elements = if case .list(let elements) = node.content { elements } else { [node] }
        var addresses: [ListenAddress] = []
        var problems: [InvalidNode] = []
        for (index, element) in elements.enumerated() {
            let suffix = elements.count > 1 ? "[\(index)]" : ""
            guard case .text(let text) = element.content else {
                let value = InvalidValue("must be `HOST:PORT` or `unix:PATH` in quotes, not \(element.kind)")
                problems.append(InvalidNode(element, suffix: suffix, value))
                continue
            }
            do throws(InvalidValue) {
                addresses.append(try ListenAddress(text))
            } catch {
                problems.append(InvalidNode(element, suffix: suffix, error))
            }
        }
        guard problems.isEmpty else { throw InvalidNodes(problems) }
        guard !addresses.isEmpty else {
            throw InvalidNodes(node, InvalidValue("must not be empty", hint: "leave `listen` out to use host and port"))
        }
        return addresses
    }

    private func texts(in elements: [ConfigurationNode], of node: ConfigurationNode) throws(InvalidNodes) -> [String] {
        var texts: [String] = []
        var problems: [InvalidNode] = []
        for (index, element) in elements.enumerated() {
            if case .text(let text) = element.content, !text.utf8.contains(0) {
                texts.append(text)
            } else {
                let value = InvalidValue("must be a text in quotes without NUL, not \(element.kind)")
                problems.append(InvalidNode(element, suffix: "[\(index)]", value))
            }
        }
        guard problems.isEmpty else { throw InvalidNodes(problems) }
        guard let program = texts.first, !program.isEmpty else {
            throw InvalidNodes(node, InvalidValue("must name a program first"))
        }
        return texts
    }

    private func integers(in elements: [ConfigurationNode]) throws(InvalidNodes) -> SettingValue {
        var values: [Int] = []
        for (index, element) in elements.enumerated() {
            guard case .number(let digits) = element.content, case .integers(let numbers)? = try? parse(digits),
                let number = numbers.first
            else {
                throw InvalidNodes(element, suffix: "[\(index)]", InvalidValue("must be \(noun), not \(element.kind)"))
            }
            values.append(number)
        }
        return .integers(values)
    }

    private func names(in elements: [ConfigurationNode], of node: ConfigurationNode) throws(InvalidNodes) -> [String] {
        var names: [String] = []
        for (index, element) in elements.enumerated() {
            guard case .text(let text) = element.content else {
                let value = InvalidValue("must be a text, not \(element.kind)", hint: "put it in quotes")
                throw InvalidNodes(element, suffix: "[\(index)]", value)
            }
            names.append(text)
        }
        do throws(InvalidValue) {
            return try SettingType.checkedNames(names)
        } catch {
            throw InvalidNodes(node, error)
        }
    }

    private func limits(in members: [ConfigurationMember]) throws(InvalidNodes) -> [ResourceLimit] {
        var limits: [ResourceLimit] = []
        for member in members {
            do throws(InvalidValue) {
                guard !limits.contains(where: { $0.name.rawValue == member.key }) else {
                    throw InvalidValue("is given twice")
                }
                switch member.value.content {
                case .number(let text), .text(let text): limits.append(try ResourceLimit(member.key, text))
                default: throw InvalidValue("must be a number or a text, not \(member.value.kind)")
                }
            } catch {
                throw InvalidNodes(member.value, suffix: ".\(member.key)", error)
            }
        }
        return limits
    }

    private func environment(in members: [ConfigurationMember]) throws(InvalidNodes) -> [EnvironmentEntry] {
        var entries: [EnvironmentEntry] = []
        var problems: [InvalidNode] = []
        for member in members {
            var value: InvalidValue?
            if member.key.isEmpty || member.key.utf8.contains(0) || member.key.contains("=") {
                value = InvalidValue("a variable's name must not be empty or hold `=` or NUL")
            } else if entries.contains(where: { $0.name == member.key }) {
                value = InvalidValue("is given twice")
            } else if case .text(let text) = member.value.content, !text.utf8.contains(0) {
                entries.append(EnvironmentEntry(name: member.key, value: text))
            } else {
                value = InvalidValue("must be a text without NUL, not \(member.value.kind)", hint: "put it in quotes")
            }
            if let value { problems.append(InvalidNode(member.value, suffix: ".\(member.key)", value)) }
        }
        guard problems.isEmpty else { throw InvalidNodes(problems) }
        return entries
    }

    private func mistypeHint(_ node: ConfigurationNode) -> String? {
        switch (self, node.content) {
        case (.integer, .text(let text)) where Int(text) != nil: "take away the quotes"
        case (.boolean, .text(let text)) where Bool(text) != nil: "take away the quotes"
        case (.names, .text), (.integers, .number), (.integers, .text): "put it in brackets: [\u{2026}]"
        case (.processors, .number), (.mask, .number): "put it in quotes"
        case (.command, .text): "write [\"PROGRAM\", \"ARGUMENT\"]; no shell takes it apart"
        case (_, .null): "leave the key out to have the default"
        default: nil
        }
    }
}
