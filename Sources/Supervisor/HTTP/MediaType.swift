/// A media type such as `text/plain; charset=utf-8` (RFC 9110 § 8.3.1). Also a media range of an `Accept` header, where
/// type and subtype may be `*`.
package struct MediaType: Equatable, Sendable {
    /// In lower case, as names are compared without regard to case.
    package let type: String
    package let subtype: String

    /// Names in lower case, values as sent, quotes undone.
    package let parameters: [Parameter]

    package struct Parameter: Equatable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(_ type: String, _ subtype: String, parameters: [Parameter] = []) {
        self.type = type
        self.subtype = subtype
        self.parameters = parameters
    }

    package static var json: MediaType { MediaType("application", "json") }
    package static var eventStream: MediaType { MediaType("text", "event-stream") }
    package static var plainText: MediaType { MediaType("text", "plain") }
    package static var html: MediaType { MediaType("text", "html") }

    /// Reads the value of a `Content-Type` header; nil when it is none.
    package init?(_ value: ArraySlice<UInt8>) {
        var cursor = FieldCursor(value)
        cursor.skipBlanks()
        guard let parsed = MediaType(from: &cursor) else { return nil }
        cursor.skipBlanks()
        guard cursor.isAtEnd else { return nil }
        self = parsed
    }

    /// Whether the body is JSON: `application/json` or `application/…+json`, any parameters.
    package var isJSON: Bool {
        type == "application" && (subtype == "json" || subtype.hasSuffix("+json"))
    }

    init?(from cursor: inout FieldCursor) {
        guard let type = cursor.lowercasedToken(), cursor.take(ASCII.slash),
            let subtype = cursor.lowercasedToken()
        else { return nil }
        var parameters: [Parameter] = []
        while cursor.take(ASCII.semicolon) {
            // `a/b;` and `a/b;;c=d` are allowed (RFC 9110 § 5.6.6).
            guard let name = cursor.lowercasedToken() else { continue }
            guard cursor.take(ASCII.equals), let value = cursor.tokenOrQuoted() else { return nil }
            parameters.append(Parameter(name: name, value: value))
        }
        self.init(type, subtype, parameters: parameters)
    }
}
