import WireProtocol

/// Turns a schema document into nodes.
///
/// A work list instead of recursion: a worker can send any document, and none may exhaust the stack.
struct SchemaCompiler {
    private let document: JSONValue
    /// What has a number already, by its JSON Pointer; the order of numbers is that of ``work``.
    private var indices: [String: SchemaNode.Index] = [:]
    private var work: [(pointer: String, value: JSONValue)] = []
    private var nodes: [SchemaNode] = []
    /// Rules that cannot be enforced and are left out.
    private var omissions: [InputSchemaError] = []

    /// Compiles the schema at `pointer` of `document` and all it refers to; the first node is that schema. What is left
    /// out of it for being beyond us is said.
    static func compile(
        _ document: JSONValue, at pointer: String
    ) throws(InputSchemaError) -> (nodes: [SchemaNode], omissions: [InputSchemaError]) {
        var compiler = SchemaCompiler(document: document)
        _ = try compiler.index(ofReference: "#\(pointer)", from: "")
        while compiler.nodes.count < compiler.work.count {
            let next = compiler.work[compiler.nodes.count]
            compiler.nodes.append(try compiler.node(next.value, at: next.pointer))
        }
        try compiler.refuseCircles()
        return (compiler.nodes, compiler.omissions)
    }

    private init(document: JSONValue) {
        self.document = document
    }

    // MARK: References

    private mutating func index(of value: JSONValue, at pointer: String) -> SchemaNode.Index {
        if let index = indices[pointer] { return index }
        indices[pointer] = work.count
        work.append((pointer, value))
        return work.count - 1
    }

