/// The header lines of a request, in order, as sent.
///
/// One block of bytes and a table of places in it: two allocations whatever the number of lines, and nothing is
/// turned into a string until somebody asks. Names are compared without regard to case (RFC 9110 § 5.1); look-ups
/// take the name in lower case. Values have no blanks around them and no control bytes but the tab; they may hold
/// bytes above ASCII, which become U+FFFD in strings when they are not UTF-8.
package struct Headers: Sendable {
    /// The whole head; the request's target lies in it as well.
    let bytes: [UInt8]
    let fields: [HeaderField]

    /// The number of lines.
    package var count: Int { fields.count }

    /// The value of the first line of that name.
    package subscript(_ name: StaticString) -> String? {
        bytes(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The value of the first line of that name, as bytes; nothing is copied.
    package func bytes(_ name: StaticString) -> ArraySlice<UInt8>? {
        firstIndex(of: name, from: 0).map { bytes[fields[$0].value.range] }
    }

    /// Whether a line of that name exists.
    package func contains(_ name: StaticString) -> Bool {
        firstIndex(of: name, from: 0) != nil
    }

    /// The values of all lines of that name, in order.
    package func values(_ name: StaticString) -> [String] {
        var values: [String] = []
        var from = 0
        while let index = firstIndex(of: name, from: from) {
            values.append(String(decoding: bytes[fields[index].value.range], as: UTF8.self))
            from = index + 1
        }
        return values
    }

    /// All values of that name as one list, joined by commas, which is what several lines of one name mean
    /// (RFC 9110 § 5.3); nil without such a line. Nothing is copied when there is just one.
    package func list(_ name: StaticString) -> ArraySlice<UInt8>? {
        guard let first = firstIndex(of: name, from: 0) else { return nil }
        guard var next = firstIndex(of: name, from: first + 1) else { return bytes[fields[first].value.range] }
        var joined = Array(bytes[fields[first].value.range])
        while true {
            joined.append(ASCII.comma)
            joined.append(contentsOf: bytes[fields[next].value.range])
            guard let following = firstIndex(of: name, from: next + 1) else { return joined[...] }
            next = following
        }
    }

    /// All lines as text, for logs and tests.
    package var all: [(name: String, value: String)] {
        fields.map { field in
            (
                String(decoding: bytes[field.name.range], as: UTF8.self),
                String(decoding: bytes[field.value.range], as: UTF8.self)
            )
        }
    }

    private func firstIndex(of name: StaticString, from start: Int) -> Int? {
        bytes.withUnsafeBytes { raw in
            fields[start...].firstIndex { ByteScan.equalsIgnoringCase(raw, $0.name.range, name) }
        }
    }
}
