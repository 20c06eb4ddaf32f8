/// Reads the part of ECMA-262's regular expressions that can be matched in linear time.
///
/// Understood: alternation, groups (capturing or not, named), `* + ? {n,m}` greedy or lazy (no difference for a mere
/// test), classes, `.`, `^ $ \b \B`, `\d \w \s` and their opposites, control, hexadecimal and Unicode escapes.
/// Refused by name: look-around, back references, Unicode properties, inline flags, anchors of other dialects.
struct PatternParser {
    private let points: [UInt32]
    private var position = 0
    private var depth = 0

    /// Groups inside one another: more than people write, few enough for the stack.
    private static let maximumDepth = 100
    /// Largest count in braces; a larger one would make the program too large anyhow.
    static let maximumCount = 10_000

    static func parse(_ pattern: String) throws(PatternError) -> PatternNode {
        var parser = PatternParser(points: pattern.unicodeScalars.map(\.value))
        let node = try parser.alternatives()
        guard parser.position == parser.points.count else { throw PatternError("there is a `)` too many") }
        return node
    }

    private init(points: [UInt32]) {
        self.points = points
    }

    // MARK: Structure

    private mutating func alternatives() throws(PatternError) -> PatternNode {
        var branches = [try sequence()]
        while skip("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var items: [PatternNode] = []
        while let point = current, point != Self.code("|"), point != Self.code(")") {
            let item = try atom()
            items.append(try quantified(item))
        }
        return items.count == 1 ? items[0] : items.isEmpty ? .empty : .sequence(items)
    }

    private mutating func quantified(_ item: PatternNode) throws(PatternError) -> PatternNode {
        guard let (minimum, maximum) = try quantifier() else { return item }
        switch item {
        case .start, .end, .wordBoundary: throw PatternError("an anchor cannot be repeated")
        default: break
        }
        _ = skip("?")
        if skip("+") { throw PatternError("possessive quantifiers are not supported") }
        if try quantifier() != nil { throw PatternError("a quantifier follows a quantifier") }
        return .repetition(item, minimum: minimum, maximum: maximum)
    }

    private mutating func quantifier() throws(PatternError) -> (minimum: Int, maximum: Int?)? {
        if skip("*") { return (0, nil) }
        if skip("+") { return (1, nil) }
        if skip("?") { return (0, 1) }
        return try braces()
    }

    /// `{n}`, `{n,}`, `{n,m}`; anything else in braces is plain text, as browsers have it.
    private mutating func braces() throws(PatternError) -> (minimum: Int, maximum: Int?)? {
        let start = position
        guard skip("{"), let minimum = number() else {
            position = start
            return nil
        }
        var maximum: Int? = minimum
        if skip(",") { maximum = number() }
        guard skip("}") else {
            position = start
            return nil
        }
        guard max(minimum, maximum ?? 0) <= Self.maximumCount else {
            throw PatternError("a count in braces is more than \(Self.maximumCount)")
        }
        if let maximum, maximum < minimum { throw PatternError("the counts in braces are in the wrong order") }
        return (minimum, maximum)
    }

    private mutating func number() -> Int? {
        let start = position
        var value = 0
        while let point = current, (0x30...0x39).contains(point) {
            value = min(value * 10 + Int(point - 0x30), Self.maximumCount + 1)
            position += 1
        }
        return position == start ? nil : value
    }

    // MARK: Atoms

    private mutating func atom() throws(PatternError) -> PatternNode {
        let point = points[position]
        position += 1
        switch point {
        case Self.code("("): return try group()
        case Self.code("["): return .set(try characterClass())
        case Self.code("."): return .set(CodePointSet.lineEnds.inverted)
        case Self.code("^"): return .start
        case Self.code("$"): return .end
        case Self.code("\\"): return try escape()
        case Self.code("*"), Self.code("+"), Self.code("?"): throw PatternError("a quantifier has nothing to repeat")
        default: return .set(.only(point))
        }
    }

    private mutating func group() throws(PatternError) -> PatternNode {
        if skip("?") { try groupKind() }
        depth += 1
        guard depth <= Self.maximumDepth else {
            throw PatternError("more than \(Self.maximumDepth) groups are nested")
        }
        let node = try alternatives()
        depth -= 1
        guard skip(")") else { throw PatternError("a group is not closed") }
        // A group stays one, so that an anchor inside it may be repeated, as the grammar has it.
        return .sequence([node])
    }

    /// What stands between `(?` and the group's contents.
    private mutating func groupKind() throws(PatternError) {
        if skip(":") { return }
        if skip("=") || skip("!") { throw PatternError("look-ahead is not supported") }
        _ = skip("P")
        guard skip("<") else { throw PatternError("inline flags and other special groups are not supported") }
        if skip("=") || skip("!") { throw PatternError("look-behind is not supported") }
        while let point = current, CodePointSet.wordCharacters.contains(point) { position += 1 }
        guard skip(">") else { throw PatternError("the name of a group is not closed") }
    }

    private mutating func escape() throws(PatternError) -> PatternNode {
        guard let point = current else { throw PatternError("it ends in a backslash") }
        if skip("b") { return .wordBoundary(isBoundary: true) }
        if skip("B") { return .wordBoundary(isBoundary: false) }
        if (0x31...0x39).contains(point) || point == Self.code("k") {
            throw PatternError("back references are not supported")
        }
        return .set(try escapedSet())
    }

    /// What a backslash, already stepped over, and the characters behind it stand for.
    private mutating func escapedSet() throws(PatternError) -> CodePointSet {
        guard let point = current else { throw PatternError("it ends in a backslash") }
        position += 1
        switch point {
        case Self.code("d"): return .digits
        case Self.code("D"): return CodePointSet.digits.inverted
        case Self.code("w"): return .wordCharacters
        case Self.code("W"): return CodePointSet.wordCharacters.inverted
        case Self.code("s"): return .whiteSpace
        case Self.code("S"): return CodePointSet.whiteSpace.inverted
        case Self.code("p"), Self.code("P"): throw PatternError("Unicode properties (`\\p{…}`) are not supported")
        default: return .only(try escapedPoint(point))
        }
    }

    private mutating func escapedPoint(_ letter: UInt32) throws(PatternError) -> UInt32 {
        switch letter {
        case Self.code("t"): return 0x09
        case Self.code("n"): return 0x0A
        case Self.code("v"): return 0x0B
        case Self.code("f"): return 0x0C
        case Self.code("r"): return 0x0D
        case Self.code("x"): return try hexadecimal(count: 2)
        case Self.code("u"): return try unicode()
        case Self.code("c"): return try control()
        case Self.code("0"):
            if let point = current, (0x30...0x39).contains(point) {
                throw PatternError("octal escapes are not supported")
            }
            return 0
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A:
            // Letters mean different things in different dialects; a guess could let the wrong strings through.
            throw PatternError("the escape `\\\(Self.text(letter))` is not supported")
        default: return letter
        }
    }

    private mutating func control() throws(PatternError) -> UInt32 {
        guard let point = current, (0x41...0x5A).contains(point & ~0x20) else {
            throw PatternError("a letter must follow `\\c`")
        }
        position += 1
        return point & 0x1F
    }

    private mutating func unicode() throws(PatternError) -> UInt32 {
        if skip("{") {
            var value: UInt32 = 0
            let start = position
            while let digit = current.flatMap(Self.hexadecimalDigit) {
                value = value << 4 | digit
                position += 1
                guard value <= CodePointSet.last else { throw PatternError("`\\u{…}` is beyond Unicode") }
            }
            guard position > start, skip("}") else { throw PatternError("`\\u{…}` needs hexadecimal digits") }
            return value
        }
        let unit = try hexadecimal(count: 4)
        let mark = position
        guard unit & 0xFC00 == 0xD800, skip("\\"), skip("u") else {
            position = mark
            return unit
        }
        let trail = try hexadecimal(count: 4)
        guard trail & 0xFC00 == 0xDC00 else {
            position = mark
            return unit
        }
        return 0x10000 + ((unit & 0x3FF) << 10 | (trail & 0x3FF))
    }

    private mutating func hexadecimal(count: Int) throws(PatternError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = current.flatMap(Self.hexadecimalDigit) else {
                throw PatternError("an escape needs \(count) hexadecimal digits")
            }
            value = value << 4 | digit
            position += 1
        }
        return value
    }

