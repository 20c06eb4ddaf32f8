import WireProtocol

/// Puts what the fields of a ``HandlerInput`` say about themselves into its schema.
enum FieldSchema {
    /// - Parameters:
    ///   - definitions: An input as its `init()` makes it: its fields know their rules, not their keys.
    ///   - probed: An input as decoding makes it: its fields know their keys, not their rules.
    static func apply(_ definitions: Any, probed: Any, to schema: Schema) -> Schema {
        let keys = fields(of: probed).reduce(into: [:]) { keys, field in keys[field.label] = field.field.key }
        var properties = schema["properties"]?.objectValue ?? []
        var required = schema["required"]?.arrayValue ?? []
        for (label, field) in fields(of: definitions) {
            guard let key = keys[label], let place = properties.firstIndex(where: { $0.key == key }) else { continue }
            let definition = field.definition
            var members = properties[place].value.objectValue ?? []
            let nullable = members.firstIndex { $0.key == "nullable" }.map { members.remove(at: $0) }
            if let value = definition.defaultValue { members.append(JSONMemberValue(key: "default", value: value)) }
            if let nullable { members.append(nullable) }
            if let text = definition.description {
                members.append(JSONMemberValue(key: "description", value: .string(text)))
            }
            for keyword in definition.keywords {
                // A rule of the author's takes the place of what the type alone says.
                members.removeAll { $0.key == keyword.key }
                members.append(keyword)
            }
            properties[place] = JSONMemberValue(key: key, value: .object(members))
            if definition.defaultValue != nil { required.removeAll { $0.stringValue == key } }
        }
        var schema = schema
        schema["properties"] = .object(properties)
        schema["required"] = required.isEmpty ? nil : .array(required)
        return schema
    }

    /// The fields of an input with the names of their properties.
    private static func fields(of input: Any) -> [(label: String, field: any SomeField)] {
        Mirror(reflecting: input).children.compactMap { child in
            guard let label = child.label, let field = child.value as? any SomeField else { return nil }
            return (label, field)
        }
    }
}
