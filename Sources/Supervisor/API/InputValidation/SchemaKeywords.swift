import WireProtocol

/// The keywords of one schema object, read with their types.
struct SchemaKeywords {
    let schema: JSONValue
    /// Where the schema stands.
    let pointer: String

    subscript(key: String) -> JSONValue? { schema[key] }

    func pointer(to key: String) -> String { "\(pointer)/\(JSONPointer.escaped(key))" }

    func error(_ key: String, _ message: String) -> InputSchemaError {
        InputSchemaError(at: pointer(to: key), message)
    }

    func flag(_ key: String) throws(InputSchemaError) -> Bool {
        guard let value = schema[key] else { return false }
        guard let flag = value.boolValue else { throw error(key, "must be true or false") }
        return flag
    }

    func text(_ key: String) throws(InputSchemaError) -> String? {
        guard let value = schema[key] else { return nil }
        guard let text = value.stringValue else { throw error(key, "must be a string") }
        return text
    }

    func list(_ key: String) throws(InputSchemaError) -> [JSONValue]? {
        guard let value = schema[key] else { return nil }
        guard let elements = value.arrayValue else { throw error(key, "must be an array") }
        return elements
    }

    func texts(_ key: String) throws(InputSchemaError) -> [String] {
        try list(key).map { (elements) throws(InputSchemaError) in
            var texts: [String] = []
            for element in elements {
                guard let text = element.stringValue else { throw error(key, "must be an array of strings") }
                texts.append(text)
            }
            return texts
        } ?? []
    }

    /// The members of an object of schemas with their pointers.
    func members(_ key: String) throws(InputSchemaError) -> [(key: String, schema: JSONValue, pointer: String)] {
        guard let value = schema[key] else { return [] }
        guard let members = value.objectValue else { throw error(key, "must be an object") }
        return members.map { ($0.key, $0.value, "\(pointer(to: key))/\(JSONPointer.escaped($0.key))") }
    }

    /// A length or count: a whole number from 0.
    func count(_ key: String) throws(InputSchemaError) -> Int? {
        // 2.0 is a whole number too; generators write it.
        guard let bound = try number(key) else { return nil }
        guard case .integer(let count) = bound.number, count >= 0 else {
            throw error(key, "must be a whole number from 0")
        }
        return count
    }

    func number(_ key: String) throws(InputSchemaError) -> SchemaNode.Bound? {
        guard let value = schema[key] else { return nil }
        guard case .number(let text) = value else { throw error(key, "must be a number") }
        let bytes = Array(text.utf8)
        return SchemaNode.Bound(
            text: text, number: bytes.withUnsafeBytes { ExactNumber($0) }, decimal: DecimalNumber(bytes))
    }

    func types() throws(InputSchemaError) -> TypeSet? {
        guard let value = schema["type"] else { return nil }
        let names = value.stringValue.map { [JSONValue.string($0)] } ?? value.arrayValue ?? [.null]
        var types: TypeSet = []
        for name in names {
            guard let text = name.stringValue, let type = TypeSet(name: text) else {
                throw error("type", "must name types of JSON, not \(name)")
            }
            types.insert(type)
        }
        return types
    }

    func pattern(_ text: String, at key: String) throws(InputSchemaError) -> Pattern {
        do throws(PatternError) {
            return try Pattern(text)
        } catch {
            throw self.error(key, "the pattern `\(text)` cannot be used: \(error.message)")
        }
    }

    static func constant(_ value: JSONValue) -> SchemaNode.Constant {
        let raw = RawJSON(unchecked: value.bytes)
        return SchemaNode.Constant(text: raw.description, digest: InputDigest(raw))
    }
}
