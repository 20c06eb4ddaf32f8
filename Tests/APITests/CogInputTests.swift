import Engine
import TestSupport
import Testing
import WireProtocol

/// What the server does to inputs of Cog models, and what it says of those that do not fit.
struct CogInputTests {
    static let edits: [(String, String)] = [
        // Absent ones that are nullable, not required and without default become null; defaults are the model's.
        (#"{"prompt":"p"}"#, #"{"prompt":"p","mask":null,"seed":null}"#),
        (#"{"prompt":"p","seed":7}"#, #"{"prompt":"p","seed":7,"mask":null}"#),
        // Null is a value for them.
        (
            #"{"prompt":"p","seed":null,"mask":null,"scale":null}"#,
            #"{"prompt":"p","seed":null,"mask":null,"scale":null}"#
        ),
        // Unknown ones go, whatever they are.
        (#"{"x":{"prompt":1},"prompt":"p","mask":"m","seed":1,"y":[]}"#, #"{"prompt":"p","mask":"m","seed":1}"#),
        // Of equal names the last counts.
        (#"{"prompt":1,"seed":1,"mask":"m","prompt":"p"}"#, #"{"seed":1,"mask":"m","prompt":"p"}"#),
        // The rest is passed byte for byte.
        (#"{ "prompt" : "\u0070", "seed":2.0,"mask":"m" }"#, #"{ "prompt" : "\u0070", "seed":2.0,"mask":"m" }"#),
    ]

    @Test(arguments: edits)
    func edited(_ input: String, _ expected: String) throws {
        let server = CogModel.server()
        #expect(try server.answer("PUT", "/predictions/x", #"{"input":\#(input)}"#).status == 200)
        #expect(server.inputs == [expected])
        let shown = try #require(try server.answer("GET", "/predictions/x").json?["input"])
        #expect(shown == (try JSONValue.parse(Array(expected.utf8))))
    }

    @Test func snapshotsOfAPutShowWhatRuns() throws {
        let server = CogModel.server()
        _ = try server.request(
            "PUT", "/predictions/x", headers: [RequestCase.json],
            body: #"{"input":{"prompt":"hold","unknown":true}}"#)
        let snapshot = try server.answer("PUT", "/predictions/x", "{}")
        #expect(snapshot.status == 202)
        let keys = snapshot.json?["input"]?.objectValue?.map(\.key)
        #expect(keys == ["prompt", "mask", "seed"])
    }

    /// The same request again means the same, although what was kept of the first is not what was sent.
    @Test(arguments: [#"{"input":{"prompt":"p","zzz":1}}"#, #"{"input":{"prompt":"p"}}"#, "{}"])
    func aRepeatedRequestGetsTheResult(_ body: String) throws {
        let server = CogModel.server()
        let first = try server.answer("PUT", "/predictions/x", #"{"input":{"prompt":"p","zzz":1}}"#)
        #expect(try server.answer("PUT", "/predictions/x", body).text == first.text)
        #expect(server.predictions.count == 1)
    }

    @Test func droppedFieldsAreToldOnce() throws {
        let server = CogModel.server()
        for _ in 0..<3 {
            _ = try server.answer("POST", "/predictions", #"{"input":{"prompt":"p","b":1,"a":2,"b":3}}"#)
        }
        _ = try server.answer("POST", "/predictions", #"{"input":{"prompt":"p","a":1,"c":3}}"#)
        let text = "inputs have members that the model does not declare, which are dropped: "
        #expect(server.warnings.map(\.message) == [text + #""b", "a""#, text + #""c""#])
        #expect(server.warnings.map(\.deployment) == ["first", "first"])
    }

    /// Clients choose the names, but not how much is logged of them.
    @Test func droppedFieldsDoNotFillTheLog() throws {
        let server = CogModel.server()
        for number in 0..<300 {
            let name = String(repeating: "n", count: 1_000)
            _ = try server.answer("POST", "/predictions", #"{"input":{"prompt":"p","\#(number)\#(name)":1}}"#)
        }
        #expect(server.warnings.count == 100)
        #expect(server.warnings.allSatisfy { $0.message.utf8.count < 200 })
    }

    @Test func otherModelsGetTheBytesOfTheClient() throws {
        let server = DirectServer()
        _ = try server.answer("POST", "/predictions", #"{"input":{"zzz":1}}"#)
        #expect(server.inputs == [#"{"zzz":1}"#])
        #expect(server.warnings.isEmpty)
    }

    static let problems: [(String, [(String, String, String)])] = [
        ("{}", [("prompt", "Field required", "value_error.missing")]),
        (#"{"zzz":1}"#, [("prompt", "Field required", "value_error.missing")]),
        (#"{"prompt":5}"#, [("prompt", #"5 is not of type "string""#, "value_error")]),
        (#"{"prompt":null}"#, [("prompt", #"null is not of type "string""#, "value_error")]),
        (#"{"prompt":"p","steps":true}"#, [("steps", #"true is not of type "integer""#, "value_error")]),
        (#"{"prompt":"p","steps":"3"}"#, [("steps", #""3" is not of type "integer""#, "value_error")]),
        (
            #"{"prompt":"p","steps":100001}"#,
            [("steps", "100001 is greater than the maximum of 100000", "value_error")]
        ),
        (#"{"prompt":"p","steps":-1}"#, [("steps", "-1 is less than the minimum of 0", "value_error")]),
        (#"{"prompt":"p","ps":[5,"a"]}"#, [("ps/0", #"5 is not of type "string""#, "value_error")]),
        (#"{"prompt":"p","mode":"c"}"#, [("mode", #""c" is not one of ["a","b"]"#, "value_error")]),
        ("[1]", [("__root__", #"[1] is not of type "object""#, "value_error")]),
        (
            #"{"ps":[1,"a",2],"steps":1.5}"#,
            [
                ("ps/0", #"1 is not of type "string""#, "value_error"),
                ("ps/2", #"2 is not of type "string""#, "value_error"),
                ("steps", #"1.5 is not of type "integer""#, "value_error"),
                ("prompt", "Field required", "value_error.missing"),
            ]
        ),
    ]

    @Test(arguments: problems.indices)
    func whatDoesNotFit(_ index: Int) throws {
        let (input, expected) = Self.problems[index]
        let server = CogModel.server()
        let answer = try server.answer("POST", "/predictions", #"{"input":\#(input)}"#)
        #expect(answer.status == 422)
        let details = try #require(answer.json?["detail"]?.arrayValue)
        #expect(details.count == expected.count, "\(answer.text)")
        for (detail, (field, message, type)) in zip(details, expected) {
            #expect(detail["loc"] == .array([.string("body"), .string("input"), .string(field)]))
            #expect(detail["msg"]?.stringValue == message)
            #expect(detail["type"]?.stringValue == type)
        }
        #expect(answer.json?.objectValue?.map(\.key) == ["detail", "error", "status"])
        #expect(server.predictions.isEmpty)
    }

    /// Whole numbers may be written as fractions, and no format is checked.
    @Test(arguments: [#"{"prompt":"p","steps":2.0}"#, #"{"prompt":"p","mask":"no URI"}"#, #"{"prompt":"p","scale":3}"#])
    func whatFits(_ input: String) throws {
        #expect(try CogModel.server().answer("POST", "/predictions", #"{"input":\#(input)}"#).status == 200)
    }
}
