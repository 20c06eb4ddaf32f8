import EventLoop
import Glibc
import Testing
import WireProtocol

/// What clients are told without being connected, by the real process that sends it.
struct WebhookTests {
    private static let token = "token-5f2c9a"

    private func start(
        _ receiver: Receiver, settings: String = "", gates: [String] = [], arguments: [String] = ["--port", "0"]
    ) throws -> RunningSupervisor {
        let server = try RunningSupervisor(
            settings: #","log_level":"debug","webhooks":{"interval":"200ms"}"# + settings, gates: gates,
            arguments: arguments, environment: [("WEBHOOK_AUTH_TOKEN", Self.token)])
        try server.waitUntilReady()
        return server
    }

    /// A prediction in the background.
    private func create(
        _ server: RunningSupervisor, _ id: String, webhook: String, filter: String = "", _ steps: String...
    ) throws {
        let answer = try server.request(
            "PUT", "/predictions/\(id)",
            #"{"input":{"do":[\#(steps.joined(separator: ","))]},"webhook":\#(webhook.json)\#(filter)}"#,
            headers: [
                (name: "prefer", value: "respond-async"), (name: "traceparent", value: "00-aa-bb-01"),
                (name: "tracestate", value: "vendor=x"),
            ])
        guard answer.status == 202 else { throw Failure(answer.text) }
    }

    private static let completedOnly = #","webhook_events_filter":["completed"]"#