    private static func hexadecimalDigit(_ point: UInt32) -> UInt32? {
        switch point {
        case 0x30...0x39: point - 0x30
        case 0x41...0x46: point - 0x41 + 10
        case 0x61...0x66: point - 0x61 + 10
        default: nil
        }
    }

    // MARK: Classes

    private mutating func characterClass() throws(PatternError) -> CodePointSet {
        let isInverted = skip("^")
        var ranges: [ClosedRange<UInt32>] = []
        while !skip("]") {
            guard current != nil else { throw PatternError("a class is not closed") }
            let first = try classItem()
            let mark = position
            if let low = first.single, skip("-"), let next = current, next != Self.code("]") {
                let second = try classItem()
                guard let high = second.single else {
                    // `[a-\d]`: the dash stands for itself.
                    ranges += first.set.ranges + second.set.ranges + [0x2D...0x2D]
                    continue
                }
                guard low <= high else { throw PatternError("a range in a class is in the wrong order") }
                ranges.append(low...high)
            } else {
                position = mark
                ranges += first.set.ranges
            }
        }
        let set = CodePointSet(ranges)
        return isInverted ? set.inverted : set
    }

    /// One character or escape of a class; `single` is nil for sets such as `\d`.
    private mutating func classItem() throws(PatternError) -> (set: CodePointSet, single: UInt32?) {
        let point = points[position]
        position += 1
        guard point == Self.code("\\") else { return (.only(point), point) }
        if skip("b") { return (.only(0x08), 0x08) }
        let set = try escapedSet()
        guard let range = set.ranges.first, set.ranges.count == 1, range.count == 1 else { return (set, nil) }
        return (set, range.lowerBound)
    }

    // MARK: Characters

    private var current: UInt32? { position < points.count ? points[position] : nil }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard current == scalar.value else { return false }
        position += 1
        return true
    }

    private static func code(_ scalar: Unicode.Scalar) -> UInt32 { scalar.value }

    private static func text(_ point: UInt32) -> String {
        Unicode.Scalar(point).map { String(Character($0)) } ?? "?"
    }
}
