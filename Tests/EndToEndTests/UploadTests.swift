import Testing
import WireProtocol

/// Output files that are sent to where the operator wants them.
struct UploadTests {
    private func start(_ base: String, _ command: [String]? = [Executable.fixtureWorker]) throws -> RunningSupervisor {
        let members = command == nil ? "" : #","handler":"fixture""#
        let server = try RunningSupervisor(
            [TestDeployment(members: members, command: command)], arguments: ["--port", "0", "--upload-url", base])
        try server.waitUntilReady()
        return server
    }

    /// Sends a request and leaves its answer to be read.
    private func predict(_ server: RunningSupervisor, _ id: String, _ input: String) throws -> Client {
        let client = try server.connect()
        try client.send(
            "PUT", "/predictions/\(id)", headers: [(name: "content-type", value: "application/json")],
            body: Array(#"{"input":\#(input)}"#.utf8))
        return client
    }

    @Test func addressesStandInTheOrderOfTheFiles() throws {
        let receiver = try Receiver()
        let server = try start("\(receiver.origin)/base")
        let client = try predict(server, "x", #"{"mode":"files","count":3,"text":"content"}"#)
        let first = try receiver.answerNext(
            "the first", status: 201, headers: [("location", "https://cdn.example/0?signature=1#top")])
        #expect(first.method == "PUT")
        #expect(first.headers["content-type"] == "text/plain")
        #expect(first.headers["x-prediction-id"] == "x")
        #expect(first.headers["authorization"] == nil)
        #expect(String(decoding: first.body, as: UTF8.self) == "content")
        try receiver.answerNext("the second")
        try receiver.answerNext("the third", status: 307, headers: [("location", "/elsewhere/2.txt?s=1")])
        let moved = try receiver.answerNext("the third where it was sent to")
        #expect(moved.method == "PUT")
        #expect(String(decoding: moved.body, as: UTF8.self) == "content")
        let body = try JSONValue.parse(try client.response().body)
        #expect(body["status"]?.stringValue == "succeeded")
        #expect(
            body["output"]?.arrayValue?.compactMap(\.stringValue) == [
                "https://cdn.example/0#top", "between", "\(receiver.origin)/base/1.txt", "between",
                "\(receiver.origin)/elsewhere/2.txt", "between",
            ])
    }

    @Test func aFailureIsThePredictions() throws {
        let receiver = try Receiver()
        let server = try start(receiver.origin)
        let client = try predict(server, "x", #"{"mode":"files","count":1,"text":"content"}"#)
        try receiver.answerNext("the file", status: 500)
        let body = try JSONValue.parse(try client.response().body)
        #expect(body["status"]?.stringValue == "failed")
        #expect(body["error"]?.stringValue?.hasPrefix("Failed to upload output: ") == true)
    }

    @Test func workersThatCannotUploadAreServedAsBefore() throws {
        let receiver = try Receiver()
        let server = try start(receiver.origin, nil)
        let answer = try server.request(
            "POST", "/predictions", RunningSupervisor.script(#"["file","hello\n","text/plain"]"#))
        #expect(answer.text.contains("data:text/plain;base64,aGVsbG8K"))
        try server.waitForLog("a warning") { $0.message.contains("capability `upload`") }
    }

    @Test func withoutTheProgramThatSendsThereIsNoStart() throws {
        let server = try RunningSupervisor(
            arguments: ["--port", "0", "--upload-url", "http://localhost/", "--delivery-agent", "/no/such/program"])
        #expect(try server.waitForEnd() == .exited(code: 78))
        #expect(server.logText.contains("/no/such/program"))
    }
}