    /// The schema that `reference`, found at `pointer`, names.
    private mutating func index(
        ofReference reference: String, from pointer: String
    ) throws(InputSchemaError) -> SchemaNode.Index {
        guard reference == "#" || reference.hasPrefix("#/") else {
            throw InputSchemaError(
                at: pointer, "`\(reference)` cannot be followed: only references into the same document (`#/…`) can")
        }
        var value = document
        var canonical = ""
        for part in reference.dropFirst().split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let key = JSONPointer.unescaped(part)
            let element = Int(key).flatMap { index in value.arrayValue.flatMap { $0.indices ~= index ? $0[index] : nil }
            }
            guard let next = value[key] ?? element else {
                throw InputSchemaError(at: pointer, "`\(reference)` names nothing in this document")
            }
            value = next
            canonical += "/\(JSONPointer.escaped(key))"
        }
        return index(of: value, at: canonical)
    }

    // MARK: Keywords

    private mutating func node(_ value: JSONValue, at pointer: String) throws(InputSchemaError) -> SchemaNode {
        var node = SchemaNode()
        if let allows = value.boolValue {
            node.isNever = !allows
            return node
        }
        guard value.objectValue != nil else {
            throw InputSchemaError(at: pointer, "a schema must be an object, true or false")
        }
        let keywords = SchemaKeywords(schema: value, pointer: pointer)
        node.isNullable = try keywords.flag("nullable")
        node.hasDefault = value["default"] != nil
        node.types = try keywords.types()
        try readConstants(of: value, into: &node)
        try readNumberKeywords(keywords, into: &node)
        try readStringKeywords(keywords, into: &node)
        try readArrayKeywords(keywords, into: &node)
        try readObjectKeywords(keywords, into: &node)
        try readCombinations(keywords, into: &node)
        return node
    }

    private func readConstants(of value: JSONValue, into node: inout SchemaNode) throws(InputSchemaError) {
        if let constants = value["enum"]?.arrayValue { node.enumeration = constants.map(SchemaKeywords.constant) }
        if let constant = value["const"] { node.constant = SchemaKeywords.constant(constant) }
    }

    private func readNumberKeywords(
        _ keywords: SchemaKeywords, into node: inout SchemaNode
    ) throws(InputSchemaError) {
        node.minimum = try keywords.number("minimum")
        node.maximum = try keywords.number("maximum")
        // Up to draft 4, and in OpenAPI 3.0, the exclusive ones are flags that sharpen the others.
        if keywords["exclusiveMinimum"]?.boolValue == nil {
            node.exclusiveMinimum = try keywords.number("exclusiveMinimum")
        } else if try keywords.flag("exclusiveMinimum") {
            swap(&node.minimum, &node.exclusiveMinimum)
        }
        if keywords["exclusiveMaximum"]?.boolValue == nil {
            node.exclusiveMaximum = try keywords.number("exclusiveMaximum")
        } else if try keywords.flag("exclusiveMaximum") {
            swap(&node.maximum, &node.exclusiveMaximum)
        }
        node.multipleOf = try keywords.number("multipleOf")
        if let divisor = node.multipleOf, !divisor.decimal.isDivisor {
            throw keywords.error("multipleOf", "must be greater than zero and have at most 18 digits")
        }
    }

    private mutating func readStringKeywords(
        _ keywords: SchemaKeywords, into node: inout SchemaNode
    ) throws(InputSchemaError) {
        node.minimumLength = try keywords.count("minLength")
        node.maximumLength = try keywords.count("maxLength")
        if let text = try keywords.text("pattern") {
            // One rule that is not enforced is better than none that is: the rest of the schema counts.
            do throws(InputSchemaError) {
                node.pattern = (text, try keywords.pattern(text, at: "pattern"))
            } catch {
                omissions.append(error)
            }
        }
    }

    private mutating func readArrayKeywords(
        _ keywords: SchemaKeywords, into node: inout SchemaNode
    ) throws(InputSchemaError) {
        node.minimumItems = try keywords.count("minItems")
        node.maximumItems = try keywords.count("maxItems")
        node.hasUniqueItems = try keywords.flag("uniqueItems")
        // Up to draft 2019-09 a list under `items` is what is called `prefixItems` now.
        let listKeyword = keywords["items"]?.arrayValue == nil ? "prefixItems" : "items"
        node.prefixItems = try children(keywords, listKeyword) ?? []
        let restKeyword = listKeyword == "items" ? "additionalItems" : "items"
        if let rest = keywords[restKeyword] {
            node.items = index(of: rest, at: keywords.pointer(to: restKeyword))
        }
    }

    private mutating func readObjectKeywords(
        _ keywords: SchemaKeywords, into node: inout SchemaNode
    ) throws(InputSchemaError) {
        // In draft 3, and by mistake, `required` is a flag of the property itself; it says nothing here then.
        if keywords["required"]?.boolValue == nil {
            node.required = try keywords.texts("required").map(SchemaNode.Name.init)
            node.requiredKeys = Set(node.required.map(\.bytes))
        }
        for (key, schema, pointer) in try keywords.members("properties") {
            let name = SchemaNode.Name(key)
            if node.properties[name.bytes] == nil { node.propertyOrder.append(name) }
            node.properties[name.bytes] = index(of: schema, at: pointer)
        }
        for (key, schema, pointer) in try keywords.members("patternProperties") {
            node.patternProperties.append(
                (try keywords.pattern(key, at: "patternProperties"), index(of: schema, at: pointer)))
        }
        if let rest = keywords["additionalProperties"] {
            node.additionalProperties = index(of: rest, at: keywords.pointer(to: "additionalProperties"))
        }
        node.minimumProperties = try keywords.count("minProperties")
        node.maximumProperties = try keywords.count("maxProperties")
    }

    private mutating func readCombinations(
        _ keywords: SchemaKeywords, into node: inout SchemaNode
    ) throws(InputSchemaError) {
        if let reference = try keywords.text("$ref") {
            let target = try index(ofReference: reference, from: keywords.pointer(to: "$ref"))
            node.reference = target
            node.all.append(target)
        }
        node.all += try children(keywords, "allOf") ?? []
        node.any = try children(keywords, "anyOf")
        node.one = try children(keywords, "oneOf")
        if let not = keywords["not"] {
            node.not = (index(of: not, at: keywords.pointer(to: "not")), not.description)
        }
    }

    private mutating func children(
        _ keywords: SchemaKeywords, _ key: String
    ) throws(InputSchemaError) -> [SchemaNode.Index]? {
        guard let elements = try keywords.list(key) else { return nil }
        let pointer = keywords.pointer(to: key)
        return elements.enumerated().map { index(of: $1, at: "\(pointer)/\($0)") }
    }

    // MARK: Circles

    /// Refuses schemas that apply to themselves without going into the value: they could never be finished with.
    private func refuseCircles() throws(InputSchemaError) {
        // Nodes leave when all that apply them have left (Kahn 1962); whoever remains is in, or behind, a circle.
        var users = [Int](repeating: 0, count: nodes.count)
        for node in nodes { for target in node.appliedInPlace { users[target] += 1 } }
        var free = users.indices.filter { users[$0] == 0 }
        while let index = free.popLast() {
            for target in nodes[index].appliedInPlace {
                users[target] -= 1
                if users[target] == 0 { free.append(target) }
            }
        }
        guard let circle = users.firstIndex(where: { $0 > 0 }) else { return }
        throw InputSchemaError(at: work[circle].pointer, "it refers to itself without end")
    }
}

extension SchemaNode {
    /// The schemas that apply to the same value as this one.
    fileprivate var appliedInPlace: [Index] {
        all + (any ?? []) + (one ?? []) + (not.map { [$0.schema] } ?? [])
    }
}
