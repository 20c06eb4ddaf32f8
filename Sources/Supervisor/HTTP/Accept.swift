/// The value of an `Accept` header: what the client can read, and how gladly (RFC 9110 § 12.5.1).
package struct Accept: Equatable, Sendable {
    /// A media range with its weight.
    package struct Element: Equatable, Sendable {
        /// `type` and `subtype` may be `*`; parameters without `q`.
        package let range: MediaType

        /// Thousandths: 0 (never) to 1000 (the default).
        package let quality: Int

        /// Of the ranges that fit a type, the most specific one counts, not the first and not the most welcome.
        fileprivate var specificity: Int {
            if range.type == "*" { return 0 }
            return range.subtype == "*" ? 1 : 2 + range.parameters.count
        }

        fileprivate func covers(_ type: MediaType) -> Bool {
            guard range.type == "*" || range.type == type.type else { return false }
            guard range.subtype == "*" || range.subtype == type.subtype else { return false }
            return range.parameters.allSatisfy { parameter in
                type.parameters.contains {
                    $0.name == parameter.name && $0.value.lowercased() == parameter.value.lowercased()
                }
            }
        }
    }

    /// In the order sent. Elements that cannot be read are left out: a client's slip must not cost it the answer.
    package let elements: [Element]

    /// - Parameter value: all `Accept` lines as one list (`Headers.list`); nil without such a line, which means that
    ///   everything is welcome. An empty one means the same.
    package init(_ value: ArraySlice<UInt8>?) {
        var elements: [Element] = []
        var cursor = FieldCursor(value ?? [])
        while !cursor.isAtEnd {
            cursor.skipBlanks()
            if let element = Self.element(&cursor) { elements.append(element) }
            cursor.skipElement()
        }
        self.elements = elements
    }

    /// How welcome `type` is, in thousandths; 0 when it is not acceptable.
    package func quality(of type: MediaType) -> Int {
        guard !elements.isEmpty else { return 1000 }
        var best: Element?
        for element in elements where element.covers(type) && element.specificity > best?.specificity ?? -1 {
            best = element
        }
        return best?.quality ?? 0
    }

    /// Whether the client names exactly this type, no wildcard, with a weight above 0. A browser that sends `*/*` does
    /// not ask for a stream; one that sends `text/event-stream` does.
    package func names(_ type: MediaType) -> Bool {
        elements.contains { element in
            element.quality > 0 && element.range.type == type.type && element.range.subtype == type.subtype
        }
    }

    /// The most welcome of `types`, the first of equals; nil when none is acceptable.
    package func preferred(among types: [MediaType]) -> MediaType? {
        var best: (type: MediaType, quality: Int)?
        for type in types {
            let quality = quality(of: type)
            if quality > best?.quality ?? 0 { best = (type, quality) }
        }
        return best?.type
    }

    private static func element(_ cursor: inout FieldCursor) -> Element? {
        guard let parsed = MediaType(from: &cursor) else { return nil }
        cursor.skipBlanks()
        guard cursor.isAtEnd || cursor.isAtComma else { return nil }
        guard parsed.type != "*" || parsed.subtype == "*" else { return nil }
        guard let weight = parsed.parameters.firstIndex(where: { $0.name == "q" }) else {
            return Element(range: parsed, quality: 1000)
        }
        guard let quality = quality(parsed.parameters[weight].value) else { return nil }
        // What follows the weight are extensions that nobody defined (RFC 9110 § 12.5.1): dropped with it.
        let range = MediaType(parsed.type, parsed.subtype, parameters: Array(parsed.parameters[..<weight]))
        return Element(range: range, quality: quality)
    }

    /// `0`, `1`, and up to three decimals; nothing above 1 (RFC 9110 § 12.4.2).
    private static func quality(_ text: String) -> Int? {
        let digits = Array(text.utf8)
        guard (1...5).contains(digits.count), digits[0] == 0x30 || digits[0] == 0x31 else { return nil }
        if digits.count > 1, digits[1] != 0x2E { return nil }
        var thousandths = Int(digits[0] & 0x0F) * 1000
        var scale = 100
        for digit in digits.dropFirst(2) {
            guard ASCII.isDigit(digit) else { return nil }
            thousandths += Int(digit & 0x0F) * scale
            scale /= 10
        }
        return thousandths <= 1000 ? thousandths : nil
    }
}
