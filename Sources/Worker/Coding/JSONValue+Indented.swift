import WireProtocol

extension JSONValue {
    /// JSON with a line for each member and element, two spaces deeper at each level; lists of plain values in a line.
    func indented(by depth: Int = 0) -> String {
        let margin = String(repeating: "  ", count: depth + 1)
        let end = "\n" + String(repeating: "  ", count: depth)
        switch self {
        case .object(let members) where !members.isEmpty:
            let lines = members.map { member in
                margin + JSONValue.string(member.key).description + ": " + member.value.indented(by: depth + 1)
            }
            return "{\n" + lines.joined(separator: ",\n") + end + "}"
        case .array(let elements) where elements.contains { $0.objectValue != nil || $0.arrayValue != nil }:
            let lines = elements.map { margin + $0.indented(by: depth + 1) }
            return "[\n" + lines.joined(separator: ",\n") + end + "]"
        case .array(let elements): return "[" + elements.map(\.description).joined(separator: ", ") + "]"
        default: return description
        }
    }
}
