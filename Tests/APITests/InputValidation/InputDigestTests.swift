import API
import TestSupport
import Testing
import WireProtocol

@Suite struct InputDigestTests {
    private func raw(_ text: String) throws -> RawJSON { try RawJSON(validating: Array(text.utf8)) }

    @Test(arguments: [
        ("1", "1.0"), ("1", "10e-1"), ("1", " 1 "), ("0", "-0.0"), ("0", "0e99999999999999999999"),
        ("123456789012345678901234567890", "1.2345678901234567890123456789e29"), ("1E+2", "100"),
        (#""a""#, #""\u0061""#), (#""/""#, #""\/""#), (#""😀""#, #""\ud83d\ude00""#), (#""\n""#, #""\u000A""#),
        (#"{"a":1,"b":[2,{}]}"#, #" { "b" : [ 2.0 , { } ] , "a" : 1 } "#), (#"{"a":1,"a":2}"#, #"{"a":2}"#),
        (#"{"\u0061":1}"#, #"{"a":1}"#), ("[]", "[ ]"), ("null", " null"), ("true", "true "),
    ])
    func findsEqualValues(left: String, right: String) throws {
        #expect(SameInput.areEqual(try raw(left), try raw(right)))
    }

    @Test(arguments: [
        ("1", "2"), ("1", "-1"), ("1", #""1""#), ("1e400", "1e401"), ("0.1", "0.10000000000000000001"),
        ("9007199254740993", "9007199254740992"), ("null", "false"), ("true", "false"), ("[]", "{}"),
        ("[1,2]", "[2,1]"), ("[[1],2]", "[[1,2]]"), ("[1]", "1"), (#"{"a":1}"#, #"{"b":1}"#),
        (#"{"a":1}"#, #"{"a":1,"b":null}"#), (#"{"a":1,"b":2}"#, #"{"a":2,"b":1}"#),
        (#"{"a":{"b":1}}"#, #"{"a":{},"b":1}"#), (#""é""#, "\"e\u{301}\""), (#""\ud800""#, #""\ud801""#),
        (#""\ud800""#, #""\ufffd""#), (#""""#, "null"), (#"[""]"#, "[]"), ("[[],[]]", "[[[]]]"),
    ])
    func tellsDifferentValuesApart(left: String, right: String) throws {
        #expect(!SameInput.areEqual(try raw(left), try raw(right)))
    }

    /// A value written in two random ways is one value; with one leaf changed it is another.
    @Test func seesThroughSpelling() throws {
        let seed: UInt64 = 0x5EED_0002
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let value = RandomValue.make(depth: 4, &generator)
            let first = try raw(value.spelled(&generator))
            let second = try raw(value.spelled(&generator))
            #expect(InputDigest(first) == InputDigest(second), "seed \(seed): \(first) and \(second)")
            let other = try raw("[\(first),1]")
            #expect(InputDigest(first) != InputDigest(other), "seed \(seed): \(first)")
        }
    }
}

/// A JSON value that can be written in several ways.
indirect enum RandomValue {
    case null, yes
    case integer(Int)
    case text(String)
    case array([RandomValue])
    case object([(String, RandomValue)])

    static func make(depth: Int, _ generator: inout SeededGenerator) -> RandomValue {
        switch Int.random(in: 0...(depth == 0 ? 3 : 5), using: &generator) {
        case 0: return .null
        case 1: return .yes
        case 2: return .integer(Int.random(in: -2000...2000, using: &generator))
        case 3: return .text(["", "a", "é", "😀", "a/b\n", "\""].randomElement(using: &generator) ?? "")
        case 4:
            let count = Int.random(in: 0...3, using: &generator)
            return .array((0..<count).map { _ in make(depth: depth - 1, &generator) })
        default:
            let keys = ["a", "b", "é", "😀", "x y"].shuffled(using: &generator).prefix(3)
            return .object(keys.map { ($0, make(depth: depth - 1, &generator)) })
        }
    }

    func spelled(_ generator: inout SeededGenerator) -> String {
        let blank = ["", " ", "\n", "\t "].randomElement(using: &generator) ?? ""
        switch self {
        case .null: return "null\(blank)"
        case .yes: return "\(blank)true"
        case .integer(let value):
            return ["\(value)", "\(value).0", "\(value)e0", "\(value)00E-2", "\(value).00e+0"]
                .randomElement(using: &generator) ?? ""
        case .text(let text): return Self.quoted(text, &generator)
        case .array(let elements):
            return "[\(blank)" + elements.map { $0.spelled(&generator) }.joined(separator: ",\(blank)") + "]"
        case .object(let members):
            let written = members.shuffled(using: &generator).map { key, value in
                "\(Self.quoted(key, &generator))\(blank):\(value.spelled(&generator))"
            }
            return "{\(blank)" + written.joined(separator: ",") + "\(blank)}"
        }
    }

    private static func quoted(_ text: String, _ generator: inout SeededGenerator) -> String {
        let escapesAll = Bool.random(using: &generator)
        let parts = text.utf16.map { unit in
            let hexadecimal = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
        }
        if escapesAll { return "\"\(parts.joined())\"" }
        return JSONValue.string(text).description
    }
}
