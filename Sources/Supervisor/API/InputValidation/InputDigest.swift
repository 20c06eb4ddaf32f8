import WireProtocol

/// A fingerprint of what a JSON text means: equal for texts that differ only in white space, escapes, the order of
/// members and the spelling of numbers (`1`, `1.0` and `10e-1` are one value). Of equal keys the last counts.
///
/// 128 bits from Swift's hash function under the secret seed of this process: whoever chooses inputs cannot aim at a
/// collision, and chance gives one in 10^38 pairs. Never write it down: another process computes another one.
///
/// Costs one pass over the text. A finished prediction can keep this instead of its input.
package struct InputDigest: Hashable, Sendable {
    private let low: UInt64
    private let high: UInt64

    /// Digests one valid JSON value.
    package init(_ json: RawJSON) {
        self = json.bytes.withUnsafeBytes { InputDigest($0) }
    }

    /// Digests one JSON value that is known to be valid, white space around it allowed.
    package init(_ validText: UnsafeRawBufferPointer) {
        let text = ValidText(bytes: validText)
        self = Self.digest(in: text, at: text.skipWhiteSpace(from: 0)).digest
    }

    /// What kinds of values are kept apart by, so that `"1"` and `1` differ.
    private enum Tag: UInt8 {
        case null, no, yes, number, string, array, object, member
    }

    private init(_ tag: Tag, _ feed: (inout Hasher) -> Void) {
        low = Self.hash(lane: 0, tag, feed)
        high = Self.hash(lane: 1, tag, feed)
    }

    private init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    private static func hash(lane: UInt8, _ tag: Tag, _ feed: (inout Hasher) -> Void) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(lane)
        hasher.combine(tag.rawValue)
        feed(&hasher)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// The digest of the value at `position` and where it ends. Recurs once for each level, of which a valid text has
    /// at most `JSONScanner.maximumDepth`.
    static func digest(in text: ValidText, at position: Int) -> (digest: InputDigest, end: Int) {
        switch text.kind(at: position) {
        case .array: return array(in: text, at: position)
        case .object: return object(in: text, at: position)
        case .string:
            let end = text.endOfString(at: position)
            return (string(in: text, at: position..<end), end)
        case .number:
            let end = text.endOfValue(at: position)
            let number = DecimalNumber(text.bytes[position..<end])
            return (InputDigest(.number) { $0.combine(number) }, end)
        case .null:
            return (InputDigest(.null) { _ in }, text.endOfValue(at: position))
        case .boolean:
            let isTrue = text.bytes[position] == UInt8(ascii: "t")
            return (InputDigest(isTrue ? .yes : .no) { _ in }, text.endOfValue(at: position))
        }
    }

    private static func string(in text: ValidText, at range: Range<Int>) -> InputDigest {
        let inner = UnsafeRawBufferPointer(rebasing: text.bytes[range.dropFirst().dropLast()])
        guard inner.contains(UInt8(ascii: "\\")) else { return InputDigest(.string) { $0.combine(bytes: inner) } }
        return text.contents(of: range).withUnsafeBytes { contents in
            InputDigest(.string) { $0.combine(bytes: contents) }
        }
    }

    private static func array(in text: ValidText, at position: Int) -> (digest: InputDigest, end: Int) {
        var low = Hasher()
        var high = Hasher()
        low.combine(UInt8(0))
        high.combine(UInt8(1))
        var (next, end) = text.firstInContainer(at: position)
        while let element = next {
            let (digest, elementEnd) = digest(in: text, at: element)
            low.combine(digest)
            high.combine(digest)
            (next, end) = text.nextInContainer(after: elementEnd)
        }
        let lowSum = low.finalize()
        let highSum = high.finalize()
        let digest = InputDigest(.array) {
            $0.combine(lowSum)
            $0.combine(highSum)
        }
        return (digest, end)
    }

    private static func object(in text: ValidText, at position: Int) -> (digest: InputDigest, end: Int) {
        var members: [InputDigest: InputDigest] = [:]
        var (next, end) = text.firstInContainer(at: position)
        while let key = next {
            let keyEnd = text.endOfString(at: key)
            let (value, valueEnd) = digest(in: text, at: text.value(afterKeyEndingAt: keyEnd))
            members[string(in: text, at: key..<keyEnd)] = value
            (next, end) = text.nextInContainer(after: valueEnd)
        }
        // A sum does not depend on the order; its terms are hashes, so they cannot be balanced against each other.
        var low: UInt64 = 0
        var high: UInt64 = 0
        for (key, value) in members {
            let member = InputDigest(.member) {
                $0.combine(key)
                $0.combine(value)
            }
            low &+= member.low
            high &+= member.high
        }
        let sum = InputDigest(low: low, high: high)
        let digest = InputDigest(.object) {
            $0.combine(members.count)
            $0.combine(sum)
        }
        return (digest, end)
    }
}
