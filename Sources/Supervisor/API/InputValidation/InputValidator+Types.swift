extension InputValidator {
    mutating func checkNumber(_ schema: CompiledSchema, at start: Int) {
        let number = ExactNumber(in: text, at: start..<text.endOfValue(at: start))
        if let bound = schema.node.minimum, bound.order(of: number) < 0 {
            report(start) { "\($0) is less than the minimum of \(bound.text)" }
        }
        if let bound = schema.node.maximum, bound.order(of: number) > 0 {
            report(start) { "\($0) is greater than the maximum of \(bound.text)" }
        }
        if let bound = schema.node.exclusiveMinimum, bound.order(of: number) <= 0 {
            report(start) { "\($0) is less than or equal to the minimum of \(bound.text)" }
        }
        if let bound = schema.node.exclusiveMaximum, bound.order(of: number) >= 0 {
            report(start) { "\($0) is greater than or equal to the maximum of \(bound.text)" }
        }
        if let divisor = schema.node.multipleOf, !number.decimal.isMultiple(of: divisor.decimal) {
            report(start) { "\($0) is not a multiple of \(divisor.text)" }
        }
    }

    mutating func checkString(_ schema: CompiledSchema, at start: Int) {
        let range = start..<text.endOfString(at: start)
        var isTooLong = false
        if schema.node.minimumLength != nil || schema.node.maximumLength != nil {
            let length = text.length(of: range)
            if let minimum = schema.node.minimumLength, length < minimum {
                report(start) { "\($0) is shorter than \(Self.counted(minimum, "character", "characters"))" }
            }
            if let maximum = schema.node.maximumLength, length > maximum {
                isTooLong = true
                report(start) { "\($0) is longer than \(Self.counted(maximum, "character", "characters"))" }
            }
        }
        // Who sets a length does not want a pattern to run over a hundred megabytes.
        guard let (source, pattern) = schema.node.pattern, !isTooLong else { return }
        if !pattern.matches(CodePoints(in: text.bytes, string: range)) {
            report(start) { "\($0) does not match \"\(source)\"" }
        }
    }

    mutating func checkArray(_ schema: CompiledSchema, at start: Int) -> Int {
        var count = 0
        var seen: Set<InputDigest> = []
        var hasRepetition = false
        var (next, end) = text.firstInContainer(at: start)
        while let element = next {
            var elementEnd: Int?
            if count < schema.node.prefixItems.count {
                elementEnd = check(schema.node.prefixItems[count], at: element, element: count)
            } else if let items = schema.node.items {
                elementEnd = check(items, at: element, element: count)
            }
            if schema.node.hasUniqueItems {
                let (digest, digestEnd) = InputDigest.digest(in: text, at: element)
                if !seen.insert(digest).inserted { hasRepetition = true }
                elementEnd = digestEnd
            }
            (next, end) = text.nextInContainer(after: elementEnd ?? text.endOfValue(at: element))
            count += 1
        }
        if let minimum = schema.node.minimumItems, count < minimum {
            report(start) { "\($0) has less than \(Self.counted(minimum, "item", "items"))" }
        }
        if let maximum = schema.node.maximumItems, count > maximum {
            report(start) { "\($0) has more than \(Self.counted(maximum, "item", "items"))" }
        }
        if hasRepetition { report(start) { "\($0) has non-unique elements" } }
        return end
    }

    mutating func checkObject(_ schema: CompiledSchema, at start: Int) -> Int {
        var keys: Set<[UInt8]> = []
        // Only what is asked about needs remembering; a million unknown keys cost nothing.
        let countsKeys = schema.node.minimumProperties != nil || schema.node.maximumProperties != nil
        var (next, end) = text.firstInContainer(at: start)
        while let keyStart = next {
            let key = keyStart..<text.endOfString(at: keyStart)
            let name = text.contents(of: key)
            if countsKeys || schema.node.requiredKeys.contains(name) { keys.insert(name) }
            let value = text.value(afterKeyEndingAt: key.upperBound)
            let valueEnd = checkMember(schema, name, key: key, value: value)
            (next, end) = text.nextInContainer(after: valueEnd ?? text.endOfValue(at: value))
        }
        for name in schema.node.required where !keys.contains(name.bytes) { reportMissing(name.text) }
        if let minimum = schema.node.minimumProperties, keys.count < minimum {
            report(start) { "\($0) has less than \(Self.counted(minimum, "property", "properties"))" }
        }
        if let maximum = schema.node.maximumProperties, keys.count > maximum {
            report(start) { "\($0) has more than \(Self.counted(maximum, "property", "properties"))" }
        }
        return end
    }

    /// Applies all that speaks of a member; answers where its value ends, if that came out.
    private mutating func checkMember(_ schema: CompiledSchema, _ name: [UInt8], key: Range<Int>, value: Int) -> Int? {
        var end: Int?
        var isKnown = false
        if let property = schema.node.properties[name] {
            isKnown = true
            end = check(property, at: value, key: key)
        }
        for (pattern, target) in schema.node.patternProperties
        where pattern.matches(CodePoints(in: text.bytes, string: key)) {
            isKnown = true
            end = check(target, at: value, key: key)
        }
        guard !isKnown, let additional = schema.node.additionalProperties else { return end }
        guard !isNever(additional) else {
            reportUnexpected(key)
            return end
        }
        return check(additional, at: value, key: key)
    }

    private static func counted(_ count: Int, _ one: String, _ many: String) -> String {
        "\(count) \(count == 1 ? one : many)"
    }
}

extension ValidText {
    /// How many code points the string in `range` has.
    fileprivate func length(of range: Range<Int>) -> Int {
        let inner = UnsafeRawBufferPointer(rebasing: bytes[range.dropFirst().dropLast()])
        guard inner.contains(UInt8(ascii: "\\")) else { return inner.count { $0 & 0xC0 != 0x80 } }
        var points = CodePoints(in: bytes, string: range)
        var count = 0
        while points.next() != nil { count += 1 }
        return count
    }

    /// Most bytes of a value that a message quotes.
    private static let maximumExcerpt = 200

    /// The value in `range` as a message quotes it: without white space, cut when it is long.
    func excerpt(of range: Range<Int>) -> String {
        var result: [UInt8] = []
        var isInString = false
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = bytes[position]
            if result.count >= Self.maximumExcerpt, byte & 0xC0 != 0x80 {
                return String(decoding: result, as: UTF8.self) + "…"
            }
            if isInString, byte == UInt8(ascii: "\\"), position + 1 < range.upperBound {
                result.append(byte)
                position += 1
                result.append(bytes[position])
            } else if isInString || byte > UInt8(ascii: " ") {
                if byte == UInt8(ascii: "\"") { isInString.toggle() }
                result.append(byte)
            }
            position += 1
        }
        return String(decoding: result, as: UTF8.self)
    }
}
