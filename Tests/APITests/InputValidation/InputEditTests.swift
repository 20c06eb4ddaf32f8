import API
import Testing
import WireProtocol

@Suite struct InputEditTests {
    private static let schema = ##"""
        {"components":{"schemas":{"N":{"type":"string","nullable":true},"Input":{"type":"object","required":["r"],
        "properties":{"a":{"type":"string"},"b":{"type":"integer","nullable":true},
        "c":{"nullable":true,"default":1},"r":{"nullable":true},"n":{"$ref":"#/components/schemas/N"}}}}}}
        """##

    private func edited(_ input: String, drop: Bool = true, fill: Bool = true) throws -> String {
        let schema = try InputSchema(json: RawJSON(validating: Array(Self.schema.utf8)))
        let raw = try RawJSON(validating: Array(input.utf8))
        let result = schema.editedInput(raw, dropUnknownFields: drop, fillNulls: fill)
        try JSONScanner.validate(result.bytes)
        return result.description
    }

    @Test(arguments: [
        ("{}", #"{"b":null,"n":null}"#),
        (" { } ", #" { "b":null,"n":null} "#),
        (#"{"b":1,"n":"x"}"#, #"{"b":1,"n":"x"}"#),
        (#"{ "a" : "x" }"#, #"{ "a" : "x","b":null,"n":null }"#),
        (#"{"x":1,"b":2,"n":3}"#, #"{"b":2,"n":3}"#),
        (#"{"b":2,"x":1,"n":3}"#, #"{"b":2,"n":3}"#),
        (#"{"b":2,"n":3,"x":{"b":[1,2]}}"#, #"{"b":2,"n":3}"#),
        (#"{ "x":1 , "y":2 }"#, #"{ "b":null,"n":null }"#),
        (#"{"b": 1.50,  "x":0,  "n":"\u0041"}"#, #"{"b": 1.50,  "n":"\u0041"}"#),
        (#"{"\u0062":1,"n":2}"#, #"{"\u0062":1,"n":2}"#),
        (#"{"b":1,"b":2,"n":{"x":1}}"#, #"{"b":2,"n":{"x":1}}"#),
        ("[1]", "[1]"), ("null", "null"), ("7", "7"),
    ])
    func dropsAndFills(input: String, expected: String) throws {
        #expect(try edited(input) == expected)
    }

    @Test func doesEachEditAlone() throws {
        #expect(try edited(#"{"x":1}"#, drop: false) == #"{"x":1,"b":null,"n":null}"#)
        #expect(try edited(#"{"x":1,"a":2}"#, fill: false) == #"{"a":2}"#)
        #expect(try edited(#"{"x":1}"#, drop: false, fill: false) == #"{"x":1}"#)
    }

    @Test func dropsNothingWhenNothingIsKnown() throws {
        let schema = try InputSchema(json: RawJSON(validating: Array("{}".utf8)))
        let raw = try RawJSON(validating: Array(#"{"x":1}"#.utf8))
        #expect(schema.editedInput(raw, dropUnknownFields: true, fillNulls: true) == raw)
    }
}
