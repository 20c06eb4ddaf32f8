/// One schema of a document, ready to be applied. Other schemas are named by their index among the document's nodes,
/// so that a schema can contain itself.
struct SchemaNode: Sendable {
    typealias Index = Int

    /// `false`: accepts nothing.
    var isNever = false
    /// Nil: every type.
    var types: TypeSet?
    /// OpenAPI's `nullable`: null is accepted whatever else is demanded.
    var isNullable = false
    /// Whether there is a `default`; its value does not matter here.
    var hasDefault = false
    var enumeration: [Constant]?
    var constant: Constant?

    var minimum: Bound?
    var maximum: Bound?
    var exclusiveMinimum: Bound?
    var exclusiveMaximum: Bound?
    var multipleOf: Bound?

    var minimumLength: Int?
    var maximumLength: Int?
    var pattern: (text: String, pattern: Pattern)?

    var items: Index?
    var prefixItems: [Index] = []
    var minimumItems: Int?
    var maximumItems: Int?
    var hasUniqueItems = false

    var required: [Name] = []
    /// The same for looking up.
    var requiredKeys: Set<[UInt8]> = []
    /// In the order of the document.
    var propertyOrder: [Name] = []
    var properties: [[UInt8]: Index] = [:]
    var patternProperties: [(pattern: Pattern, schema: Index)] = []
    var additionalProperties: Index?
    var minimumProperties: Int?
    var maximumProperties: Int?

    /// `$ref` and `allOf`: all of them apply to the same value.
    var all: [Index] = []
    /// The first of ``all`` that comes from `$ref`.
    var reference: Index?
    var any: [Index]?
    var one: [Index]?
    var not: (schema: Index, text: String)?

    /// Whether a number has to be looked into.
    var constrainsNumbers: Bool {
        minimum != nil || maximum != nil || exclusiveMinimum != nil || exclusiveMaximum != nil || multipleOf != nil
    }

    /// Whether a string has to be looked into.
    var constrainsStrings: Bool { minimumLength != nil || maximumLength != nil || pattern != nil }

    /// Whether an array has to be walked through.
    var constrainsArrays: Bool {
        items != nil || !prefixItems.isEmpty || minimumItems != nil || maximumItems != nil || hasUniqueItems
    }

    /// Whether an object has to be walked through.
    var constrainsObjects: Bool {
        !required.isEmpty || !properties.isEmpty || !patternProperties.isEmpty || additionalProperties != nil
            || minimumProperties != nil || maximumProperties != nil
    }

    /// A value of the schema: how it was written and what it means.
    struct Constant: Sendable {
        let text: String
        let digest: InputDigest
    }

    /// A number of the schema.
    struct Bound: Sendable {
        let text: String
        let number: ExactNumber
        let decimal: DecimalNumber

        /// Below 0, 0 or above 0, as `other` is less than this, equal to it or greater.
        func order(of other: ExactNumber) -> Int {
            switch (other, number) {
            case (.integer(let other), .integer(let own)): other < own ? -1 : other > own ? 1 : 0
            default: other.decimal < decimal ? -1 : decimal < other.decimal ? 1 : 0
            }
        }
    }

    /// A key, as text for messages and as bytes for comparing: Swift's `String` takes different spellings of an
    /// accented letter for equal, JSON does not.
    struct Name: Sendable {
        let text: String
        let bytes: [UInt8]

        init(_ text: String) {
            self.text = text
            bytes = Array(text.utf8)
        }
    }
}
