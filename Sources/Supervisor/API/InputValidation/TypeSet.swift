/// The types that a schema allows.
struct TypeSet: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = TypeSet(rawValue: 1 << 0)
    static let boolean = TypeSet(rawValue: 1 << 1)
    static let number = TypeSet(rawValue: 1 << 2)
    static let integer = TypeSet(rawValue: 1 << 3)
    static let string = TypeSet(rawValue: 1 << 4)
    static let array = TypeSet(rawValue: 1 << 5)
    static let object = TypeSet(rawValue: 1 << 6)

    private static let names: [(name: String, type: TypeSet)] = [
        ("null", .null), ("boolean", .boolean), ("number", .number), ("integer", .integer), ("string", .string),
        ("array", .array), ("object", .object),
    ]

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The type by its name in JSON Schema.
    init?(name: String) {
        guard let entry = Self.names.first(where: { $0.name == name }) else { return nil }
        self = entry.type
    }

    /// `type "string"` or `types "string", "null"`.
    var description: String {
        let names = Self.names.filter { contains($0.type) }.map { "\"\($0.name)\"" }
        return (names.count == 1 ? "type " : "types ") + names.joined(separator: ", ")
    }
}
