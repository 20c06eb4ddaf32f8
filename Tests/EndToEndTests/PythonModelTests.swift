import EventLoop
import Testing
import WireProtocol

/// Models in Python, served by the package that the program carries, with nothing else to install.
struct PythonModelTests {
    private static let handlers = """
        from supervisor_worker import streaming

        @streaming
        def shout(text: str):
            print("shouting")
            for word in text.split():
                yield word.upper()
        """

    private static let reporter = """
        import os, signal, sys
        from supervisor_worker import handler

        @handler
        def report(name: str):
            return {
                "argv": sys.argv, "cwd": os.getcwd(), "weights": os.environ.get("COG_WEIGHTS"),
                "ignored": signal.getsignal(signal.SIGTERM) == signal.SIG_IGN,
                "concurrency": os.environ.get("COG_MAX_CONCURRENCY"),
                "token": os.environ.get("WEBHOOK_AUTH_TOKEN"),
            }
        """

    private func serve(
        _ words: [String], environment: [(name: String, value: String)] = [], in directory: TestDirectory
    ) throws -> RunningSupervisor {
        let server = try RunningSupervisor(serving: words, environment: environment, in: directory)
        try server.waitUntilListening()
        return server
    }

    /// Waits until the set-up has failed, and answers what the health document says of it.
    private func setupLogs(_ server: RunningSupervisor) throws -> String {
        try server.waitForLog("the set-up fails") { $0.message.hasPrefix("setup failed: ") }
        let health = try JSONValue.parse(try server.request("GET", "/health-check").body)
        #expect(health["status"]?.stringValue == "SETUP_FAILED")
        return try #require(health["setup"]?["logs"]?.stringValue)
    }

