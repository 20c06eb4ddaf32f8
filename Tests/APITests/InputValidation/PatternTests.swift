import API
import TestSupport
import Testing

@Suite struct PatternTests {
    private func matches(_ pattern: String, _ text: String) throws -> Bool {
        try Pattern(pattern).matches(text.unicodeScalars.lazy.map(\.value).makeIterator())
    }

    @Test(
        arguments: [
            ("abc", ["abc", "xabcx"], ["ab", ""]),
            ("", ["", "x"], []),
            ("^$", [""], ["x", "\n"]),
            ("^a|b$", ["ax", "xb"], ["xa", "bx"]),
            ("^(?:ab|a)(c|bcd)$", ["abc", "abcd", "ac", "abbcd"], ["ab", "abcdx"]),
            ("^a*$", ["", "aaa"], ["b"]),
            ("^a+?b??$", ["a", "ab", "aab"], ["", "b"]),
            ("^a{2}$", ["aa"], ["a", "aaa"]),
            ("^a{2,}$", ["aa", "aaaa"], ["a"]),
            ("^a{1,3}$", ["a", "aaa"], ["", "aaaa"]),
            ("^(a{0,2}b){2}$", ["bb", "abaab"], ["b", "aaabb"]),
            ("^a{,2}$", ["a{,2}"], ["a"]),
            ("^{x}]$", ["{x}]"], ["x"]),
            ("^[a-c]+$", ["abc"], ["abd", ""]),
            ("^[^a-c]$", ["d", "é", "\n"], ["a"]),
            (#"^[\w.-]+@[\d\-a]+$"#, ["a.b-c@1-a"], ["a@b", "@1"]),
            ("^[]$", [], ["", "]"]),
            ("^[^]$", ["x", "\n"], [""]),
            (#"^[a-\d]+$"#, ["a-1"], ["b"]),
            (#"^\d{3}-\d{4}$"#, ["555-1234"], ["555-12345", "٣٣٣-1234"]),
            (#"^\s\S$"#, [" x", "\u{a0}x", "\u{2003}é"], ["xx", "  "]),
            (#"^\W\D$"#, ["-x", "ä-"], ["a-", "-1"]),
            ("^.$", ["x", "😀"], ["\n", "\r", "\u{2028}", "xy"]),
            (#"\bfoo\b"#, ["foo", "a foo.", "foo-x"], ["afoo", "foox", "foo_"]),
            (#"\Boo\b"#, ["foo"], ["oo", "foox"]),
            (#"^\t\n\r\f\v\0\x41\u0042\u{43}\cJ$"#, ["\t\n\r\u{c}\u{b}\0ABC\n"], ["x"]),
            (#"^\ud83d\ude00$"#, ["😀"], ["x"]),
            (#"^\.\*\\\/\$\^\(\)$"#, [#".*\/$^()"#], ["x"]),
            ("^(?<year>[0-9]{4})$", ["2026"], ["26"]),
            ("(a*)*b", ["b", "aab"], ["aaaa", ""]),
            ("^(|a|ab)(c|bcd)$", ["c", "ac", "abc", "abcd", "bcd"], ["a"]),
            ("x*", ["", "y"], []),
            ("^(?:(?:){10000}){10000}$", [""], ["x"]),
        ] as [(String, [String], [String])])
    func matches(pattern: String, accepted: [String], refused: [String]) throws {
        for text in accepted { #expect(try matches(pattern, text), "\(pattern) must accept \(text)") }
        for text in refused { #expect(try !matches(pattern, text), "\(pattern) must refuse \(text)") }
    }

    @Test(arguments: [
        ("(", "a group is not closed"), (")", "there is a `)` too many"), ("[a", "a class is not closed"),
        ("*a", "a quantifier has nothing to repeat"), ("a**", "a quantifier follows a quantifier"),
        ("a++", "possessive quantifiers are not supported"), ("^*", "an anchor cannot be repeated"),
        ("a{2,1}", "the counts in braces are in the wrong order"),
        ("a{20000}", "a count in braces is more than 10000"), ("[b-a]", "a range in a class is in the wrong order"),
        (#"(a)\1"#, "back references are not supported"), (#"\k<x>"#, "back references are not supported"),
        ("(?=a)", "look-ahead is not supported"), ("(?!a)", "look-ahead is not supported"),
        ("(?<=a)", "look-behind is not supported"), ("(?<!a)", "look-behind is not supported"),
        ("(?i)a", "inline flags and other special groups are not supported"),
        (#"\p{L}"#, "Unicode properties (`\\p{…}`) are not supported"), (#"\A"#, "the escape `\\A` is not supported"),
        (#"\x4"#, "an escape needs 2 hexadecimal digits"), (#"\u{110000}"#, "`\\u{…}` is beyond Unicode"),
        ("\\", "it ends in a backslash"), (#"\01"#, "octal escapes are not supported"),
        ("(a{1000}){1000}", "it is too large: its counts in braces multiply to more than 20000 steps"),
        (String(repeating: "(", count: 200), "more than 100 groups are nested"),
    ])
    func refuses(pattern: String, message: String) {
        #expect(throws: PatternError(message)) { try Pattern(pattern) }
    }

    /// What lets backtracking engines run for ever takes one pass here.
    @Test(arguments: ["^(a+)+$", "^(a|aa)+$", "^(a|a?)+$", "^(.*)*x$", "(x+x+)+y"])
    func isLinear(pattern: String) throws {
        let text = String(repeating: "a", count: 50_000) + "!"
        #expect(try !matches(pattern, text))
    }

    /// Against a plain backtracking matcher, on small alphabets where both come to every corner.
    @Test func agreesWithBacktracking() throws {
        let seed: UInt64 = 0x5EED_0001
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<1000 {
            let node = Self.randomNode(depth: 3, &generator)
            let pattern = Self.text(of: node)
            let compiled = try Pattern(pattern)
            for _ in 0..<10 {
                let points = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                    UInt32.random(in: 0x61...0x63, using: &generator)
                }
                let expected = (0...points.count).contains { start in
                    Self.ends(of: node, points, from: start).isEmpty == false
                }
                #expect(
                    compiled.matches(points.makeIterator()) == expected,
                    "seed \(seed): \(pattern) on \(points)")
            }
        }
    }

    private static func randomNode(depth: Int, _ generator: inout SeededGenerator) -> PatternNode {
        switch Int.random(in: 0...(depth == 0 ? 3 : 9), using: &generator) {
        case 0, 1: return .set(.only(UInt32.random(in: 0x61...0x63, using: &generator)))
        case 2: return .set(CodePointSet([0x61...0x62]))
        case 3: return [.start, .end, .empty].randomElement(using: &generator) ?? .empty
        case 4, 5:
            let count = Int.random(in: 2...3, using: &generator)
            return .sequence((0..<count).map { _ in randomNode(depth: depth - 1, &generator) })
        case 6, 7:
            let count = Int.random(in: 2...3, using: &generator)
            return .alternatives((0..<count).map { _ in randomNode(depth: depth - 1, &generator) })
        default:
            let minimum = Int.random(in: 0...2, using: &generator)
            let maximum = Bool.random(using: &generator) ? nil : minimum + Int.random(in: 0...2, using: &generator)
            return .repetition(randomNode(depth: depth - 1, &generator), minimum: minimum, maximum: maximum)
        }
    }

    private static func text(of node: PatternNode) -> String {
        switch node {
        case .empty: "(?:)"
        case .set(let set): set == .only(set.ranges[0].lowerBound) ? letter(set) : "[ab]"
        case .start: "(?:^)"
        case .end: "(?:$)"
        case .wordBoundary: #"(?:\b)"#
        case .sequence(let items): "(?:\(items.map(text).joined()))"
        case .alternatives(let branches): "(?:\(branches.map(text).joined(separator: "|")))"
        case .repetition(let item, let minimum, let maximum):
            "(?:(?:\(text(of: item))){\(minimum),\(maximum.map(String.init) ?? "")})"
        }
    }

    private static func letter(_ set: CodePointSet) -> String {
        Unicode.Scalar(set.ranges[0].lowerBound).map { String(Character($0)) } ?? ""
    }

    /// All places where a match that begins at `start` can end.
    private static func ends(of node: PatternNode, _ points: [UInt32], from start: Int) -> Set<Int> {
        switch node {
        case .empty: return [start]
        case .set(let set): return start < points.count && set.contains(points[start]) ? [start + 1] : []
        case .start: return start == 0 ? [start] : []
        case .end: return start == points.count ? [start] : []
        case .wordBoundary: return []
        case .sequence(let items):
            return items.reduce(into: [start]) { places, item in
                places = places.reduce(into: []) { $0.formUnion(ends(of: item, points, from: $1)) }
            }
        case .alternatives(let branches):
            return branches.reduce(into: []) { $0.formUnion(ends(of: $1, points, from: start)) }
        case .repetition(let item, let minimum, let maximum):
            var places: Set<Int> = [start]
            var result: Set<Int> = minimum == 0 ? [start] : []
            // More rounds than characters and demanded ones together lead nowhere new.
            for round in 1..<(max(2, min(maximum ?? .max, minimum + points.count + 1) + 1)) {
                if let maximum, round > maximum { break }
                places = places.reduce(into: []) { $0.formUnion(ends(of: item, points, from: $1)) }
                if round >= minimum { result.formUnion(places) }
            }
            return result
        }
    }
}
