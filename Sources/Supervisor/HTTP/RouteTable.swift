/// The routes as a tree of segments; leaves carry numbers, so that nothing here is generic.
struct RouteTable: Sendable {
    enum Match {
        case found(Int, PathParameters)
        case methodNotAllowed(allow: String)
        case notFound
    }

    private struct Node: Sendable {
        var literals: [(segment: [UInt8], node: Int)] = []

        /// The child for a segment of any content.
        var parameter: Int?

        /// Methods of the path that ends here; empty for a mere prefix.
        var methods: [(method: Method, index: Int)] = []
        var allow = ""

        /// Names of the parameters on the way here.
        var names: [String] = []
    }

    /// The root is the first.
    private var nodes = [Node()]

    mutating func add(_ method: Method, _ pattern: String, _ index: Int) {
        precondition(pattern.hasPrefix("/"), "A route begins with a slash: \(pattern)")
        var node = 0
        var names: [String] = []
        for segment in pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            if segment.hasPrefix("{"), segment.hasSuffix("}") {
                names.append(String(segment.dropFirst().dropLast()))
                node = parameterChild(of: node)
            } else {
                node = literalChild(of: node, Array(segment.utf8))
            }
        }
        precondition(
            nodes[node].methods.isEmpty || nodes[node].names == names,
            "Two routes differ only in the names of their parameters: \(pattern)")
        precondition(
            !nodes[node].methods.contains { $0.method == method }, "Route added twice: \(method.name) \(pattern)")
        nodes[node].names = names
        nodes[node].methods.append((method, index))
        nodes[node].allow = Self.allow(nodes[node].methods.map(\.method))
    }

    func match(_ method: Method, _ path: ArraySlice<UInt8>) throws(HTTPError) -> Match {
        guard path.first == ASCII.slash else { return .notFound }
        var captures: [Range<Int>] = []
        guard let leaf = find(path, from: path.startIndex + 1, node: 0, &captures) else { return .notFound }
        let node = nodes[leaf]
        guard let index = Self.index(of: method, in: node) else { return .methodNotAllowed(allow: node.allow) }
        var values: [String] = []
        for (name, range) in zip(node.names, captures) {
            values.append(try PathDecoder.decode(path[range], name: name))
        }
        return .found(index, PathParameters(names: node.names, values: values))
    }

    /// The leaf for the segments of `path` from `start` on. Goes back when the literal way ends nowhere:
    /// `/predictions/x` may be an id, `/predictions/x/y` a route below a parameter.
    private func find(
        _ path: ArraySlice<UInt8>, from start: Int, node: Int, _ captures: inout [Range<Int>]
    ) -> Int? {
        let end = path[start...].firstIndex(of: ASCII.slash) ?? path.endIndex
        if let literal = nodes[node].literals.first(where: { $0.segment.elementsEqual(path[start..<end]) }),
            let leaf = leaf(path, behind: end, literal.node, &captures)
        {
            return leaf
        }
        guard let parameter = nodes[node].parameter, start < end else { return nil }
        captures.append(start..<end)
        if let leaf = leaf(path, behind: end, parameter, &captures) { return leaf }
        captures.removeLast()
        return nil
    }

    private func leaf(
        _ path: ArraySlice<UInt8>, behind end: Int, _ node: Int, _ captures: inout [Range<Int>]
    ) -> Int? {
        guard end == path.endIndex else { return find(path, from: end + 1, node: node, &captures) }
        return nodes[node].methods.isEmpty ? nil : node
    }

    private static func index(of method: Method, in node: Node) -> Int? {
        if let own = node.methods.first(where: { $0.method == method }) { return own.index }
        guard method == .head else { return nil }
        return node.methods.first { $0.method == .get }?.index
    }

    /// Cog's form: no blanks, and HEAD behind the GET that serves it.
    private static func allow(_ methods: [Method]) -> String {
        var names: [String] = []
        for method in methods where !(method == .head && methods.contains(.get)) {
            names.append(method == .get ? "GET,HEAD" : method.name)
        }
        return names.joined(separator: ",")
    }

    private mutating func literalChild(of node: Int, _ segment: [UInt8]) -> Int {
        if let known = nodes[node].literals.first(where: { $0.segment == segment }) { return known.node }
        nodes.append(Node())
        nodes[node].literals.append((segment, nodes.count - 1))
        return nodes.count - 1
    }

    private mutating func parameterChild(of node: Int) -> Int {
        if let known = nodes[node].parameter { return known }
        nodes.append(Node())
        nodes[node].parameter = nodes.count - 1
        return nodes.count - 1
    }
}
