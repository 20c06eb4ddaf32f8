import Engine
import TestSupport
import Testing

/// Requests that need no state: the shared cases, without a socket. `EndToEndTests` puts the same ones to the program.
struct RequestHandlerTests {
    @Test(arguments: RequestCase.World.allCases) func answers(_ world: RequestCase.World) throws {
        let server = DirectServer(world)
        for each in RequestCase.of(world) {
            let connection = try server.request(each.method, each.target, headers: each.headers, body: each.body)
            let answer = try #require(server.reply(on: connection), "\(each.name)")
            #expect(answer.status == each.status, "\(each.name): \(answer.text)")
            // Nobody but the encoder leaves out what HEAD must not have.
            #expect(each.method == "HEAD" || each.answer.fits(answer.text), "\(each.name): \(answer.text)")
            for header in each.answerHeaders { #expect(answer[header.name] == header.value, "\(each.name)") }
        }
    }

    /// One shape for all refusals, so that a client needs one way to read them. Cog's answer to a cancel of nothing is the
    /// one exception, and the typed stream has its own.
    @Test(arguments: RequestCase.World.allCases) func refusalsHaveOneShape(_ world: RequestCase.World) throws {
        let server = DirectServer(world)
        var count = 0
        for each in RequestCase.of(world) where each.status >= 400 {
            let connection = try server.request(each.method, each.target, headers: each.headers, body: each.body)
            let answer = try #require(server.reply(on: connection), "\(each.name)")
            #expect(answer["content-type"] == "application/json", "\(each.name)")
            if answer.text == "{}" || each.target.hasSuffix("/stream") || RequestCase.probes.contains(each.target) {
                continue
            }
            let keys = answer.json?.objectValue?.map(\.key)
            #expect(keys == ["error", "status"] || keys == ["detail", "error", "status"], "\(each.name)")
            #expect(answer.json?["error"]?.stringValue?.isEmpty == false, "\(each.name)")
            #expect(answer.json?["status"]?.stringValue == "failed", "\(each.name)")
            count += 1
        }
        #expect(count > 3)
    }

    @Test func casesHaveNamesOfTheirOwn() {
        let names = RequestCase.all.map(\.name)
        #expect(names.count > 150)
    }

    /// The input reaches the worker byte for byte; what was not sent is an empty object.
    @Test(arguments: [
        (#"{"input":{ "do":[], "b" : 1.0, "a":1e400,"a":2 }}"#, #"{ "do":[], "b" : 1.0, "a":1e400,"a":2 }"#),
        (#"{"input":{"text":"\u00e9\ud83c"}}"#, #"{"text":"\u00e9\ud83c"}"#), (#"{"input":null}"#, "{}"), ("{}", "{}"),
    ])
    func inputPassesUnchanged(_ body: String, _ expected: String) throws {
        let server = DirectServer()
        #expect(try server.answer("POST", "/predictions", body).status == 200)
        #expect(server.predictions.last.map { String(decoding: $0.input.bytes, as: UTF8.self) } == expected)
        #expect(server.predictions.last?.handler == "run")
    }

    @Test func contextPassesUnchanged() throws {
        let server = DirectServer()
        _ = try server.answer("POST", "/predictions", #"{"context":{"trace": "1"}}"#)
        #expect(server.predictions.last.map { String(decoding: $0.context.bytes, as: UTF8.self) } == #"{"trace": "1"}"#)
    }

    @Test func generatedIdsAreCogs() throws {
        let server = DirectServer()
        let ids = try (0..<20).map { _ in
            try #require(try server.answer("POST", "/predictions", "{}").json?["id"]?.stringValue)
        }
        #expect(Set(ids).count == ids.count)
        for id in ids {
            #expect(id.hasPrefix("pred_"))
            #expect(id.dropFirst(5).allSatisfy { "0123456789abcdef".contains($0) })
        }
    }

    @Test func idsWithSlashesAreFoundAgain() throws {
        let server = DirectServer()
        for path in ["a%2Fb", "..", "%2e%2e%2F%2e%2e%2Fetc", "x%20y", "%C3%A9"] {
            #expect(try server.answer("PUT", "/predictions/\(path)", "{}").status == 200)
            #expect(try server.answer("GET", "/predictions/\(path)").status == 200, "\(path)")
            let events = try server.answer("GET", "/predictions/\(path)/events")
            #expect(events.status == 200)
            #expect(events["x-prediction-id"].map { !$0.contains("/") } == true)
            #expect(try server.answer("POST", "/predictions/\(path)/cancel").status == 404)
        }
        // One id, however it is written.
        #expect(try server.answer("GET", "/predictions/%2E%2e").status == 200)
    }

    @Test func stoppingServerSaysSo() throws {
        let server = DirectServer()
        let waiting = try server.request(
            "PUT", "/predictions/x", headers: [RequestCase.json], body: #"{"input":{"hold":1}}"#)
        let answer = try server.answer("POST", "/shutdown")
        #expect(answer.status == 200)
        #expect(answer.text == "{}")
        let refused = try server.answer("POST", "/predictions", "{}")
        #expect(refused.status == 503)
        #expect(refused.json?["status"]?.stringValue == "failed")
        #expect(refused["retry-after"] != nil)
        let typed = try server.answer("POST", "/first/stream", "{}")
        #expect(typed.status == 503)
        #expect(typed.json?["error"]?["code"]?.stringValue == "draining")
        #expect(try server.answer("GET", "/readyz").json?["status"]?.stringValue == "stopping")
        #expect(try server.answer("GET", "/livez").status == 200)
        #expect(try server.answer("PUT", "/predictions/x", "{}").status == 202)
        try server.release("x")
        #expect(server.reply(on: waiting)?.json?["status"]?.stringValue == "succeeded")
    }
}