    @Test func startThenOutputTogetherThenTheEnd() throws {
        let receiver = try Receiver()
        let server = try start(receiver, gates: ["go", "end"])
        try create(
            server, "x", webhook: "\(receiver.origin)/hook?key=hidden", #"["gate","go"]"#, #"["burst",500,4]"#,
            #"["gate","end"]"#)
        let first = try receiver.answerNext("the start")
        #expect(first.method == "POST")
        #expect(first.target == "/hook?key=hidden")
        #expect(first.status == "processing")
        #expect(first.outputCount == 0)
        #expect(first.headers["content-type"] == "application/json")
        #expect(first.headers["authorization"] == "Bearer \(Self.token)")
        #expect(first.headers["traceparent"] == "00-aa-bb-01")
        #expect(first.headers["tracestate"] == "vendor=x")
        #expect(first.headers["user-agent"]?.hasPrefix("supervisor/") == true)
        server.gate("go").open()
        var counts: [Int] = []
        while counts.last != 500 {
            let notice = try receiver.answerNext("all output")
            #expect(notice.status == "processing")
            counts.append(notice.outputCount)
        }
        #expect(counts == counts.sorted())
        #expect(counts.count < 10, "\(counts): chunks between two notices are told together")
        server.gate("end").open()
        let last = try receiver.answerNext("the end")
        #expect(last.status == "succeeded")
        #expect(last.outputCount == 500)
        #expect(last.json?["metrics"]?["predict_time"] != nil)
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
        #expect(!server.log.contains { $0.text.contains(Self.token) || $0.text.contains("hidden") })
        try server.waitForWorkersToEnd()
    }

    @Test func theEndIsTriedAgain() throws {
        let receiver = try Receiver()
        let server = try start(receiver)
        try create(server, "x", webhook: "\(receiver.origin)/", filter: Self.completedOnly)
        for status in [503, 429, 200] { try receiver.answerNext("try with \(status)", status: status) }
        #expect(Set(receiver.requests.map(\.body)).count == 1)
        #expect(receiver.requests.allSatisfy { $0.status == "succeeded" })
    }

    /// One that is not there yet when the first tries are made.
    @Test func nobodyListensAtFirst() throws {
        let receiver = try Receiver()
        let server = try start(receiver)
        let elsewhere = try Receiver()
        let place = elsewhere.origin
        try create(
            server, "x", webhook: "\(receiver.origin)/", filter: Self.completedOnly, #"["emit",1]"#)
        try receiver.answerNext("a redirect to nowhere", status: 307, headers: [("location", "http://127.0.0.1:1/")])
        try server.waitForLog("the failure") { $0.message.contains("could not connect") }
        try receiver.answerNext("the retry", status: 307, headers: [("location", "\(place)/moved")])
        let moved = try elsewhere.answerNext("what was redirected")
        #expect(moved.method == "POST")
        #expect(moved.target == "/moved")
        #expect(moved.status == "succeeded")
        #expect(moved.headers["content-type"] == "application/json")
        #expect(moved.headers["authorization"] == nil, "the token goes to no other origin")
    }

    @Test(arguments: [301, 302, 308]) func redirectsKeepTheNotice(status: Int) throws {
        let receiver = try Receiver()
        let server = try start(receiver)
        try create(server, "x", webhook: "\(receiver.origin)/old", filter: Self.completedOnly)
        try receiver.answerNext("the old place", status: status, headers: [("location", "new?x")])
        let moved = try receiver.answerNext("the new place")
        #expect(moved.target == "/new?x")
        #expect(moved.method == "POST")
        #expect(moved.status == "succeeded")
        #expect(moved.headers["authorization"] == "Bearer \(Self.token)")
    }

    /// By file, and no file stays.
    @Test func largeNotices() throws {
        let receiver = try Receiver()
        let server = try start(receiver)
        let size = 3 << 20
        try create(
            server, "x", webhook: "\(receiver.origin)/", filter: Self.completedOnly, #"["spill",\#(size)]"#)
        let notice = try receiver.answerNext("all of it")
        #expect(notice.body.count > size)
        #expect(notice.json?["output"]?.arrayValue?.first?.stringValue?.utf8.count == size)
        // Its file goes when the answer has come; the end of the server waits for that.
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
        #expect(TestDirectory.names(in: server.stateDirectory).isEmpty)
    }

    @Test func theDrainDeliversAndWaits() throws {
        let receiver = try Receiver()
        let server = try start(receiver, gates: ["go"])
        try create(
            server, "x", webhook: "\(receiver.origin)/", filter: Self.completedOnly, #"["emit","a"]"#, #"["gate","go"]"#
        )
        server.signal(.terminate)
        try server.waitForLog("it begins to stop") { $0.message == "stopping" }
        server.gate("go").open()
        let notice = try receiver.next("the end")
        #expect(notice.status == "succeeded")
        try server.waitForLog("the worker is gone") { $0.message.hasPrefix("worker exited") }
        try notice.answer(status: 503)
        try receiver.answerNext("the retry")
        #expect(try server.waitForEnd() == .exited(code: 0))
        try server.waitForWorkersToEnd()
    }

    @Test func whatTheSendingProcessHadIsSentByTheNext() throws {
        let receiver = try Receiver()
        let server = try start(receiver)
        try create(server, "x", webhook: "\(receiver.origin)/", filter: Self.completedOnly)
        let line = try server.waitForLog("it is started") { $0.message == "delivery process started" }
        let pid = try #require(line.pid)
        try receiver.next("the end")
        kill(pid, SIGKILL)
        let again = try receiver.answerNext("the end once more")
        #expect(again.status == "succeeded")
        let next = try server.waitForLog("the next one") { $0.message == "delivery process started" }
        #expect(next.pid != pid)
    }

    @Test func itDoesNotOutliveTheServer() throws {
        let receiver = try Receiver()
        let server = try start(receiver)
        try create(server, "x", webhook: "\(receiver.origin)/", filter: Self.completedOnly)
        // It keeps its connection for the next notice.
        try receiver.answerNext("the end")
        server.signal(.kill)
        try receiver.waitForSendersToLeave()
    }

    // MARK: Refusals

    @Test(arguments: ["ftp://example.com/", "example.com", "http://", "http://a b/", ""])
    func badAddresses(url: String) throws {
        let receiver = try Receiver()
        let server = try start(receiver)
        let answer = try server.request("POST", "/predictions", #"{"input":{},"webhook":\#(url.json)}"#)
        #expect(answer.status == 422)
        let detail = try JSONValue.parse(answer.body)["detail"]?.arrayValue?.first
        #expect(detail?["loc"]?.arrayValue?.compactMap(\.stringValue) == ["body", "webhook"])
    }

    @Test func withoutTheProgramThatSends() throws {
        let receiver = try Receiver()
        let server = try start(receiver, arguments: ["--port", "0", "--delivery-agent", "/no/such/program"])
        let answer = try server.request("POST", "/predictions", #"{"input":{},"webhook":"http://localhost/"}"#)
        #expect(answer.status == 422)
        #expect(answer.text.contains("/no/such/program"))
        #expect(answer.text.contains("--delivery-agent"))
        #expect(try server.request("POST", "/predictions", "{}").text.contains("succeeded"))
    }
}
