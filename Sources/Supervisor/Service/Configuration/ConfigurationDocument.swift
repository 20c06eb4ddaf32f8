import WireProtocol

/// A configuration file as a tree in which every value knows its place.
struct ConfigurationDocument {
    /// The file as it was named.
    let file: String
    /// The outermost value.
    let root: ConfigurationNode
    private let bytes: [UInt8]

    /// Parses JSON with comments.
    init(file: String, bytes: [UInt8]) throws(DiagnosticError) {
        self.file = file
        self.bytes = bytes
        let (text, unterminated) = CommentStripper.strip(bytes)
        if let unterminated {
            let place = Self.place(of: unterminated..<unterminated + 2, in: bytes, file: file)
            throw DiagnosticError(Diagnostic(at: place, "this comment is never closed", hint: "end it with */"))
        }
        let parsed = text.withUnsafeBytes { (buffer) -> Result<ConfigurationNode, JSONError> in
            do throws(JSONError) {
                try JSONScanner.validate(buffer)
                return .success(try ConfigurationNode(in: buffer, at: 0..<buffer.count))
            } catch {
                return .failure(error)
            }
        }
        switch parsed {
        case .success(let node):
            root = node
        case .failure(let error):
            let place = Self.place(of: error.offset..<error.offset + 1, in: bytes, file: file)
            throw DiagnosticError(
                Diagnostic(at: place, error.message, hint: Self.hint(for: error.offset, in: text)))
        }
    }

    /// The place of `range` in the file.
    func place(of range: Range<Int>) -> Diagnostic.Place {
        Self.place(of: range, in: bytes, file: file)
    }

    private static func place(of range: Range<Int>, in bytes: [UInt8], file: String) -> Diagnostic.Place {
        let start = min(range.lowerBound, bytes.count)
        let newline = UInt8(ascii: "\n")
        let lineStart = bytes[..<start].lastIndex(of: newline).map { $0 + 1 } ?? 0
        var lineEnd = bytes[start...].firstIndex(of: newline) ?? bytes.count
        if lineEnd > lineStart, bytes[lineEnd - 1] == UInt8(ascii: "\r") { lineEnd -= 1 }
        let end = max(start, min(range.upperBound, lineEnd))
        return Diagnostic.Place(
            file: file,
            line: bytes[..<start].count { $0 == newline } + 1,
            column: scalarCount(bytes[lineStart..<start]) + 1,
            length: max(1, scalarCount(bytes[start..<end])),
            text: String(decoding: bytes[lineStart..<max(lineStart, lineEnd)], as: UTF8.self))
    }

    private static func scalarCount(_ bytes: ArraySlice<UInt8>) -> Int {
        String(decoding: bytes, as: UTF8.self).unicodeScalars.count
    }

    /// What people coming from other notations get wrong most often.
    private static func hint(for offset: Int, in text: [UInt8]) -> String? {
        guard offset < text.count else { return "a closing bracket is missing" }
        let before = text[..<offset].last { !" \t\r\n".utf8.contains($0) }
        switch text[offset] {
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            return before == UInt8(ascii: ",") ? "take away the comma before the bracket" : nil
        case UInt8(ascii: "'"):
            return "texts and keys stand in double quotes"
        default:
            return nil
        }
    }
}

/// One diagnostic, thrown.
struct DiagnosticError: Error {
    let diagnostic: Diagnostic

    init(_ diagnostic: Diagnostic) {
        self.diagnostic = diagnostic
    }
}

/// A value of a configuration file with its byte range in that file.
struct ConfigurationNode {
    /// What it is.
    indirect enum Content {
        case null
        case boolean(Bool)
        case number(String)
        case text(String)
        case list([ConfigurationNode])
        case object([ConfigurationMember])
    }

    let range: Range<Int>
    let content: Content

    /// Builds the tree of the one value that lies in `range` of the validated `text`, white space around it allowed.
    fileprivate init(in text: UnsafeRawBufferPointer, at range: Range<Int>) throws(JSONError) {
        let blanks = " \t\r\n".utf8
        let start = text[range].firstIndex { !blanks.contains($0) } ?? range.lowerBound
        let end = text[range].lastIndex { !blanks.contains($0) }.map { $0 + 1 } ?? range.upperBound
        self.range = start..<end
        let own = UnsafeRawBufferPointer(rebasing: text[start..<end])
        switch own.first {
        case UInt8(ascii: "{"):
            var members: [ConfigurationMember] = []
            for member in try JSONScanner.members(of: own) {
                let value = member.value.lowerBound + start..<member.value.upperBound + start
                members.append(
                    ConfigurationMember(
                        key: member.key,
                        keyRange: member.keyRange.lowerBound + start..<member.keyRange.upperBound + start,
                        value: try ConfigurationNode(in: text, at: value)))
            }
            content = .object(members)
        case UInt8(ascii: "["):
            var elements: [ConfigurationNode] = []
            for element in try JSONScanner.elements(of: own) {
                let place = element.lowerBound + start..<element.upperBound + start
                elements.append(try ConfigurationNode(in: text, at: place))
            }
            content = .list(elements)
        default:
            content =
                switch try JSONValue.parse(own) {
                case .bool(let value): .boolean(value)
                case .number(let digits): .number(digits)
                case .string(let value): .text(value)
                default: .null
                }
        }
    }

    /// What it is, with its article, for messages.
    var kind: String {
        switch content {
        case .null: "null"
        case .boolean(let value): String(value)
        case .number(let digits): "the number \(SettingType.shortened(digits))"
        case .text(let text): "the text \"\(SettingType.shortened(text))\""
        case .list: "a list"
        case .object: "an object"
        }
    }
}

/// A member of an object with the place of its key.
struct ConfigurationMember {
    let key: String
    let keyRange: Range<Int>
    let value: ConfigurationNode
}

extension ConfigurationNode {
    /// Where the value of a setting stands in this object: `restart.backoff`, `command[2]`. Nil when it is not there.
    func range(of name: String) -> Range<Int>? {
        var node = self
        for key in name.split(separator: ".") {
            let parts = key.split { $0 == "[" || $0 == "]" }
            guard case .object(let members) = node.content,
                let member = members.first(where: { $0.key == parts[0] })
            else { return nil }
            node = member.value
            if parts.count == 2, let index = Int(parts[1]), case .list(let elements) = node.content,
                elements.indices.contains(index)
            {
                node = elements[index]
            }
        }
        return node.range
    }
}
