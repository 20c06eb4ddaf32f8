/// A node that is shared, so that looking at it copies one reference and not a score of them.
final class CompiledSchema: Sendable {
    let node: SchemaNode

    init(_ node: SchemaNode) {
        self.node = node
    }
}
