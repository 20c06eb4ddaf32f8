/// A field of any type, as the schema sees it.
protocol SomeField: Decodable {
    static var valueType: any Decodable.Type { get }
    static func probed(_ value: any Decodable, key: String) -> any SomeField
    var definition: FieldDefinition { get }
    var key: String? { get }
}
