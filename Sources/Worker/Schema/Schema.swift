import WireProtocol

/// A JSON Schema in the form of OpenAPI 3.0, as far as Swift types need it.
struct Schema: Equatable, Sendable {
    /// In the order in which they are shown.
    private(set) var keywords: [JSONMemberValue]

    /// Anything.
    static let any = Schema(keywords: [])

    private init(keywords: [JSONMemberValue]) {
        self.keywords = keywords
    }

    /// Values of one type: `string`, `integer`, `number`, `boolean`, `array`, `object`.
    init(_ type: String, format: String? = nil) {
        keywords = [JSONMemberValue(key: "type", value: .string(type))]
        if let format { self["format"] = .string(format) }
    }

    /// The value of a keyword.
    subscript(keyword: String) -> JSONValue? {
        get { keywords.last { $0.key == keyword }?.value }
        set {
            let place = keywords.firstIndex { $0.key == keyword }
            guard let newValue else {
                if let place { keywords.remove(at: place) }
                return
            }
            let member = JSONMemberValue(key: keyword, value: newValue)
            if let place { keywords[place] = member } else { keywords.append(member) }
        }
    }

    /// The same with one keyword more, or none when `value` is nil.
    func with(_ keyword: String, _ value: JSONValue?) -> Schema {
        var schema = self
        if let value { schema[keyword] = value }
        return schema
    }

    /// The same, titled before all else.
    func titled(_ title: String) -> Schema {
        Schema(keywords: [JSONMemberValue(key: "title", value: .string(title))] + keywords)
    }

    /// As JSON.
    var json: JSONValue { .object(keywords) }

    /// As bytes.
    var raw: RawJSON { RawJSON(unchecked: json.bytes) }

    /// `max_tokens` and `maxTokens` as `Max Tokens`.
    static func title(of key: String) -> String {
        var words = ""
        var isStart = true
        for character in key {
            if character == "_" || character == "-" || character == "." {
                isStart = true
                continue
            }
            let isHump = character.isUppercase && words.last?.isLowercase == true
            if (isStart || isHump) && !words.isEmpty { words += " " }
            words += isStart || isHump ? character.uppercased() : String(character)
            isStart = false
        }
        return words
    }
}
