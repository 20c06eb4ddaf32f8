import API
import Testing
import WireProtocol

/// One input against one schema, and what must be said about it: `field: message`, or nothing.
struct SchemaCase: Sendable, CustomTestStringConvertible {
    let schema: String
    let input: String
    let problems: [String]

    init(_ schema: String, _ input: String, _ problems: String...) {
        self.schema = schema
        self.input = input
        self.problems = problems
    }

    var testDescription: String { "\(schema) ← \(input)" }
}

/// The problems of `input` as `field: message`.
func problems(of input: String, under schema: String) throws -> [String] {
    let schema = try InputSchema(json: RawJSON(validating: Array(schema.utf8)))
    return schema.validate(try RawJSON(validating: Array(input.utf8))).map { "\($0.field): \($0.message)" }
}

@Suite struct InputSchemaTests {
    /// Wraps a schema as the only property `v`.
    private static func of(_ property: String) -> String { #"{"type":"object","properties":{"v":\#(property)}}"# }

    @Test(arguments: [
        // The table of the Cog contract, word for word.
        SchemaCase(
            #"{"type":"object","required":["a","b"],"properties":{"a":{"type":"string"}}}"#, "{}", "a: Field required",
            "b: Field required"),
        SchemaCase(of(#"{"type":"string"}"#), #"{"v":5}"#, #"v: 5 is not of type "string""#),
        SchemaCase(
            of(#"{"type":"array","items":{"type":"string"}}"#), #"{"v":[5,"x",true]}"#,
            #"v/0: 5 is not of type "string""#, #"v/2: true is not of type "string""#),
        SchemaCase(
            of(#"{"type":"integer","minimum":0,"maximum":100000}"#), #"{"v":100001}"#,
            "v: 100001 is greater than the maximum of 100000"),
        SchemaCase(of(#"{"type":"integer","minimum":0}"#), #"{"v":-1}"#, "v: -1 is less than the minimum of 0"),
        SchemaCase(#"{"type":"object"}"#, "[1]", #"__root__: [1] is not of type "object""#),
    ])
    func speaksLikeCog(_ example: SchemaCase) throws {
        #expect(try problems(of: example.input, under: example.schema) == example.problems)
    }

    @Test(arguments: [
        SchemaCase(of(#"{"type":"integer"}"#), #"{"v":2.0}"#),
        SchemaCase(of(#"{"type":"integer"}"#), #"{"v":1e3}"#),
        SchemaCase(of(#"{"type":"integer"}"#), #"{"v":-0.0}"#),
        SchemaCase(of(#"{"type":"integer"}"#), #"{"v":2.5}"#, #"v: 2.5 is not of type "integer""#),
        SchemaCase(of(#"{"type":"integer"}"#), #"{"v":1e-1}"#, #"v: 1e-1 is not of type "integer""#),
        SchemaCase(of(#"{"type":"integer"}"#), #"{"v":true}"#, #"v: true is not of type "integer""#),
        SchemaCase(of(#"{"type":"number"}"#), #"{"v":"3"}"#, #"v: "3" is not of type "number""#),
        SchemaCase(of(#"{"type":"number"}"#), #"{"v":false}"#, #"v: false is not of type "number""#),
        SchemaCase(of(#"{"type":"boolean"}"#), #"{"v":0}"#, #"v: 0 is not of type "boolean""#),
        SchemaCase(of(#"{"type":["string","null"]}"#), #"{"v":null}"#),
        SchemaCase(of(#"{"type":["string","null"]}"#), #"{"v":1}"#, #"v: 1 is not of types "null", "string""#),
        SchemaCase(of(#"{"type":"string"}"#), #"{"v":null}"#, #"v: null is not of type "string""#),
        SchemaCase(of(#"{"type":"string","nullable":true}"#), #"{"v":null}"#),
        SchemaCase(of(#"{"enum":["a"],"nullable":true}"#), #"{"v":null}"#),
        SchemaCase(of(#"{"type":"object"}"#), #"{"v": { "a" : [ 1 , "x y" ] } }"#),
        SchemaCase(
            of(#"{"type":"string"}"#), #"{"v": { "a" : [ 1 , "x y" ] } }"#,
            #"v: {"a":[1,"x y"]} is not of type "string""#),
        SchemaCase("true", "5"),
        SchemaCase("false", "5", "__root__: False schema does not allow 5"),
        SchemaCase("{}", " null "),
        SchemaCase(of(#"{"format":"uri","title":"x","x-order":1}"#), #"{"v":"no uri"}"#),
    ])
    func checksTypes(_ example: SchemaCase) throws {
        #expect(try problems(of: example.input, under: example.schema) == example.problems)
    }

    @Test(arguments: [
        SchemaCase(of(#"{"enum":["a","b"]}"#), #"{"v":"b"}"#),
        SchemaCase(of(#"{"enum":["a","b","c"]}"#), #"{"v":"d"}"#, #"v: "d" is not one of ["a","b","c"]"#),
        SchemaCase(of(#"{"enum":["a"]}"#), #"{"v":1}"#, #"v: 1 is not one of ["a"]"#),
        SchemaCase(of(#"{"enum":[1,[1,{"x":2}]]}"#), #"{"v":[1.0,{"x":20e-1}]}"#),
        SchemaCase(of(#"{"enum":["ä"]}"#), #"{"v":"\u00e4"}"#),
        SchemaCase(of(#"{"enum":["1"]}"#), #"{"v":1}"#, #"v: 1 is not one of ["1"]"#),
        SchemaCase(of(#"{"const":false}"#), #"{"v":false}"#),
        SchemaCase(of(#"{"const":false}"#), #"{"v":0}"#, "v: false was expected"),
        SchemaCase(of(#"{"exclusiveMinimum":0}"#), #"{"v":0.0}"#, "v: 0.0 is less than or equal to the minimum of 0"),
        SchemaCase(of(#"{"exclusiveMaximum":1}"#), #"{"v":1}"#, "v: 1 is greater than or equal to the maximum of 1"),
        SchemaCase(
            of(#"{"minimum":0,"exclusiveMinimum":true}"#), #"{"v":0}"#, "v: 0 is less than or equal to the minimum of 0"
        ),
        SchemaCase(of(#"{"minimum":0,"exclusiveMinimum":false}"#), #"{"v":0}"#),
        SchemaCase(of(#"{"multipleOf":0.01}"#), #"{"v":4.02}"#),
        SchemaCase(of(#"{"multipleOf":0.01}"#), #"{"v":4.021}"#, "v: 4.021 is not a multiple of 0.01"),
        SchemaCase(of(#"{"multipleOf":7}"#), #"{"v":1e400}"#, "v: 1e400 is not a multiple of 7"),
        SchemaCase(of(#"{"multipleOf":8}"#), #"{"v":1e400}"#),
        SchemaCase(
            of(#"{"maximum":9007199254740992}"#), #"{"v":9007199254740993}"#,
            "v: 9007199254740993 is greater than the maximum of 9007199254740992"),
        SchemaCase(of(#"{"maximum":1e30}"#), #"{"v":1000000000000000000000000000000}"#),
        SchemaCase(of(#"{"minLength":2}"#), #"{"v":"x"}"#, #"v: "x" is shorter than 2 characters"#),
        SchemaCase(of(#"{"maxLength":1}"#), #"{"v":"xy"}"#, #"v: "xy" is longer than 1 character"#),
        SchemaCase(of(#"{"maxLength":2}"#), #"{"v":"ä\ud83d\ude00"}"#),
        SchemaCase(of(#"{"minLength":3}"#), #"{"v":"ä😀"}"#, #"v: "ä😀" is shorter than 3 characters"#),
        SchemaCase(of(#"{"pattern":"^a+$"}"#), #"{"v":"aa"}"#),
        SchemaCase(of(#"{"pattern":"^a+$"}"#), #"{"v":"ab"}"#, #"v: "ab" does not match "^a+$""#),
        SchemaCase(of(#"{"minItems":1}"#), #"{"v":[]}"#, "v: [] has less than 1 item"),
        SchemaCase(of(#"{"maxItems":2}"#), #"{"v":[1,2,3]}"#, "v: [1,2,3] has more than 2 items"),
        SchemaCase(of(#"{"uniqueItems":true}"#), #"{"v":[1,"1",[1],[2]]}"#),
        SchemaCase(of(#"{"uniqueItems":true}"#), #"{"v":[1,2,1.0]}"#, "v: [1,2,1.0] has non-unique elements"),
        SchemaCase(
            of(#"{"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}"#), #"{"v":["a",1,"b"]}"#,
            #"v/2: "b" is not of type "integer""#),
        SchemaCase(
            of(#"{"items":[{"type":"string"}],"additionalItems":false}"#), #"{"v":["a",1]}"#,
            "v/1: False schema does not allow 1"),
    ])
    func checksValues(_ example: SchemaCase) throws {
        #expect(try problems(of: example.input, under: example.schema) == example.problems)
    }

    @Test(arguments: [
        SchemaCase(
            #"{"properties":{"a":true},"additionalProperties":false}"#, #"{"a":1,"b":2,"c":3}"#,
            "b: Additional properties are not allowed ('b' was unexpected)",
            "c: Additional properties are not allowed ('c' was unexpected)"),
        SchemaCase(
            #"{"patternProperties":{"^x-":{"type":"integer"}},"additionalProperties":false}"#, #"{"x-a":"s"}"#,
            #"x-a: "s" is not of type "integer""#),
        SchemaCase(
            #"{"additionalProperties":{"type":"integer"}}"#, #"{"a":{"b":1}}"#,
            #"a: {"b":1} is not of type "integer""#),
        SchemaCase(#"{"properties":{"a":{}}}"#, #"{"unknown":[1,2,3]}"#),
        SchemaCase(
            #"{"properties":{"a":{"required":["b"],"properties":{"b":{}}}}}"#, #"{"a":{}}"#, "a/b: Field required"),
        SchemaCase(#"{"properties":{"a/b":{"type":"null"}}}"#, #"{"a/b":1}"#, #"a~1b: 1 is not of type "null""#),
        SchemaCase(#"{"minProperties":1}"#, "{}", "__root__: {} has less than 1 property"),
        SchemaCase(#"{"maxProperties":1}"#, #"{"a":1,"b":1}"#, #"__root__: {"a":1,"b":1} has more than 1 property"#),
        SchemaCase(#"{"required":["\u00e9"]}"#, #"{"e\u0301":1}"#, "é: Field required"),
        SchemaCase(#"{"required":["é"]}"#, #"{"\u00e9":1}"#),
        SchemaCase(#"{"properties":{"a":{"type":"string"}}}"#, #"{"a":1,"a":"x"}"#, #"a: 1 is not of type "string""#),
    ])
    func checksObjects(_ example: SchemaCase) throws {
        #expect(try problems(of: example.input, under: example.schema) == example.problems)
    }

    @Test(arguments: [
        SchemaCase(of(#"{"anyOf":[{"type":"string"},{"type":"integer","minimum":5}]}"#), #"{"v":5}"#),
        SchemaCase(
            of(#"{"anyOf":[{"type":"string"},{"type":"integer","minimum":5}]}"#), #"{"v":4}"#,
            "v: 4 is not valid under any of the schemas listed in the 'anyOf' keyword"),
        SchemaCase(of(#"{"oneOf":[{"type":"integer"},{"type":"number"}]}"#), #"{"v":1.5}"#),
        SchemaCase(
            of(#"{"oneOf":[{"type":"integer"},{"type":"number"}]}"#), #"{"v":1}"#,
            "v: 1 is valid under more than one of the schemas listed in the 'oneOf' keyword"),
        SchemaCase(
            of(#"{"oneOf":[{"type":"integer"}]}"#), #"{"v":"x"}"#,
            #"v: "x" is not valid under any of the schemas listed in the 'oneOf' keyword"#),
        SchemaCase(
            of(#"{"allOf":[{"minimum":1},{"maximum":0}]}"#), #"{"v":0.5}"#, "v: 0.5 is less than the minimum of 1",
            "v: 0.5 is greater than the maximum of 0"),
        SchemaCase(of(#"{"not":{"type":"string"}}"#), #"{"v":"x"}"#, #"v: {"type":"string"} is not allowed for "x""#),
        SchemaCase(
            ##"{"properties":{"v":{"$ref":"#/$defs/a~1b"}},"$defs":{"a/b":{"type":"string"}}}"##, #"{"v":1}"#,
            #"v: 1 is not of type "string""#),
        SchemaCase(
            ##"{"type":"object","properties":{"child":{"$ref":"#"},"n":{"type":"integer"}}}"##,
            #"{"child":{"child":{"n":"x"}}}"#, #"child/child/n: "x" is not of type "integer""#),
        SchemaCase(
            ##"{"allOf":[{"$ref":"#/$defs/E"}],"nullable":true,"$defs":{"E":{"enum":["a"]}}}"##, "null"),
    ])
    func combinesSchemas(_ example: SchemaCase) throws {
        #expect(try problems(of: example.input, under: example.schema) == example.problems)
    }

    @Test func findsTheInputComponentOfAnOpenAPIDocument() throws {
        let document = ##"""
            {"openapi":"3.0.2","components":{"schemas":{
              "Mode":{"enum":["fast","good"],"type":"string"},
              "Input":{"type":"object","required":["text"],"properties":{
                "text":{"type":"string"},
                "mode":{"allOf":[{"$ref":"#/components/schemas/Mode"}],"default":"fast"}}}}}}
            """##
        #expect(
            try problems(of: #"{"mode":"slow"}"#, under: document) == [
                #"mode: "slow" is not one of ["fast","good"]"#, "text: Field required",
            ])
    }

    @Test(arguments: [
        (##"{"$ref":"other.json#/a"}"##, "/$ref: `other.json#/a` cannot be followed"),
        (##"{"$ref":"#/nowhere"}"##, "/$ref: `#/nowhere` names nothing in this document"),
        (##"{"$ref":"#"}"##, "the schema: it refers to itself without end"),
        (##"{"anyOf":[{"allOf":[{"$ref":"#"}]}]}"##, "the schema: it refers to itself without end"),
        (#"{"type":"text"}"#, "/type: must name types of JSON"),
        (#"{"type":7}"#, "/type: must name types of JSON"),
        (#"{"properties":{"a":{"minimum":"3"}}}"#, "/properties/a/minimum: must be a number"),
        (#"{"properties":{"a/b":{"maxLength":-1}}}"#, "/properties/a~1b/maxLength: must be a whole number from 0"),
        (
            #"{"patternProperties":{"(?=x)":true}}"#,
            "/patternProperties: the pattern `(?=x)` cannot be used: look-ahead is not supported"
        ),
        (#"{"multipleOf":0}"#, "/multipleOf: must be greater than zero"),
        (#"{"properties":[]}"#, "/properties: must be an object"),
        (#"{"items":5}"#, "/items: a schema must be an object, true or false"),
        (#"{"required":[1]}"#, "/required: must be an array of strings"),
        ("5", "the schema: a schema must be an object, true or false"),
    ])
    func refusesWhatItCannotEnforce(schema: String, beginning: String) throws {
        let error = #expect(throws: InputSchemaError.self) { try problems(of: "{}", under: schema) }
        #expect(error?.description.hasPrefix(beginning) == true, "\(error?.description ?? "")")
    }

    @Test func aPatternThatIsBeyondUsLeavesTheOtherRules() throws {
        let text = #"{"properties":{"v":{"type":"string","pattern":"^(?=.*x)","maxLength":3}}}"#
        let schema = try InputSchema(json: RawJSON(unchecked: Array(text.utf8)))
        #expect(
            schema.omissions.map(\.description) == [
                "/properties/v/pattern: the pattern `^(?=.*x)` cannot be used: look-ahead is not supported"
            ])
        #expect(try problems(of: #"{"v":"abc"}"#, under: text) == [])
        #expect(try problems(of: #"{"v":"abcd"}"#, under: text) == [#"v: "abcd" is longer than 3 characters"#])
    }

    @Test func reportsABoundedNumberOfProblems() throws {
        let input = "[" + Array(repeating: "1", count: 5000).joined(separator: ",") + "]"
        let found = try problems(of: input, under: #"{"items":{"type":"string"}}"#)
        #expect(found.count == InputSchema.maximumProblems)
    }

    @Test func cutsLongQuotations() throws {
        let input = "[" + Array(repeating: "1", count: 5000).joined(separator: ",") + "]"
        let found = try problems(of: input, under: #"{"type":"string"}"#)
        #expect(found.count == 1)
        #expect(found[0].utf8.count < 300 && found[0].contains("…"))
    }

    @Test func givesUpOnSchemasThatTakeForever() throws {
        // Each definition tries the next one twice: 2^60 steps.
        let definitions = (0..<60).map { index in
            ##""d\##(index)":{"anyOf":[{"$ref":"#/$defs/d\##(index + 1)"},{"$ref":"#/$defs/d\##(index + 1)"}]}"##
        }
        let schema =
            ##"{"$ref":"#/$defs/d0","$defs":{"##
            + definitions.joined(separator: ",") + #","d60":{"type":"string"}}}"#
        #expect(
            try problems(of: "1", under: schema) == [
                "__root__: the value and the schema are too complex to be checked"
            ])
    }

    @Test func goesAsDeepAsJSONGoes() throws {
        let depth = JSONScanner.maximumDepth
        let input = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let schema = ##"{"type":"array","items":{"$ref":"#"}}"##
        #expect(try problems(of: input, under: schema).isEmpty)
        let bad = String(repeating: "[", count: depth - 1) + "1" + String(repeating: "]", count: depth - 1)
        #expect(try problems(of: bad, under: schema).count == 1)
    }

    @Test func writesTheBodyOfCog() throws {
        let schema = try InputSchema(json: RawJSON(validating: Array(#"{"required":["a"],"type":"object"}"#.utf8)))
        let body = InputProblem.body(schema.validate(.emptyObject))
        let expected =
            #"{"detail":[{"loc":["body","input","a"],"msg":"Field required","type":"value_error.missing"}],"#
            + #""error":"a: Field required","status":"failed"}"#
        #expect(String(decoding: body, as: UTF8.self) == expected)
    }
}
