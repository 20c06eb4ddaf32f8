/// A collection that is written as a JSON array or object and may be empty.
protocol CollectionType {
    static var empty: Self { get }
    /// The type of its elements.
    static var element: Any.Type { get }
    /// The schema, given that of an element.
    static func schema(of element: Schema) -> Schema
}

extension Array: CollectionType {
    static var empty: Self { [] }
    static var element: Any.Type { Element.self }
    static func schema(of element: Schema) -> Schema { Schema("array").with("items", element.json) }
}

extension Set: CollectionType {
    static var empty: Self { [] }
    static var element: Any.Type { Element.self }
    static func schema(of element: Schema) -> Schema {
        Schema("array").with("items", element.json).with("uniqueItems", .bool(true))
    }
}

extension Dictionary: CollectionType where Key == String {
    static var empty: Self { [:] }
    static var element: Any.Type { Value.self }
    static func schema(of element: Schema) -> Schema {
        Schema("object").with("additionalProperties", element.json)
    }
}
