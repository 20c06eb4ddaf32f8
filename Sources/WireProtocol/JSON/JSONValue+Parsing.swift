extension JSONValue {
    /// Parses exactly one JSON value; white space around it is allowed.
    public static func parse(_ text: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
        var cursor = JSONCursor(text)
        do throws(JSONError.Reason) {
            try cursor.skipStart()
            let value = try cursor.readValue(depth: 0)
            try cursor.skipEnd()
            return value
        } catch {
            throw JSONError(error, at: cursor.position, in: text)
        }
    }

    /// Parses exactly one JSON value; white space around it is allowed.
    public static func parse(_ text: [UInt8]) throws(JSONError) -> JSONValue {
        let result = text.withUnsafeBytes { (bytes) -> Result<JSONValue, JSONError> in
            do throws(JSONError) {
                return .success(try parse(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Parses exactly one JSON value from a string.
    public static func parse(_ text: String) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8))
    }
}

extension JSONCursor {
    /// Reads one value. Recurs once for each level, of which there are at most ``JSONScanner/maximumDepth``.
    fileprivate mutating func readValue(depth: Int) throws(JSONError.Reason) -> JSONValue {
        let start = position
        switch current {
        case UInt8(ascii: "{"):
            guard depth < JSONScanner.maximumDepth else { throw .tooDeep }
            return .object(try readObject(depth: depth + 1))
        case UInt8(ascii: "["):
            guard depth < JSONScanner.maximumDepth else { throw .tooDeep }
            return .array(try readArray(depth: depth + 1))
        case UInt8(ascii: "\""):
            return .string(try readString())
        case UInt8(ascii: "t"):
            try skipScalar()
            return .bool(true)
        case UInt8(ascii: "f"):
            try skipScalar()
            return .bool(false)
        case UInt8(ascii: "n"):
            try skipScalar()
            return .null
        default:
            try skipScalar()
            return .number(String(decoding: UnsafeRawBufferPointer(rebasing: text[start..<position]), as: UTF8.self))
        }
    }

    private mutating func readObject(depth: Int) throws(JSONError.Reason) -> [JSONMemberValue] {
        var members: [JSONMemberValue] = []
        while try beginNext(isFirst: members.isEmpty, open: UInt8(ascii: "{"), close: UInt8(ascii: "}")) {
            let key = try readKey()
            try skipColon()
            skipWhiteSpace()
            members.append(JSONMemberValue(key: key.text, value: try readValue(depth: depth)))
        }
        return members
    }

    private mutating func readArray(depth: Int) throws(JSONError.Reason) -> [JSONValue] {
        var elements: [JSONValue] = []
        while try beginNext(isFirst: elements.isEmpty, open: UInt8(ascii: "["), close: UInt8(ascii: "]")) {
            elements.append(try readValue(depth: depth))
        }
        return elements
    }
}
