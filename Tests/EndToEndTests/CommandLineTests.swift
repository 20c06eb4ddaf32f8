import EventLoop
import Testing

/// The program's own words and exit codes.
struct CommandLineTests {
    private struct Ending {
        let status: EventLoop.ExitStatus
        let output: String
        let errors: String
    }

    private func run(_ arguments: [String], in directory: TestDirectory) throws -> Ending {
        let process = try ChildProcess.spawn(
            SpawnRequest(
                arguments: [Executable.supervisor] + arguments, environment: [], workingDirectory: directory.path))
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

    @Test(arguments: [["--help"], ["serve", "--help"], ["--version"], ["validate", "--help"]])
    func help(_ arguments: [String]) throws {
        let ending = try run(arguments, in: try TestDirectory())
        #expect(ending.status == .exited(code: 0))
        #expect(!ending.output.isEmpty)
        #expect(ending.errors.isEmpty)
    }

    @Test(arguments: [["sreve"], ["serve", "--prot", "1"], ["serve", "--port"], ["serve", "a", "b"]])
    func commandLineThatCannotBeUnderstood(_ arguments: [String]) throws {
        let ending = try run(arguments, in: try TestDirectory())
        #expect(ending.status == .exited(code: 64))
        #expect(!ending.errors.isEmpty)
        #expect(ending.output.isEmpty)
    }
}
