import EventLoop
import Testing
import WireProtocol

/// HTTP/1.x over a real socket.
struct HTTPTests {
    private let server: RunningSupervisor

    init() throws {
        server = try RunningSupervisor()
        try server.waitUntilReady()
    }

    @Test func oneConnectionServesManyRequests() throws {
        let client = try server.connect()
        for _ in 0..<3 {
            try client.send("GET", "/livez")
            let answer = try client.response()
            #expect(answer.status == 200)
            #expect(answer["date"]?.hasSuffix(" GMT") == true)
            #expect(answer["server"] == nil)
        }
        try client.send(
            "POST", "/predictions",
            headers: [
                (name: "content-type", value: "application/json"), (name: "accept", value: "text/event-stream"),
            ], body: Array("{}".utf8))
        #expect(try EventStream(client).all().last?.name == "completed")
        // A stream that has ended in order leaves the connection usable.
        try client.send("GET", "/livez")
        #expect(try client.response().status == 200)
    }

    @Test func pipelinedRequestsAreAnsweredInTheirOrder() throws {
        let client = try server.connect()
        let body = #"{"input":{"do":[["emit",1]]}}"#
        let post = "POST /predictions HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\n"
        try client.send(
            "GET /livez HTTP/1.1\r\nhost: t\r\n\r\n"
                + post + "content-length: \(body.utf8.count)\r\n\r\n" + body
                + "GET /nowhere HTTP/1.1\r\nhost: t\r\n\r\n"
                + post + "accept: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
                + "GET /livez HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\nGET /livez HTTP/1.1\r\nhost: t\r\n\r\n")
        #expect(try client.response().text == #"{"status":"ok"}"#)
        #expect(try JSONValue.parse(try client.response().body)["status"]?.stringValue == "succeeded")
        #expect(try client.response().status == 404)
        #expect(try EventStream(client).all().map(\.name) == ["start", "output", "completed"])
        let last = try client.response()
        #expect(last.status == 200)
        #expect(last["connection"] == "close")
        #expect(try client.isClosed())
    }

    @Test func continueIsSentBeforeTheBody() throws {
        let client = try server.connect()
        try client.send(
            "POST /predictions HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\nexpect: 100-continue\r\n"
                + "content-length: 2\r\n\r\n")
        #expect(try client.head().status == 100)
        try client.send("{}")
        #expect(try client.response().status == 200)
    }

    @Test func refusalComesInsteadOfContinue() throws {
        let client = try server.connect()
        try client.send(
            "POST /predictions HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\nexpect: 100-continue\r\n"
                + "content-length: 104857601\r\n\r\n")
        let answer = try client.response()
        #expect(answer.status == 413)
        #expect(
            answer.text == #"{"error":"Failed to buffer the request body: length limit exceeded","status":"failed"}"#)
        #expect(try client.isClosed())
    }

    @Test func http10StreamEndsWithItsConnection() throws {
        let client = try server.connect()
        try client.send(
            "POST /predictions HTTP/1.0\r\naccept: text/event-stream\r\ncontent-type: application/json\r\n"
                + "content-length: 2\r\n\r\n{}")
        let stream = try EventStream(client)
        #expect(stream.head.status == 200)
        #expect(stream.head["transfer-encoding"] == nil)
        #expect(stream.head["content-length"] == nil)
        #expect(stream.head["connection"] == "close")
        #expect(try stream.all().map(\.name) == ["start", "output", "completed"])
        #expect(client.isAtEnd)
    }

    @Test func http10KeepsTheConnectionOnlyWhenAsked() throws {
        let plain = try server.connect()
        try plain.send("GET /livez HTTP/1.0\r\n\r\n")
        #expect(try plain.response()["connection"] == "close")
        #expect(try plain.isClosed())
        let kept = try server.connect()
        for _ in 0..<2 {
            try kept.send("GET /livez HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
            #expect(try kept.response()["connection"] == "keep-alive")
        }
    }

    @Test(arguments: ["/", "/livez", "/readyz", "/health-check", "/openapi.json", "/gen/health-check"])
    func headHasTheHeadersOfGet(_ path: String) throws {
        let get = try server.request("GET", path)
        let head = try server.request("HEAD", path)
        #expect(head.status == get.status)
        #expect(head["content-length"] == "\(get.body.count)")
        #expect(head["content-type"] == get["content-type"])
        #expect(head.body.isEmpty)
    }

    @Test func requestCutAtEveryByteIsTheSame() throws {
        let body = #"{"input":{"do":[["emit","x"]]}}"#
        let request = Array(
            ("PUT /predictions/cut HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
                + "\r\n5;a=b\r\n\(body.prefix(5))\r\n\(String(body.utf8.count - 5, radix: 16))\r\n\(body.dropFirst(5))\r\n"
                + "0\r\nx-trailer: 1\r\n\r\n").utf8)
        let client = try server.connect()
        for cut in 1..<request.count {
            try client.send(Array(request[..<cut]))
            try client.send(Array(request[cut...]))
            let answer = try client.response()
            guard answer.status == 200, answer.text.contains("\"succeeded\"") else {
                Issue.record("cut at \(cut): \(answer.status) \(answer.text)")
                return
            }
        }
    }

    /// A client that has said all that it will say may still read: a short answer reaches it.
    @Test func answerReachesAClientThatHasFinishedWriting() throws {
        let client = try server.connect()
        try client.send("GET /livez HTTP/1.1\r\nhost: t\r\n\r\nGET /nowhere HTTP/1.1\r\nhost: t\r\n\r\n")
        client.finishWriting()
        #expect(try client.response().status == 200)
        #expect(try client.response().status == 404)
        #expect(try client.isClosed())
    }
}
