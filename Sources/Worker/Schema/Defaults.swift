import WireProtocol

/// Fills in members that were left out.
enum Defaults {
    /// Whether `schema` names a default anywhere.
    static func exist(in schema: JSONValue) -> Bool {
        let properties = schema["properties"]?.objectValue ?? []
        return properties.contains { $0.value["default"] != nil || exist(in: $0.value) }
            || schema["items"].map(exist) ?? false
    }

    /// `value` with the defaults that `schema` names for members that are absent.
    static func fill(in value: JSONValue, by schema: JSONValue) -> JSONValue {
        switch value {
        case .object(var members):
            for property in schema["properties"]?.objectValue ?? [] {
                if let place = members.lastIndex(where: { $0.key == property.key }) {
                    let filled = fill(in: members[place].value, by: property.value)
                    members[place] = JSONMemberValue(key: property.key, value: filled)
                } else if let standard = property.value["default"] {
                    members.append(JSONMemberValue(key: property.key, value: standard))
                }
            }
            return .object(members)
        case .array(let elements):
            guard let items = schema["items"] else { return value }
            return .array(elements.map { fill(in: $0, by: items) })
        default:
            return value
        }
    }
}
