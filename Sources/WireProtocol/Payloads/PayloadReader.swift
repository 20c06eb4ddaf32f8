/// Reads the members of a payload's object and says of each, in one sentence, what is wrong with it.
///
/// Members that nobody asks for are ignored (a later minor version may send them); of equal keys the last counts.
/// A member that is `null` is as good as absent.
struct PayloadReader {
    private let text: UnsafeRawBufferPointer
    private let members: [JSONMember]
    /// What the object is called in errors: the type of the frame, then the keys that lead to it.
    private var name: String { subject.name }
    private let subject: Subject
    private let offset: UInt64?

    /// Whose name it is: kept as a type, since the text is needed for errors only.
    private enum Subject {
        case frame(FrameType)
        case part(String)

        var name: String {
            switch self {
            case .frame(let type): "\(type)"
            case .part(let name): name
            }
        }
    }

    /// Reads the payload of `frame`.
    init(_ frame: Frame) throws(ProtocolError) {
        try self.init(frame.payload, .frame(frame.header.type), offset: frame.offset)
    }

    /// - Parameters:
    ///   - text: Must be an object; must stay alive as long as the reader.
    ///   - offset: Where the frame began, for errors.
    init(_ text: UnsafeRawBufferPointer, name: String, offset: UInt64?) throws(ProtocolError) {
        try self.init(text, .part(name), offset: offset)
    }

    private init(_ text: UnsafeRawBufferPointer, _ subject: Subject, offset: UInt64?) throws(ProtocolError) {
        self.text = text
        self.subject = subject
        self.offset = offset
        do throws(JSONError) {
            members = try JSONScanner.members(of: text)
        } catch {
            throw ProtocolError(
                .remote, .badPayload, at: offset,
                "The payload of `\(subject.name)` must be a JSON object: byte \(error.offset): \(error.message).")
        }
    }

    /// Checks that the payload of a frame that carries nothing is empty or an object.
    static func expectNothing(_ frame: Frame) throws(ProtocolError) {
        if !frame.payload.isEmpty { _ = try PayloadReader(frame) }
    }

    // MARK: Members that must be there

    func string(_ key: String) throws(ProtocolError) -> String {
        guard let value = try optionalString(key) else { throw error(key, "must be a string") }
        return value
    }

    /// A whole number from 0 to `maximum`.
    func integer(_ key: String, upTo maximum: UInt64 = ProtocolLimits.maximumInteger) throws(ProtocolError) -> UInt64 {
        guard let value = try optionalInteger(key, upTo: maximum) else {
            throw error(key, "must be a whole number from 0 to \(maximum)")
        }
        return value
    }

    func bool(_ key: String) throws(ProtocolError) -> Bool {
        guard let value = try optionalBool(key) else { throw error(key, "must be true or false") }
        return value
    }

    func strings(_ key: String) throws(ProtocolError) -> [String] {
        var strings: [String] = []
        for element in try elements(key) {
            guard case .string(let text)? = value(element) else { throw error(key, "must hold strings only") }
            strings.append(text)
        }
        return strings
    }

    func object(_ key: String) throws(ProtocolError) -> PayloadReader {
        guard let range = range(key), text[range.lowerBound] == UInt8(ascii: "{") else {
            throw error(key, "must be an object")
        }
        return try PayloadReader(part(range), name: "\(name).\(key)", offset: offset)
    }

    func objects(_ key: String) throws(ProtocolError) -> [PayloadReader] {
        var objects: [PayloadReader] = []
        for (index, element) in try elements(key).enumerated() {
            objects.append(try PayloadReader(part(element), name: "\(name).\(key)[\(index)]", offset: offset))
        }
        return objects
    }

    /// Any value, as it is; here `null` is a value like others.
    func raw(_ key: String) throws(ProtocolError) -> RawJSON {
        guard let member = lastMember(key) else { throw error(key, "is missing") }
        return RawJSON(unchecked: Array(part(member.value)))
    }

    // MARK: Members that may be absent

    func optionalString(_ key: String) throws(ProtocolError) -> String? {
        guard let range = range(key) else { return nil }
        guard case .string(let text)? = value(range) else { throw error(key, "must be a string") }
        return text
    }

    func optionalInteger(_ key: String, upTo maximum: UInt64) throws(ProtocolError) -> UInt64? {
        guard let range = range(key) else { return nil }
        guard case .number(let digits)? = value(range), let number = UInt64(digits), number <= maximum else {
            throw error(key, "must be a whole number from 0 to \(maximum)")
        }
        return number
    }

    /// A number from 0 to 1.
    func optionalShare(_ key: String) throws(ProtocolError) -> Double? {
        guard let range = range(key) else { return nil }
        guard case .number(let digits)? = value(range), let number = Double(digits), 0...1 ~= number else {
            throw error(key, "must be a number from 0 to 1")
        }
        return number
    }

    func optionalBool(_ key: String) throws(ProtocolError) -> Bool? {
        guard let range = range(key) else { return nil }
        guard case .bool(let value)? = value(range) else { throw error(key, "must be true or false") }
        return value
    }

    /// An object, as it is.
    func optionalObject(_ key: String) throws(ProtocolError) -> RawJSON? {
        guard let range = range(key) else { return nil }
        guard text[range.lowerBound] == UInt8(ascii: "{") else { throw error(key, "must be an object") }
        return RawJSON(unchecked: Array(part(range)))
    }

    /// An object whose values are strings.
    func optionalStringMap(_ key: String) throws(ProtocolError) -> [String: String]? {
        guard range(key) != nil else { return nil }
        let reader = try object(key)
        var map: [String: String] = [:]
        for member in reader.members { map[member.key] = try reader.string(member.key) }
        return map
    }

    // MARK: Errors

    /// An error about the member `key`: "`predict.id` must be a string."
    func error(_ key: String, _ demand: String) -> ProtocolError {
        ProtocolError(.remote, .badPayload, at: offset, "`\(name).\(key)` \(demand).")
    }

    // MARK: Ranges

    private func elements(_ key: String) throws(ProtocolError) -> [Range<Int>] {
        guard let range = range(key), text[range.lowerBound] == UInt8(ascii: "[") else {
            throw error(key, "must be an array")
        }
        do throws(JSONError) {
            return try JSONScanner.elements(of: part(range)).map {
                $0.lowerBound + range.lowerBound..<$0.upperBound + range.lowerBound
            }
        } catch {
            preconditionFailure("a value inside a validated text is valid: \(error)")
        }
    }

    /// The value in `range`, if it is neither array nor object.
    private func value(_ range: Range<Int>) -> JSONValue? {
        switch text[range.lowerBound] {
        case UInt8(ascii: "{"), UInt8(ascii: "["): nil
        default: try? JSONValue.parse(part(range))
        }
    }

    /// Where the value of `key` lies, unless it is absent or `null`.
    private func range(_ key: String) -> Range<Int>? {
        guard let member = lastMember(key), text[member.value.lowerBound] != UInt8(ascii: "n") else { return nil }
        return member.value
    }

    private func lastMember(_ key: String) -> JSONMember? {
        members.last { $0.key.utf8.elementsEqual(key.utf8) }
    }

    private func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: text[range])
    }
}
