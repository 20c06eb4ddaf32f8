import Engine
import TestSupport
import Testing

/// Requests for a prediction that runs, or has ended.
struct KnownPredictionTests {
    private static let hold = #"{"input":{"hold":true,"text":"a"}}"#

    private func running(_ world: RequestCase.World = .ready) throws -> (DirectServer, ConnectionID) {
        let server = DirectServer(world)
        let connection = try server.request("PUT", "/first/predictions/x", headers: [RequestCase.json], body: Self.hold)
        #expect(server.reply(on: connection) == nil)
        return (server, connection)
    }

    /// Whatever the second request says, as long as it can be read: the first one's input stands.
    @Test(arguments: [
        "{}", #"{"id":"x"}"#, #"{"input":{"text":"b"}}"#, #"{"input":{"n":1000}}"#, #"{"input":[]}"#,
    ])
    func runningOneAnswersWithASnapshot(_ body: String) throws {
        let (server, first) = try running()
        for prefer in ["", "respond-async", "wait=1"] {
            let headers = prefer.isEmpty ? [] : [(name: "prefer", value: prefer)]
            let answer = try server.answer("PUT", "/predictions/x", body, headers)
            #expect(answer.status == 202)
            let document = try #require(answer.json)
            #expect(
                document.objectValue?.map(\.key) == [
                    "created_at", "id", "input", "logs", "metrics", "output", "started_at", "status",
                ])
            #expect(document["input"]?["text"]?.stringValue == "a")
            #expect(document["output"]?.arrayValue?.compactMap(\.stringValue) == ["first"])
            #expect(document["status"]?.stringValue == "processing")
        }
        #expect(server.predictions.count == 1)
        try server.release("x")
        #expect(server.reply(on: first)?.status == 200)
    }

    @Test func postOfARunningIdJoinsToo() throws {
        let (server, _) = try running()
        #expect(try server.answer("POST", "/predictions", #"{"id":"x"}"#).status == 202)
        #expect(server.predictions.count == 1)
    }

    @Test func whatCannotBeReadIsRefusedBeforeTheJoin() throws {
        let (server, _) = try running()
        #expect(try server.answer("PUT", "/predictions/x", "{").status == 400)
        #expect(try server.answer("PUT", "/predictions/x", #"{"id":"y"}"#).status == 422)
        #expect(try server.answer("PUT", "/predictions/x", #"{"id":1}"#).status == 422)
        #expect(try server.answer("PUT", "/predictions/x", #"{"webhook":"ftp://h"}"#).status == 422)
    }

    @Test func streamOfARunningOneIsReplayedAndGoesOn() throws {
        let (server, first) = try running()
        let connection = try server.request(
            "PUT", "/predictions/x", headers: [RequestCase.json, RequestCase.events], body: #"{"input":5}"#)
        #expect(server.reply(on: connection)?.events.map(\.name) == ["start", "output"])
        #expect(server.reply(on: connection)?["x-prediction-replay"] == "full")
        // The reader that goes does not matter to a client that waits; when that one goes, the run is cancelled.
        server.disconnect(connection)
        #expect(server.held["x"] != nil)
        server.disconnect(first)
        #expect(server.held["x"] == nil)
        let document = try server.answer("GET", "/predictions/x")
        #expect(document.json?["status"]?.stringValue == "canceled")
    }

    @Test func readersBeyondTheCap() throws {
        let (server, _) = try running()
        for _ in 0..<2 { #expect(try server.answer("GET", "/predictions/x/events").status == 200) }
        let onCogsRoute = try server.answer("PUT", "/predictions/x", "{}", [RequestCase.events])
        #expect(onCogsRoute.status == 429)
        #expect(onCogsRoute.text == #"{"error":"Too many stream subscribers","status":"failed"}"#)
        #expect(try server.answer("GET", "/predictions/x/events").status == 429)
    }

    // MARK: Finished ones

    /// The same input in other words, or none: the result that there is.
    @Test(arguments: [
        "{}", #"{"input":null}"#, #"{"input":{"text":"a","n":1}}"#, #"{"input":{ "n" : 1, "text":"\u0061" }}"#,
        #"{"input":{"text":"b","n":1,"text":"a"}}"#,
    ])
    func safeRetryGetsTheRetainedResult(_ body: String) throws {
        let server = DirectServer()
        let first = try server.answer("PUT", "/predictions/x", #"{"input":{"text":"a","n":1}}"#)
        #expect(first.status == 200)
        for (method, target, json) in [
            ("PUT", "/predictions/x", body), ("POST", "/predictions", #"{"id":"x",\#(body.dropFirst())"#.replaced()),
        ] {
            let again = try server.answer(method, target, json)
            #expect(again.status == 200)
            #expect(again.text == first.text)
        }
        let stream = try server.answer("PUT", "/predictions/x", body, [RequestCase.events])
        #expect(stream.events.map(\.name) == ["start", "output", "completed"])
        #expect(stream.hasEnded)
        #expect(server.predictions.count == 1)
    }

    @Test(arguments: [
        #"{"input":{}}"#, #"{"input":{"text":"b","n":1}}"#, #"{"input":{"text":"a"}}"#,
        #"{"input":{"text":"a","n":1.0}}"#,
        #"{"input":{"text":"a","n":1,"do":[]}}"#,
    ])
    func anotherInputStartsANewRun(_ body: String) throws {
        let server = DirectServer()
        _ = try server.answer("PUT", "/predictions/x", #"{"input":{"text":"a","n":1}}"#)
        let old = try server.answer("GET", "/predictions/x/events").events
        let answer = try server.answer("PUT", "/predictions/x", body)
        // `1.0` is the same number as `1` to people and to the schema, and other bytes to the worker.
        #expect(answer.status == 200)
        if server.predictions.count == 1 {
            #expect(body.contains("1.0"))
            return
        }
        let new = try server.answer("GET", "/predictions/x/events").events
        #expect(new.count == old.count)
        // Another epoch: ids of the old run mean nothing in the new one.
        #expect(Set(new.compactMap(\.id)).isDisjoint(with: Set(old.compactMap(\.id))))
    }

    @Test func newInputOfAFinishedIdIsValidated() throws {
        let server = DirectServer()
        _ = try server.answer("PUT", "/predictions/x", "{}")
        #expect(try server.answer("PUT", "/predictions/x", #"{"input":{"n":1000}}"#).status == 422)
        #expect(try server.answer("GET", "/predictions/x").status == 200)
    }

    @Test func documentOfAPrediction() throws {
        let (server, _) = try running()
        let before = try server.answer("GET", "/predictions/x")
        #expect(before.status == 200)
        #expect(before.json?["status"]?.stringValue == "processing")
        #expect(before.json?["input"]?["text"]?.stringValue == "a")
        #expect(before.json?["created_at"] != nil)
        #expect(before.json?["started_at"] != nil)
        #expect(before.json?["completed_at"] == nil)
        try server.release("x", .failed(.init("boom")))
        let after = try #require(try server.answer("GET", "/predictions/x").json)
        #expect(after["status"]?.stringValue == "failed")
        #expect(after["error"]?.stringValue == "boom")
        #expect(after["output"]?.arrayValue?.count == 2)
        #expect(after["completed_at"] != nil)
        let keys = after.objectValue?.map(\.key) ?? []
        #expect(Set(keys).count == keys.count)
    }

    // MARK: Deployments

    @Test func idOfAnotherDeployment() throws {
        let (server, _) = try running()
        let refused = try server.answer("PUT", "/plain/predictions/x", "{}")
        #expect(refused.status == 409)
        #expect(refused.text.contains("first"))
        #expect(try server.answer("POST", "/plain/predictions", #"{"id":"x"}"#).status == 409)
        #expect(try server.answer("GET", "/plain/predictions/x").status == 404)
        #expect(try server.answer("GET", "/plain/predictions/x/events").status == 404)
        let cancel = try server.answer("POST", "/plain/predictions/x/cancel")
        #expect(cancel.status == 404)
        #expect(cancel.text == "{}")
        #expect(server.held["x"] != nil)
        #expect(try server.answer("POST", "/first/predictions/x/cancel").status == 200)
    }

    /// Ids belong to the whole server, so what only names one needs no deployment.
    @Test func idsNeedNoDefaultDeployment() throws {
        let (server, _) = try running(.withoutDefault)
        #expect(try server.answer("GET", "/predictions/x").status == 200)
        #expect(try server.answer("GET", "/predictions/x/events").status == 200)
        #expect(try server.answer("POST", "/predictions/x/cancel").status == 200)
    }

    @Test func idThatRanElsewhereStartsANewRun() throws {
        let server = DirectServer()
        _ = try server.answer("PUT", "/first/predictions/x", "{}")
        #expect(try server.answer("PUT", "/plain/predictions/x", "{}").status == 200)
        #expect(server.predictions.count == 2)
        #expect(try server.answer("GET", "/plain/predictions/x").status == 200)
        #expect(try server.answer("GET", "/first/predictions/x").status == 404)
    }

    // MARK: Events and typed streams

    @Test func eventsOfWhatDoesNotStream() throws {
        let server = DirectServer()
        _ = try server.answer("PUT", "/plain/predictions/x", "{}")
        #expect(try server.answer("GET", "/predictions/x/events").status == 406)
        #expect(try server.answer("PUT", "/plain/predictions/x", "{}", [RequestCase.events]).status == 406)
    }

    @Test func headOfEvents() throws {
        let server = DirectServer()
        _ = try server.answer("PUT", "/predictions/x", "{}")
        let head = try server.answer("HEAD", "/predictions/x/events")
        #expect(head.status == 200)
        #expect(head["content-type"] == "text/event-stream")
    }

    @Test func resumePoints() throws {
        let server = DirectServer()
        _ = try server.answer("PUT", "/predictions/x", "{}")
        let whole = try server.answer("GET", "/predictions/x/events").events
        let second = try #require(whole[1].id)
        for target in ["?last_event_id=\(second)", "?lastEventId=\(second)", "?from=3", "?last_event_id=2"] {
            #expect(
                try server.answer("GET", "/predictions/x/events\(target)").events == Array(whole[2...]), "\(target)")
        }
        let header = [(name: "Last-Event-ID", value: second)]
        #expect(try server.answer("GET", "/predictions/x/events?from=1", nil, header).events == Array(whole[2...]))
        #expect(
            try server.answer("PUT", "/predictions/x", "{}", header + [RequestCase.events]).events == Array(whole[2...])
        )
        // The query is for those who cannot set headers; Cog's own routes ignore it.
        #expect(
            try server.answer("PUT", "/predictions/x?from=3", "{}", [RequestCase.events]).events.count == whole.count)
        let last = [(name: "last-event-id", value: try #require(whole.last?.id))]
        #expect(try server.answer("GET", "/predictions/x/events", nil, last).status == 204)
    }

    @Test func typedStreams() throws {
        let server = DirectServer()
        let typed = try server.answer("POST", "/first/stream", "{}")
        #expect(typed.status == 200)
        #expect(typed.events.map(\.name) == ["", ""])
        #expect(typed.events[0].data == #"{"type":"chunk","done":false,"data":"first","seq":1}"#)
        #expect(typed.events[1].data.hasPrefix(#"{"type":"result","done":true,"seq":2,"prediction_id":"pred_"#))
        #expect(typed["x-prediction-stream"] != nil)
        let flat = try server.answer("POST", "/first/stream?flat=1", "{}")
        #expect(flat.events[0].data == #"{"type":"progress","done":false,"seq":1,"data":"first"}"#)
        let single = try server.answer("POST", "/plain/stream", "{}")
        #expect(single.events.count == 1)
        let invalid = try server.answer("POST", "/first/stream", #"{"input":{"n":1000}}"#)
        #expect(invalid.status == 422)
        #expect(try server.answer("GET", "/first/stream").status == 405)
    }

    @Test func capacityOfEachDeploymentIsItsOwn() throws {
        let server = DirectServer()
        _ = try server.request("POST", "/plain/predictions", headers: [RequestCase.json], body: Self.hold)
        let refused = try server.answer("POST", "/plain/predictions", "{}")
        #expect(refused.status == 409)
        #expect(refused.text == #"{"error":"At capacity - all prediction slots busy","status":"failed"}"#)
        let typed = try server.answer("POST", "/plain/stream", "{}")
        #expect(typed.status == 409)
        #expect(typed.json?["error"]?["code"]?.stringValue == "at_capacity")
        #expect(try server.answer("POST", "/predictions", "{}").status == 200)
    }

    @Test func cancelBeforeCreation() throws {
        let server = DirectServer()
        #expect(try server.answer("POST", "/predictions/x/cancel").status == 404)
        #expect(try server.answer("PUT", "/predictions/x", Self.hold).json?["status"]?.stringValue == "canceled")
        #expect(server.predictions.isEmpty)
        #expect(try server.answer("POST", "/predictions/x/cancel").status == 404)
    }
}

extension String {
    /// The id alone where nothing follows it.
    fileprivate func replaced() -> String { hasSuffix(",}") ? dropLast(2) + "}" : self }
}
