import WireProtocol

extension InputSchema {
    /// `input` with the two edits that Cog makes, and not a byte of anything else changed.
    ///
    /// For deployments of Cog models only; inputs of all others go to the worker verbatim. What is no object is
    /// returned as it is, and so is an input in which there is nothing to edit.
    ///
    /// - Parameters:
    ///   - dropUnknownFields: Takes out top-level members that the schema does not know, and of equal names all but the
    ///     last. Does nothing when the schema names no properties.
    ///   - fillNulls: Adds `null` for absent properties that are `nullable`, not required and without `default`.
    package func editedInput(_ input: RawJSON, dropUnknownFields: Bool, fillNulls: Bool) -> RawJSON {
        guard let members = input.bytes.withUnsafeBytes({ try? JSONScanner.members(of: $0) }) else { return input }
        let properties = knownProperties()
        let drops = dropUnknownFields && !properties.isEmpty
        // Which of equal names counts is Cog's to say for its models: the last.
        var last: [[UInt8]: Int] = [:]
        if drops { for index in members.indices { last[Array(members[index].key.utf8)] = index } }
        let kept = members.indices.filter { index in
            !drops
                || (last[Array(members[index].key.utf8)] == index
                    && properties.contains { $0.name.bytes.elementsEqual(members[index].key.utf8) })
        }
        var additions: [SchemaNode.Name] = []
        if fillNulls {
            additions = properties.filter(\.isFilled).map(\.name).filter { name in
                !members.contains { $0.key.utf8.elementsEqual(name.bytes) }
            }
        }
        if kept.count == members.count, additions.isEmpty { return input }
        return RawJSON(unchecked: Self.rebuild(input.bytes, members, keeping: kept, adding: additions))
    }

    /// The names of the top-level members that `editedInput` would drop, each once.
    package func unknownFields(of input: RawJSON) -> [String] {
        guard let members = input.bytes.withUnsafeBytes({ try? JSONScanner.members(of: $0) }) else { return [] }
        let known = Set(knownProperties().map(\.name.bytes))
        var seen: Set<String> = []
        return members.map(\.key).filter { !known.contains(Array($0.utf8)) && seen.insert($0).inserted }
    }

    private static func rebuild(
        _ bytes: [UInt8], _ members: [JSONMember], keeping kept: [Int], adding additions: [SchemaNode.Name]
    ) -> [UInt8] {
        // Up to the first member, or up to the closing bracket when there is none.
        let closing = bytes.lastIndex(of: UInt8(ascii: "}")) ?? bytes.count
        var output = Array(bytes[..<(members.first?.keyRange.lowerBound ?? closing)])
        for (position, index) in kept.enumerated() {
            // A member keeps the comma and the white space that stood before it.
            if position > 0 {
                output += bytes[members[index - 1].value.upperBound..<members[index].keyRange.lowerBound]
            }
            output += bytes[members[index].keyRange.lowerBound..<members[index].value.upperBound]
        }
        for (position, name) in additions.enumerated() {
            if position > 0 || !kept.isEmpty { output.append(UInt8(ascii: ",")) }
            JSONWriter.appendString(name.text, to: &output)
            output += Array(":null".utf8)
        }
        return output + bytes[(members.last?.value.upperBound ?? closing)...]
    }

    /// A property of the input itself.
    private struct KnownProperty {
        let name: SchemaNode.Name
        /// Whether it is given as `null` when it is absent.
        let isFilled: Bool
    }

    /// The properties of the root schema and of those it is made of by `$ref` and `allOf`.
    private func knownProperties() -> [KnownProperty] {
        let parts = parts(of: 0)
        let required = Set(parts.flatMap { nodes[$0].node.required.map(\.bytes) })
        var known: [[UInt8]: Bool] = [:]
        var order: [SchemaNode.Name] = []
        for node in parts.map({ nodes[$0].node }) {
            for name in node.propertyOrder where known[name.bytes] == nil {
                guard let property = node.properties[name.bytes] else { continue }
                order.append(name)
                known[name.bytes] = isNullableWithoutDefault(property) && !required.contains(name.bytes)
            }
        }
        return order.map { KnownProperty(name: $0, isFilled: known[$0.bytes] ?? false) }
    }

    /// The schema `index` and all that apply to the same value as parts of it.
    private func parts(of index: SchemaNode.Index) -> [SchemaNode.Index] {
        var parts = [index]
        var position = 0
        while position < parts.count {
            for part in nodes[parts[position]].node.all where !parts.contains(part) { parts.append(part) }
            position += 1
        }
        return parts
    }

    /// `$ref` counts as if its target stood in its place, as Cog inlines it; `allOf` does not.
    private func isNullableWithoutDefault(_ index: SchemaNode.Index) -> Bool {
        var isNullable = false
        var next: SchemaNode.Index? = index
        while let index = next {
            let node = nodes[index].node
            if node.hasDefault { return false }
            if node.isNullable { isNullable = true }
            next = node.reference
        }
        return isNullable
    }
}
