import EventLoop
import Glibc
import Testing
import WireProtocol

/// The program's own words and exit codes.
struct CommandLineTests {
    private struct Ending {
        let status: EventLoop.ExitStatus
        let output: String
        let errors: String
    }

    private func run(
        _ arguments: [String], environment: [(name: String, value: String)] = [], in directory: TestDirectory
    ) throws -> Ending {
        let process = try ChildProcess.spawn(
            SpawnRequest(
                arguments: [Executable.supervisor] + arguments, environment: environment,
                workingDirectory: directory.path))
        var output: [UInt8] = []
        var errors: [UInt8] = []
        let deadline = Deadline()
        while try !Deadline.milliseconds(10).happens(process.pidfd.raw, 1), !deadline.isOver {
            output += readAvailable(process.standardOutput.raw).bytes
            errors += readAvailable(process.standardError.raw).bytes
        }
        guard let ending = try ChildProcess.reap(process.pidfd.raw) else {
            ChildProcess.signalGroup(process.pid, .kill)
            throw Failure("it does not end: \(arguments)")
        }
        output += readAvailable(process.standardOutput.raw).bytes
        errors += readAvailable(process.standardError.raw).bytes
        return Ending(
            status: ending.status, output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors, as: UTF8.self))
    }

    @Test func wrongConfigurationIsSaidWithItsPlace() throws {
        let directory = try TestDirectory()
        try directory.write(
            "supervisor.json", #"{"deployments":[{"name":"a","comand":["x"]}],"limits":{"connections":"many"}}"#)
        for command in ["serve", "validate"] {
            let ending = try run([command], in: directory)
            #expect(ending.status == .exited(code: 78))
            #expect(ending.errors.contains("supervisor.json:1:"))
            #expect(
                ending.errors.contains("deployments[0].comand") && ending.errors.contains("did you mean `command`?"))
            #expect(ending.errors.contains("limits.connections"))
        }
    }

    @Test func missingConfiguration() throws {
        let ending = try run(["serve", "nowhere"], in: try TestDirectory())
        #expect(ending.status != .exited(code: 0))
        #expect(ending.errors.contains("nowhere"))
    }

    @Test func printedConfigurationHidesSecrets() throws {
        let directory = try TestDirectory()
        try directory.write(
            "supervisor.json",
            #"{"deployments":[{"name":"a","command":["x"],"env":{"API_TOKEN":"hush-hush","MODE":"plain"}}]}"#)
        let ending = try run(["serve", "--print-config", "--port", "1234"], in: directory)
        #expect(ending.status == .exited(code: 0))
        #expect(!ending.output.contains("hush-hush"))
        #expect(ending.output.contains("plain"))
        #expect(ending.output.contains("1234"))
        #expect(ending.output.contains("--port"))
        // What it prints can be given back to it.
        try directory.write("supervisor.json", ending.output)
        #expect(try run(["validate"], in: directory).status == .exited(code: 0))
    }

    @Test(arguments: [["--help"], ["serve", "--help"], ["--version"], ["validate", "--help"], ["schema", "--help"]])
    func help(_ arguments: [String]) throws {
        let ending = try run(arguments, in: try TestDirectory())
        #expect(ending.status == .exited(code: 0))
        #expect(!ending.output.isEmpty)
        #expect(ending.errors.isEmpty)
    }

    @Test(arguments: [
        ["sreve"], ["serve", "--prot", "1"], ["serve", "--port"], ["serve", "a", "b"],
        ["serve", "--port", "x", "supervisor.json"], ["serve", "--await-explicit-shutdown=maybe", "supervisor.json"],
    ])
    func commandLineThatCannotBeUnderstood(_ arguments: [String]) throws {
        let directory = try TestDirectory()
        try directory.write("supervisor.json", #"{"deployments":[{"name":"a","command":["x"]}]}"#)
        let ending = try run(arguments, in: directory)
        #expect(ending.status == .exited(code: 64))
        #expect(!ending.errors.isEmpty)
        #expect(ending.output.isEmpty)
    }

    // MARK: Models

    @Test func nothingToServeNamesTheWays() throws {
        let ending = try run(["serve"], in: try TestDirectory())
        #expect(ending.status == .exited(code: 78))
        for way in ["supervisor.json", "cog.yaml", "--predict"] { #expect(ending.errors.contains(way)) }
    }

    @Test func noPythonIsSaidWithTheRemedy() throws {
        let directory = try TestDirectory()
        try directory.write("cog.yaml", "run: \"run.py:Runner\"")
        let nowhere = [(name: "PATH", value: directory.path)]
        for words in [["serve"], ["validate"], ["schema"], ["serve", "--python", "no/such/python"]] {
            let ending = try run(words, environment: nowhere, in: directory)
            #expect(ending.status == .exited(code: 78), "\(words)")
            #expect(ending.errors.contains("python") && ending.errors.contains("--python"), "\(ending.errors)")
            #expect(ending.output.isEmpty)
        }
    }

    private var machine: [(name: String, value: String)] {
        let names: [String] = ["PATH", "HOME", "LD_LIBRARY_PATH"]
        return names.compactMap { name in getenv(name).map { (name, String(cString: $0)) } }
    }

    /// Nothing of the model is run, so no package of its is needed, and nothing stays behind.
    @Test func schemaIsPrinted() throws {
        let directory = try TestDirectory()
        try directory.write("predict.py", "import nothing_of_this_name\n" + CogModel.source)
        let temporary = try TestDirectory()
        let environment = machine + [(name: "TMPDIR", value: temporary.path)]
        let ending = try run(
            ["schema", directory.path, "--predict", "predict.py:Predictor", "--python", ModelPython.plain],
            environment: environment, in: try TestDirectory())
        #expect(ending.status == .exited(code: 0), "\(ending.errors)")
        let document = try JSONValue.parse(Array(ending.output.utf8))
        #expect(document["components"]?["schemas"]?["Input"]?["properties"]?["text"]?["type"]?.stringValue == "string")
        #expect(TestDirectory.names(in: temporary.path).isEmpty)
    }

    @Test func schemaThatCannotBeMadeKeepsTheGeneratorsExitCode() throws {
        let directory = try TestDirectory()
        try directory.write("predict.py", "class Predictor:\n    def predict(self, x): return x\n")
        let ending = try run(
            ["schema", ".", "--predict", "predict.py:Predictor", "--python", ModelPython.plain], environment: machine,
            in: directory)
        #expect(ending.status == .exited(code: 1))
        #expect(ending.errors.contains("predict.py") && ending.output.isEmpty)
        #expect(try run(["schema", "nowhere"], environment: machine, in: directory).status == .exited(code: 78))
    }

    @Test func folderOfAFreePortIsGoneWithTheServer() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        #expect(TestDirectory.names(in: server.stateDirectory).count == 1)
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
        #expect(TestDirectory.names(in: server.stateDirectory).isEmpty)
    }
}
