/// Finds out about JSON texts without building anything: is it valid, where do its members lie.
///
/// Strict RFC 8259: no byte order mark, no NaN, no comments, no trailing comma, nothing but white space behind the
/// value. UTF-8 must be well-formed. `\u` escapes of lone surrogates are accepted, as the RFC does, and stay in the
/// text as they are. Duplicate keys are accepted and all are reported; whoever looks one up takes the last.
public enum JSONScanner {
    /// How many arrays and objects may lie inside one another: far more than any real value has, and few enough that
    /// a reader that recurs (ours or a worker's) keeps its stack.
    public static let maximumDepth = 512

    /// Checks that `text` is exactly one JSON value, white space around it allowed.
    ///
    /// Allocates nothing; costs about a nanosecond for eight bytes of string.
    public static func validate(_ text: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(text)
        do throws(JSONError.Reason) {
            try cursor.skipStart()
            try cursor.skipValue()
            try cursor.skipEnd()
        } catch {
            throw JSONError(error, at: cursor.position, in: text)
        }
    }

    /// As ``validate(_:)-(UnsafeRawBufferPointer)``, for an array.
    public static func validate(_ text: [UInt8]) throws(JSONError) {
        let failure = text.withUnsafeBytes { (bytes) -> JSONError? in
            do throws(JSONError) {
                try validate(bytes)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// The members of the object that `text` is, in their order, duplicates included.
    ///
    /// The whole text is validated; the values are not parsed.
    public static func members(of text: UnsafeRawBufferPointer) throws(JSONError) -> [JSONMember] {
        var cursor = JSONCursor(text)
        do throws(JSONError.Reason) {
            try cursor.skipStart()
            let members = try cursor.readMembers()
            try cursor.skipEnd()
            return members
        } catch {
            throw JSONError(error, at: cursor.position, in: text)
        }
    }

    /// The byte ranges of the elements of the array that `text` is, in their order.
    ///
    /// The whole text is validated; the elements are not parsed.
    public static func elements(of text: UnsafeRawBufferPointer) throws(JSONError) -> [Range<Int>] {
        var cursor = JSONCursor(text)
        do throws(JSONError.Reason) {
            try cursor.skipStart()
            let elements = try cursor.readElements()
            try cursor.skipEnd()
            return elements
        } catch {
            throw JSONError(error, at: cursor.position, in: text)
        }
    }
}

extension JSONCursor {
    /// Reads an object's members as ranges.
    fileprivate mutating func readMembers() throws(JSONError.Reason) -> [JSONMember] {
        guard let first = current else { throw .unexpectedEnd }
        guard first == UInt8(ascii: "{") else { throw .expectedObject }
        var members: [JSONMember] = []
        var isFirst = true
        while try beginNext(isFirst: isFirst, open: UInt8(ascii: "{"), close: UInt8(ascii: "}")) {
            let key = try readKey()
            try skipColon()
            skipWhiteSpace()
            let start = position
            try skipValue(depth: 1)
            members.append(JSONMember(key: key.text, keyRange: key.range, value: start..<position))
            isFirst = false
        }
        return members
    }

    /// Reads an array's elements as ranges.
    fileprivate mutating func readElements() throws(JSONError.Reason) -> [Range<Int>] {
        guard let first = current else { throw .unexpectedEnd }
        guard first == UInt8(ascii: "[") else { throw .expectedArray }
        var elements: [Range<Int>] = []
        while try beginNext(isFirst: elements.isEmpty, open: UInt8(ascii: "["), close: UInt8(ascii: "]")) {
            let start = position
            try skipValue(depth: 1)
            elements.append(start..<position)
        }
        return elements
    }

    /// Stops before the next member or element and answers true, or steps over the closing bracket and answers false.
    ///
    /// When `isFirst`, the opening bracket is the current byte; afterwards the cursor stands behind a value.
    mutating func beginNext(isFirst: Bool, open: UInt8, close: UInt8) throws(JSONError.Reason) -> Bool {
        if isFirst {
            _ = skip(open)
            skipWhiteSpace()
            return !skip(close)
        }
        skipWhiteSpace()
        if skip(close) { return false }
        guard position < text.count else { throw .unexpectedEnd }
        guard skip(UInt8(ascii: ",")) else { throw .expectedCommaOrEnd }
        skipWhiteSpace()
        return true
    }

    /// Reads the string that must stand here as a key.
    mutating func readKey() throws(JSONError.Reason) -> (text: String, range: Range<Int>) {
        guard let first = current else { throw .unexpectedEnd }
        guard first == UInt8(ascii: "\"") else { throw .expectedKey }
        let start = position
        let text = try readString()
        return (text, start..<position)
    }

    /// Reads a string and resolves its escapes; a lone surrogate becomes U+FFFD.
    mutating func readString() throws(JSONError.Reason) -> String {
        let start = position + 1
        let hasEscapes = try skipString()
        let contents = UnsafeRawBufferPointer(rebasing: text[start..<position - 1])
        return hasEscapes ? JSONEscapes.resolve(contents) : String(decoding: contents, as: UTF8.self)
    }
}
