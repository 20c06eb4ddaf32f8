import Engine
import Testing
import WireProtocol

@Suite("Engine: uploads")
struct UploadTests {
    private func start(
        base: String = "https://store.example/files/", capabilities: [String] = [Capability.spill, Capability.upload],
        concurrency: Int = 2
    ) -> RecordingRunner {
        let runner = RecordingRunner.ready(
            .testing { $0.delivery.uploadURL = DeliveryURL(base) }, concurrency: concurrency,
            capabilities: capabilities)
        runner.create("p/ü", .background)
        runner.say(runner.worker, runner.worker.started("p/ü"))
        return runner
    }

    @Test(arguments: [
        ("https://s.example/files", "a.txt", "https://s.example/files/a.txt"),
        ("https://s.example/files//", "a b+ü.txt", "https://s.example/files/a%20b%2B%C3%BC.txt"),
        ("http://s.example", "../x/y.png", "http://s.example/y.png"),
        ("http://s.example/", "", "http://s.example/output"),
        ("http://s.example/", "..", "http://s.example/output"),
    ])
    func whereFilesGo(base: String, name: String, url: String) {
        let runner = start(base: base)
        runner.say(runner.worker, runner.worker.upload("p/ü", 0, path: "/spool/f1", name: name))
        let request = runner.sent[0].request
        #expect(request.method == "PUT")
        #expect(request.url == url)
        #expect(request.body == .file("/spool/f1"))
        #expect(request.timeout == 25 * second)
        #expect(!request.isAuthorized, "the token is for webhooks")
        let headers = request.headers.map { "\($0.name): \($0.value)" }
        #expect(headers.contains("content-type: text/plain"))
        #expect(headers.contains("x-prediction-id: p%2F%C3%BC"))
    }

    @Test(arguments: [
        (nil as String?, "https://store.example/files/out.txt"),
        ("https://cdn.example/x?sig=1&t=2#page", "https://cdn.example/x#page"),
        ("https://cdn.example/#a?b", "https://cdn.example/#a?b"),
    ])
    func whereFilesAre(location: String?, url: String) {
        let runner = start()
        runner.say(runner.worker, runner.worker.upload("p/ü", 0, path: "/spool/f1"))
        runner.answer(location: location)
        #expect(runner.worker.uploaded == [UploadResult(number: 0, .url(url))])
        #expect(runner.removedFiles == ["/spool/f1"])
    }

    @Test func answersFindTheirRunInAnyOrder() {
        let runner = start()
        let worker = runner.worker
        runner.create("q", .background)
        runner.say(worker, worker.started("q"))
        runner.say(worker, worker.upload("p/ü", 0, path: "/spool/a"), worker.upload("p/ü", 1, path: "/spool/b"))
        runner.say(worker, worker.upload("q", 0, path: "/spool/c"))
        runner.answer(2, location: "http://x/c")
        runner.answer(1, location: "http://x/b")
        runner.answer(0, location: "http://x/a")
        #expect(worker.uploaded.map(\.number) == [0, 1, 0])
        #expect(worker.uploaded.map(\.outcome) == [.url("http://x/c"), .url("http://x/b"), .url("http://x/a")])
    }

    @Test func failuresAreWordedAsInCogAndNotTriedAgain() {
        let runner = start()
        let worker = runner.worker
        runner.say(worker, worker.upload("p/ü", 0, path: "/spool/a"), worker.upload("p/ü", 1, path: "/spool/b"))
        runner.settle(.unreachable("could not connect"), 0)
        runner.answer(1, status: 503)
        #expect(
            worker.uploaded.map(\.outcome) == [
                .failed("upload request failed: could not connect"),
                .failed("upload request failed: status 503"),
            ])
        #expect(runner.sent.count == 2)
        #expect(runner.removedFiles == ["/spool/a", "/spool/b"])
    }

    /// That the sending process ended is nobody's fault but its own, twice.
    @Test func aLostProcessIsTriedAgain() {
        let runner = start()
        let worker = runner.worker
        runner.say(worker, worker.upload("p/ü", 0, path: "/spool/a"))
        for _ in 0..<3 { runner.settle(.agentLost("it ended")) }
        #expect(runner.sent.count == 3)
        #expect(worker.uploaded.count == 1)
        #expect(runner.removedFiles == ["/spool/a"])
    }

    @Test func runsThatAreOverAreForgotten() {
        let runner = start()
        let worker = runner.worker
        runner.say(worker, worker.upload("p/ü", 0, path: "/spool/a"), worker.done("p/ü", .canceled))
        runner.answer()
        #expect(worker.uploaded.isEmpty)
        #expect(runner.removedFiles == ["/spool/a"])
        runner.create("q", .background)
        runner.say(worker, worker.started("q"), worker.upload("q", 0, path: "/spool/b"))
        runner.exit(worker)
        runner.answer()
        #expect(runner.removedFiles == ["/spool/a", "/spool/b"])
    }

    @Test func placesAreLeftForWebhooks() {
        let runner = start(concurrency: 60)
        let worker = runner.worker
        for number in 0..<40 { runner.say(worker, worker.upload("p/ü", UInt64(number), path: "/spool/\(number)")) }
        #expect(runner.sent.count == 24)
        for number in 0..<20 {
            runner.perform(.create(WebhookTests.request("h\(number)")))
            runner.say(worker, worker.started("h\(number)"))
        }
        #expect(runner.sent.count == 32)
        runner.answer(0)
        #expect(runner.sent.last?.request.method == "PUT", "a run waits for it")
    }

    /// The worker's library is older: its files become part of the output, and the log says so once.
    @Test func workersThatCannotUpload() {
        let runner = start(capabilities: [Capability.spill])
        let worker = runner.worker
        for number in 0..<2 {
            runner.say(worker, worker.fileOutput("p/ü", path: "/spool/\(number)", mime: "text/plain"))
            runner.send(.spillLoaded(worker.id, Array("x".utf8)))
        }
        #expect(runner.logs.filter { $0.message.contains("capability `upload`") }.count == 1)
        #expect(runner.read("p/ü")?["output"]?.arrayValue?.count == 2)
    }

    @Test func withoutAURLNobodyIsToldOfTheCapability() {
        let runner = RecordingRunner.ready()
        guard case .hello(let hello)? = runner.worker.received.first else {
            Issue.record("no hello")
            return
        }
        #expect(!hello.capabilities.contains(Capability.upload))
    }
}
