import FoundationEssentials
import WireProtocol

/// Finds a type's schema by letting it decode itself and noting what it asks for.
///
/// Works for what the compiler writes and for most of what people write; a type that refuses the values it is given
/// (zero, the empty text, the first case) gets the schema of what it had asked for until then, without `required`.
struct SchemaProbe {
    /// The types that are being probed, outermost first; one that comes again inside itself is not entered.
    private var types: [ObjectIdentifier] = []

    /// The schema of what decodes as `type`.
    static func schema(of type: any Decodable.Type) -> Schema {
        SchemaProbe().probe(type).schema
    }

    /// A schema, and a value that satisfies it if one was found.
    struct Finding {
        var schema: Schema
        var value: (any Decodable)?
    }

    /// Probes any type.
    func probe(_ type: any Decodable.Type) -> Finding {
        if let known = Self.known(type) { return known }
        if let type = type as? any OptionalType.Type {
            let schema = (type.wrapped as? any Decodable.Type).map { probe($0).schema } ?? .any
            return Finding(schema: schema.with("nullable", .bool(true)), value: type.none as? any Decodable)
        }
        if let type = type as? any CollectionType.Type {
            let element = (type.element as? any Decodable.Type).map { probe($0).schema } ?? .any
            return Finding(schema: type.schema(of: element), value: type.empty as? any Decodable)
        }
        if let type = type as? any CaseIterable.Type, let finding = Self.enumeration(type) { return finding }
        return probeMembers(type)
    }

    /// Types that do not say by decoding themselves how they look in JSON.
    private static func known(_ type: any Decodable.Type) -> Finding? {
        switch type {
        case is Bool.Type: Finding(schema: Schema("boolean"), value: false)
        case is String.Type: Finding(schema: Schema("string"), value: "")
        case is Double.Type: Finding(schema: Schema("number"), value: 0.0)
        case is Float.Type: Finding(schema: Schema("number"), value: Float(0))
        case is RawJSON.Type: Finding(schema: .any, value: RawJSON.null)
        case is Decimal.Type: Finding(schema: Schema("number"), value: Decimal(0))
        case is URL.Type: Finding(schema: Schema("string", format: "uri"), value: URL(string: "file:///"))
        case is Data.Type: Finding(schema: Schema("string", format: "byte"), value: Data())
        case let type as any (FixedWidthInteger & Decodable).Type: integer(type)
        default: nil
        }
    }

    private static func integer<Number: FixedWidthInteger & Decodable>(_ type: Number.Type) -> Finding {
        // The ends of 64 bits say nothing that a client could use, and readers that know binary numbers only round them.
        let isSmall = type.bitWidth < 64
        let schema = Schema("integer")
            .with("minimum", isSmall || !type.isSigned ? .number("\(type.min)") : nil)
            .with("maximum", isSmall ? .number("\(type.max)") : nil)
        return Finding(schema: schema, value: Number.zero)
    }

    /// An enumeration with raw values.
    private static func enumeration<Enumeration: CaseIterable>(_ type: Enumeration.Type) -> Finding? {
        let cases = Enumeration.allCases.compactMap { value -> JSONValue? in
            switch (value as? any RawRepresentable)?.rawValue {
            case let text as String: .string(text)
            case let number as any FixedWidthInteger: .number("\(number)")
            default: nil
            }
        }
        guard let first = cases.first, cases.count == Enumeration.allCases.count else { return nil }
        let schema = Schema(first.stringValue == nil ? "integer" : "string").with("enum", .array(cases))
        return Finding(schema: schema, value: Enumeration.allCases.first as? any Decodable)
    }

    /// A type that decodes itself from parts.
    private func probeMembers(_ type: any Decodable.Type) -> Finding {
        let identifier = ObjectIdentifier(type)
        guard !types.contains(identifier) else { return Finding(schema: Schema("object"), value: nil) }
        var inner = self
        inner.types.append(identifier)
        let decoder = ProbeDecoder(probe: inner, path: [])
        let value = try? type.init(from: decoder)
        var schema = decoder.record.schema(isComplete: value != nil)
        if let type = type as? any HandlerInput.Type, let value {
            schema = FieldSchema.apply(definitions(of: type), probed: value, to: schema)
        }
        return Finding(schema: schema, value: value)
    }

    private func definitions<Input: HandlerInput>(of type: Input.Type) -> Any { type.init() }
}
