/// The value of a `Prefer` header: `respond-async, wait=10; strict, note="a, b"` (RFC 7240 § 2).
package struct Preferences: Equatable, Sendable {
    package struct Preference: Equatable, Sendable {
        /// In lower case.
        package let name: String

        /// As sent, quotes undone; empty when there is none, which means the same as an empty one.
        package let value: String

        /// Names in lower case.
        package let parameters: [MediaType.Parameter]
    }

    /// In the order sent; of a name that comes twice only the first counts. Elements that cannot be read are left out.
    package let all: [Preference]

    /// - Parameter value: all `Prefer` lines as one list (`Headers.list`); nil without such a line.
    package init(_ value: ArraySlice<UInt8>?) {
        var all: [Preference] = []
        var cursor = FieldCursor(value ?? [])
        while !cursor.isAtEnd {
            cursor.skipBlanks()
            if let preference = Self.preference(&cursor), !all.contains(where: { $0.name == preference.name }) {
                all.append(preference)
            }
            cursor.skipElement()
        }
        self.all = all
    }

    /// The preference of that name, in lower case.
    package subscript(_ name: String) -> Preference? {
        all.first { $0.name == name }
    }

    /// Whether the client would rather be answered at once than when the work is done.
    package var respondAsync: Bool { self["respond-async"] != nil }

    /// How many seconds the client would wait for the work; nil without a `wait` that is a number.
    package var wait: Int? { self["wait"].flatMap { Int($0.value) }.flatMap { $0 >= 0 ? $0 : nil } }

    private static func preference(_ cursor: inout FieldCursor) -> Preference? {
        guard let head = parameter(&cursor) else { return nil }
        var parameters: [MediaType.Parameter] = []
        while cursor.take(ASCII.semicolon) {
            if let next = parameter(&cursor) { parameters.append(next) }
        }
        cursor.skipBlanks()
        guard cursor.isAtEnd || cursor.isAtComma else { return nil }
        return Preference(name: head.name, value: head.value, parameters: parameters)
    }

    private static func parameter(_ cursor: inout FieldCursor) -> MediaType.Parameter? {
        guard let name = cursor.lowercasedToken() else { return nil }
        guard cursor.take(ASCII.equals) else { return MediaType.Parameter(name: name, value: "") }
        return MediaType.Parameter(name: name, value: cursor.tokenOrQuoted() ?? "")
    }
}
