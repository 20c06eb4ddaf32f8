import WireProtocol

extension Field.Rule {
    private init(_ keywords: @escaping @Sendable () -> [(String, JSONValue?)]) {
        self.keywords = {
            keywords().compactMap { key, value in value.map { JSONMemberValue(key: key, value: $0) } }
        }
    }

    private static func limits<Bound: Comparable & Encodable>(
        _ range: some RangeExpression<Bound>, _ lower: String, _ upper: String
    ) -> [(String, JSONValue?)] {
        let (first, last): (Bound?, Bound?) =
            switch range {
            case let range as ClosedRange<Bound>: (range.lowerBound, range.upperBound)
            case let range as PartialRangeFrom<Bound>: (range.lowerBound, nil)
            case let range as PartialRangeThrough<Bound>: (nil, range.upperBound)
            default: preconditionFailure("ranges of fields are written 1...5, 1... or ...5")
            }
        return [(lower, bound(first)), (upper, bound(last))]
    }

    /// The end of a range as people write it: `2` rather than `2.0`, for it is shown to them.
    private static func bound(_ value: (some Encodable)?) -> JSONValue? {
        guard case .number(let digits)? = json(value), digits.hasSuffix(".0") else { return json(value) }
        return .number(String(digits.dropLast(2)))
    }

    private static func json(_ value: (some Encodable)?) -> JSONValue? {
        guard let value, let text = try? ChunkEncoder.encoded(value) else { return nil }
        return try? JSONValue.parse(text)
    }

    /// A text that the regular expression matches somewhere; anchor it with `^` and `$` to match all.
    public static func pattern(_ expression: String) -> Field.Rule {
        Field.Rule { [("pattern", .string(expression))] }
    }

    /// Something that clients should stop to send.
    public static var deprecated: Field.Rule {
        Field.Rule { [("deprecated", .bool(true))] }
    }
}

extension Field.Rule where Value: Comparable {
    /// A number within `range`: `0...2`, `1...` or `...9`.
    public static func range(_ range: some RangeExpression<Value> & Sendable) -> Field.Rule {
        Field.Rule { limits(range, "minimum", "maximum") }
    }

    /// One of these.
    public static func choices(_ choices: Value...) -> Field.Rule {
        Field.Rule { [("enum", .array(choices.compactMap { json($0) }))] }
    }
}

extension Field.Rule {
    /// A number within `range`: `0...2`, `1...` or `...9`; or null.
    public static func range<Wrapped: Comparable & Encodable & SendableMetatype>(
        _ range: some RangeExpression<Wrapped> & Sendable
    ) -> Field.Rule where Value == Wrapped? {
        Field.Rule { limits(range, "minimum", "maximum") }
    }

    /// One of these, or null.
    public static func choices<Wrapped: Encodable & Sendable>(
        _ choices: Wrapped...
    ) -> Field.Rule where Value == Wrapped? {
        Field.Rule { [("enum", .array(choices.compactMap { json($0) } + [.null]))] }
    }

    /// A text of so many characters (Unicode scalars): `1...200`, `1...` or `...80`.
    public static func length(_ range: some RangeExpression<Int> & Sendable) -> Field.Rule where Value == String {
        Field.Rule { limits(range, "minLength", "maxLength") }
    }

    /// A text of so many characters (Unicode scalars), or null.
    public static func length(_ range: some RangeExpression<Int> & Sendable) -> Field.Rule where Value == String? {
        Field.Rule { limits(range, "minLength", "maxLength") }
    }

    /// A list of so many elements: `1...4`, `1...` or `...4`.
    public static func count<Element>(
        _ range: some RangeExpression<Int> & Sendable
    ) -> Field.Rule where Value == [Element] {
        Field.Rule { limits(range, "minItems", "maxItems") }
    }
}
