import Engine
import TestSupport
import Testing

/// Trainings: the same machinery under other names.
struct TrainingTests {
    private static let noStreams =
        #"{"error":"Training endpoints do not support streaming responses.","status":"failed"}"#

    @Test(arguments: ["", "/first"])
    func everyForm(_ prefix: String) throws {
        let server = CogModel.server()
        let body = #"{"input":{"data":"d"}}"#
        let posted = try server.answer("POST", prefix + "/trainings", body)
        #expect(posted.status == 200)
        #expect(posted.json?["status"]?.stringValue == "succeeded")
        let put = try server.answer("PUT", prefix + "/trainings/t", body, [("prefer", "respond-async")])
        #expect(put.status == 202)
        #expect(put.text == #"{"id":"t","status":"starting"}"#)
        #expect(try server.answer("GET", prefix + "/trainings/t").json?["input"]?["data"]?.stringValue == "d")
        #expect(try server.answer("GET", prefix + "/trainings/other").status == 404)
        #expect(server.predictions.map(\.handler) == ["predict", "predict"])
    }

    @Test(arguments: ["/trainings", "/first/trainings", "/plain/trainings"])
    func streamsAreRefusedFirst(_ path: String) throws {
        let server = CogModel.server()
        for (method, target) in [("POST", path), ("PUT", path + "/t")] {
            // Before the body is looked at, and whatever it is.
            for body in ["{", #"{"id":"other"}"#, #"{"input":{}}"#, #"{"input":{"data":"d"}}"#] {
                let answer = try server.answer(method, target, body, [RequestCase.events])
                #expect(answer.status == 406)
                #expect(answer.text == Self.noStreams)
            }
        }
        #expect(server.predictions.isEmpty)
    }

    @Test func idsMustMatch() throws {
        let answer = try CogModel.server().answer("PUT", "/trainings/t", #"{"id":"u","input":{"data":"d"}}"#)
        #expect(answer.status == 422)
        let text = "training ID must match the ID supplied in the URL"
        #expect(
            answer.text
                == #"{"detail":[{"loc":["body","id"],"msg":"\#(text)","type":"value_error"}],"error":"\#(text)","status":"failed"}"#
        )
        let long = try CogModel.server().answer("PUT", "/trainings/" + String(repeating: "i", count: 256), "{}")
        #expect(long.text.contains(#""loc":["path","training_id"]"#))
    }

    /// Each kind has a schema of its own, and where there is none for trainings, that of predictions counts.
    @Test func schemas() throws {
        let server = CogModel.server()
        #expect(try server.answer("POST", "/trainings", #"{"input":{"prompt":"p"}}"#).status == 422)
        #expect(try server.answer("POST", "/predictions", #"{"input":{"data":"d"}}"#).status == 422)
        #expect(try server.answer("POST", "/predictions", #"{"input":{"prompt":"p"}}"#).status == 200)
        #expect(try server.answer("POST", "/trainings", #"{"input":{"data":"d"}}"#).status == 200)
        let without = DirectServer()
        #expect(try without.answer("POST", "/trainings", #"{"input":{"n":101}}"#).status == 422)
        #expect(try without.answer("POST", "/trainings", #"{"input":{"n":100}}"#).status == 200)
        #expect(try without.answer("POST", "/plain/trainings", #"{"input":7}"#).status == 200)
    }

    @Test func unknownFieldsAndNulls() throws {
        let server = CogModel.server()
        _ = try server.answer("POST", "/trainings", #"{"input":{"data":"d","prompt":"p"}}"#)
        #expect(server.inputs == [#"{"data":"d","epochs":null}"#])
        #expect(server.warnings.count == 1)
    }

    @Test func idsAndSlotsAreShared() throws {
        let server = CogModel.server()
        let training = try server.request(
            "PUT", "/trainings/x", headers: [RequestCase.json], body: #"{"input":{"data":"hold"}}"#)
        #expect(server.reply(on: training) == nil)
        let joined = try server.answer("PUT", "/predictions/x", #"{"input":{"prompt":"p"}}"#)
        #expect(joined.status == 202)
        #expect(joined.json?["input"]?["data"] != nil)
        #expect(try server.answer("GET", "/trainings/x").status == 200)
        #expect(try server.answer("POST", "/trainings/x/cancel").text == "{}")
        #expect(server.reply(on: training)?.json?["status"]?.stringValue == "canceled")
        let again = try server.answer("POST", "/trainings/x/cancel")
        #expect(again.status == 404)
        #expect(again.text == "{}")
    }
}