    private func output(_ server: RunningSupervisor, _ input: String) throws -> JSONValue {
        let answer = try server.request("POST", "/predictions", #"{"input":\#(input)}"#)
        #expect(answer.status == 200)
        return try #require(try JSONValue.parse(answer.body)["output"], "\(answer.text)")
    }

    // MARK: Handlers

    @Test func servesAFileWithHandlers() throws {
        let directory = try TestDirectory()
        try directory.write("shout.py", Self.handlers)
        let server = try serve(["shout.py", "--python", ModelPython.plain], in: directory)
        try server.waitUntilReady()
        #expect(try output(server, #"{"text":"hi there"}"#).arrayValue?.map(\.stringValue) == ["HI", "THERE"])
        let events = try server.stream("POST", "/predictions", #"{"input":{"text":"hi there"}}"#).all()
        #expect(events.filter { $0.name == "output" }.compactMap { $0.json?["chunk"]?.stringValue } == ["HI", "THERE"])
        #expect(events.last?.json?["logs"]?.stringValue == "shouting\n")
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
        // The package stays for the next start; the server's own folder does not.
        #expect(TestDirectory.names(in: server.stateDirectory) == ["python"])
    }

    @Test func servesModelsOfAConfiguration() throws {
        let directory = try TestDirectory()
        try directory.write("shout.py", Self.handlers)
        try directory.write("report.py", Self.reporter)
        try directory.write(
            "supervisor.json",
            #"{"deployments":[{"name":"a","model":"shout.py"},{"name":"b","model":"report.py","concurrency":1}]}"#)
        let server = try serve([directory.path, "--python", ModelPython.plain], in: directory)
        try server.waitUntilReady(2)
        #expect(
            try server.request("POST", "/a/predictions", #"{"input":{"text":"x"}}"#).text.contains(#""output":["X"]"#))
        #expect(
            try server.request("POST", "/b/predictions", #"{"input":{"name":"x"}}"#).text.contains(
                #""concurrency":"1""#))
    }

    /// As in Cog: what scripts read off their surroundings.
    @Test func workersFindThemselvesInTheModelsDirectory() throws {
        let directory = try TestDirectory()
        try directory.write("report.py", Self.reporter)
        let server = try serve(
            ["report.py", "--python", ModelPython.plain],
            environment: [(name: "COG_WEIGHTS", value: "w.bin"), (name: "WEBHOOK_AUTH_TOKEN", value: "secret")],
            in: directory)
        try server.waitUntilReady()
        let report = try output(server, #"{"name":"x"}"#)
        #expect(report["argv"]?.arrayValue?.map(\.stringValue) == ["-c"])
        #expect(report["cwd"]?.stringValue?.hasSuffix(directory.path) == true)
        #expect(report["weights"]?.stringValue == "w.bin")
        #expect(report["token"] == .null, "only the process that sends webhooks needs it")
        #expect(report["ignored"] == .bool(false))
    }

    @Test func errorOfImportIsToldWithItsTraceback() throws {
        let directory = try TestDirectory()
        try directory.write("broken.py", "import nothing_of_this_name\n")
        let server = try serve(["broken.py", "--python", ModelPython.plain], in: directory)
        let logs = try setupLogs(server)
        #expect(logs.contains("Traceback (most recent call last)") && logs.contains("broken.py"))
        #expect(logs.contains("ModuleNotFoundError: No module named 'nothing_of_this_name'"))
    }

    @Test func tooOldPythonIsNamed() throws {
        let directory = try TestDirectory()
        try directory.write("shout.py", Self.handlers)
        let python = try ModelPython.wrapper(
            """
            exec $real -c "import sys; sys.version_info = (3, 8, 1); sys.version = '3.8.1 (old)'
            $2"
            """, in: directory)
        let server = try serve(["shout.py", "--python", python], in: directory)
        let logs = try setupLogs(server)
        #expect(logs.contains("needs Python 3.10 or newer") && logs.contains("3.8.1"))
    }

    // MARK: Cog models

    @Test func missingCogPackageIsSaidWithTheRemedy() throws {
        let directory = try TestDirectory()
        try directory.write("predict.py", CogModel.source)
        // Without its site packages no Python has it.
        let python = try ModelPython.wrapper(#"exec $real -S -E "$@""#, in: directory)
        let server = try serve([".", "--predict", "predict.py:Predictor", "--python", python], in: directory)
        let logs = try setupLogs(server)
        #expect(logs.contains("package") && logs.contains("cog") && logs.contains("pip install cog"), "\(logs)")
    }

    @Test(.enabled(if: ModelPython.withCog != nil, "\(ModelPython.skipped)"))
    func servesADirectoryWithACogFile() throws {
        let directory = try CogModel.directory()
        let server = try serve([".", "--python", try #require(ModelPython.withCog)], in: directory)
        try server.waitUntilReady()
        #expect(
            try output(server, #"{"text":"a b","times":2}"#).arrayValue?.map(\.stringValue) == ["a", "b", "a", "b"])
        #expect(try server.request("POST", "/predictions", #"{"input":{"text":"a","times":"x"}}"#).status == 422)
        let events = try server.stream("PUT", "/predictions/x", #"{"input":{"text":"a b"}}"#).all()
        #expect(events.map(\.name) == ["start", "log", "output", "output", "completed"])
        let document = try JSONValue.parse(try server.request("GET", "/openapi.json").body)
        #expect(
            document["components"]?["schemas"]?["Input"]?["properties"]?["times"]?["type"]?.stringValue == "integer")
        #expect(try server.health() == "READY")
    }

    @Test(
        .enabled(if: ModelPython.withCog != nil, "\(ModelPython.skipped)"), arguments: ["flag", "variable"])
    func servesADirectoryWithoutACogFile(_ way: String) throws {
        let directory = try TestDirectory()
        try directory.write("other.py", CogModel.source)
        let python = ["--python", try #require(ModelPython.withCog)]
        let server =
            way == "flag"
            ? try serve([".", "--predict", "other.py:Predictor"] + python, in: directory)
            : try serve(
                ["."] + python, environment: [(name: "COG_PREDICT_TYPE_STUB", value: "other.py:Predictor")],
                in: directory)
        try server.waitUntilReady()
        #expect(try output(server, #"{"text":"a"}"#).arrayValue?.map(\.stringValue) == ["a"])
    }

    @Test(.enabled(if: ModelPython.withCog != nil, "\(ModelPython.skipped)"))
    func errorOfACogModelsImportIsToldWithItsTraceback() throws {
        let directory = try CogModel.directory("import nothing_of_this_name\n" + CogModel.source)
        let server = try serve([".", "--python", try #require(ModelPython.withCog)], in: directory)
        let logs = try setupLogs(server)
        #expect(logs.contains("Traceback (most recent call last)") && logs.contains("predict.py"))
        #expect(logs.contains("ModuleNotFoundError: No module named 'nothing_of_this_name'"))
    }

    /// The worker decides what it makes of the number; the server does not end over it.
    @Test(.enabled(if: ModelPython.withCog != nil, "\(ModelPython.skipped)"))
    func concurrencyOfASyncModelFailsTheSetup() throws {
        let server = try serve(
            [".", "--python", try #require(ModelPython.withCog)],
            environment: [(name: "COG_MAX_CONCURRENCY", value: "4")], in: try CogModel.directory())
        #expect(try setupLogs(server).contains("COG_MAX_CONCURRENCY > 1 requires an async"))
        #expect(try server.request("GET", "/livez").status == 200)
    }

    // MARK: Ends

    @Test func explicitShutdownIsAwaited() throws {
        let directory = try TestDirectory()
        try directory.write("report.py", Self.reporter)
        let server = try serve(
            ["report.py", "--python", ModelPython.plain, "--await-explicit-shutdown", "true"], in: directory)
        try server.waitUntilReady()
        server.signal(.terminate)
        try server.waitForLog("it says that it stays") { $0.message.contains("SIGTERM is ignored") }
        #expect(try output(server, #"{"name":"x"}"#)["ignored"] == .bool(true))
        #expect(try server.request("POST", "/shutdown").status == 200)
        #expect(try server.waitForEnd() == .exited(code: 0))
    }

    @Test func explicitShutdownThatIsNotWantedIsNotAwaited() throws {
        let directory = try TestDirectory()
        try directory.write("report.py", Self.reporter)
        let server = try serve(
            ["report.py", "--python", ModelPython.plain, "--await-explicit-shutdown", "false"], in: directory)
        try server.waitUntilReady()
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
    }
}

/// A small Cog model.
enum CogModel {
    static let source = """
        from cog import BasePredictor, ConcatenateIterator, Input, streaming

        class Predictor(BasePredictor):
            @streaming
            def predict(
                self, text: str = Input(description="words"), times: int = Input(default=1, ge=1)
            ) -> ConcatenateIterator[str]:
                print("predicting")
                for word in text.split() * times:
                    yield word
        """

    static func directory(_ source: String = CogModel.source) throws -> TestDirectory {
        let directory = try TestDirectory()
        try directory.write("cog.yaml", "predict: \"predict.py:Predictor\"\n")
        try directory.write("predict.py", source)
        return directory
    }
}
