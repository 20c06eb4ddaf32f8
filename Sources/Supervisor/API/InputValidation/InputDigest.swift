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

    /// Two hash functions that are fed alike. What is fed is a row of tokens from which the value could be told again,
    /// so different values are different rows.
    private struct Lanes {
        private var low = Hasher()
        private var high = Hasher()

        init() {
            high.combine(UInt8(1))
        }

        mutating func feed(_ token: Token) {
            low.combine(token.rawValue)
            high.combine(token.rawValue)
        }

        mutating func feed(_ value: some Hashable) {
            low.combine(value)
            high.combine(value)
        }

        /// Feeds text of any length.
        mutating func feed(text: UnsafeRawBufferPointer) {
            feed(text.count)
            low.combine(bytes: text)
            high.combine(bytes: text)
        }

        func finalize() -> InputDigest {
            InputDigest(
                low: UInt64(bitPattern: Int64(low.finalize())), high: UInt64(bitPattern: Int64(high.finalize())))
        }
    }

    /// What kinds of values are kept apart by, so that `"1"` and `1` differ.
    private enum Token: UInt8 {
        case null, no, yes, number, string, array, object, end
    }

    private init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// The digest of the value at `position` and where it ends.
    static func digest(in text: ValidText, at position: Int) -> (digest: InputDigest, end: Int) {
        var lanes = Lanes()
        let end = feed(&lanes, text, at: position)
        return (lanes.finalize(), end)
    }

    /// Feeds the value at `position` and says where it ends. Recurs once for each level, of which a valid text has at
    /// most `JSONScanner.maximumDepth`.
    private static func feed(_ lanes: inout Lanes, _ text: ValidText, at position: Int) -> Int {
        switch text.kind(at: position) {
        case .array:
            return feedArray(&lanes, text, at: position)
        case .object:
            return feedObject(&lanes, text, at: position)
        case .string:
            let end = text.endOfString(at: position)
            feedString(&lanes, text, at: position..<end)
            return end
        case .number:
            let end = text.endOfValue(at: position)
            lanes.feed(.number)
            lanes.feed(ExactNumber(in: text, at: position..<end))
            return end
        case .null:
            lanes.feed(.null)
            return text.endOfValue(at: position)
        case .boolean:
            lanes.feed(text.bytes[position] == UInt8(ascii: "t") ? .yes : .no)
            return text.endOfValue(at: position)
        }
    }

    private static func feedString(_ lanes: inout Lanes, _ text: ValidText, at range: Range<Int>) {
        lanes.feed(.string)
        let inner = UnsafeRawBufferPointer(rebasing: text.bytes[range.dropFirst().dropLast()])
        if inner.contains(UInt8(ascii: "\\")) {
            text.contents(of: range).withUnsafeBytes { lanes.feed(text: $0) }
        } else {
            lanes.feed(text: inner)
        }
    }

    private static func feedArray(_ lanes: inout Lanes, _ text: ValidText, at position: Int) -> Int {
        lanes.feed(.array)
        var (next, end) = text.firstInContainer(at: position)
        while let element = next {
            (next, end) = text.nextInContainer(after: feed(&lanes, text, at: element))
        }
        lanes.feed(.end)
        return end
    }

    private static func feedObject(_ lanes: inout Lanes, _ text: ValidText, at position: Int) -> Int {
        var members: [InputDigest: InputDigest] = [:]
        var (next, end) = text.firstInContainer(at: position)
        while let key = next {
            let keyEnd = text.endOfString(at: key)
            var keyLanes = Lanes()
            feedString(&keyLanes, text, at: key..<keyEnd)
            let (value, valueEnd) = digest(in: text, at: text.value(afterKeyEndingAt: keyEnd))
            members[keyLanes.finalize()] = value
            (next, end) = text.nextInContainer(after: valueEnd)
        }
        // A sum does not depend on the order; its terms are hashes, so they cannot be balanced against each other.
        var low: UInt64 = 0
        var high: UInt64 = 0
        for (key, value) in members {
            var member = Lanes()
            member.feed(key)
            member.feed(value)
            let digest = member.finalize()
            low &+= digest.low
            high &+= digest.high
        }
        lanes.feed(.object)
        lanes.feed(members.count)
        lanes.feed(InputDigest(low: low, high: high))
        return end
    }
}
