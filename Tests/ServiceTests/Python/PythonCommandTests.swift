import EventLoop
import Service
import Testing

/// What a worker with a `model` is started with.
@Suite struct PythonCommandTests {
    private func deployment(_ change: (inout DeploymentConfiguration) -> Void = { _ in }) -> DeploymentConfiguration {
        var deployment = DeploymentConfiguration(inheriting: Configuration())
        deployment.model = "/models/m"
        deployment.python = "/env/bin/python"
        change(&deployment)
        return deployment
    }

    private func environment(
        of deployment: DeploymentConfiguration, inheriting inherited: [String: String]
    ) -> [String: String] {
        // Of two with one name the later counts, as for the spawner.
        Dictionary(PythonCommand.environment(of: deployment, inheriting: inherited).map { ($0.name, $0.value) }) { $1 }
    }

    @Test func tellsTheModel() {
        let plain = environment(
            of: deployment(), inheriting: ["PATH": "/bin", "COG_WEIGHTS": "w", "COG_USER_AGENT": "u"])
        #expect(
            plain == [
                "PATH": "/env/bin:/bin", "COG_WEIGHTS": "w", "COG_USER_AGENT": "u", "SUPERVISOR_MODEL": "/models/m",
                "SUPERVISOR_MODE": "predict",
            ])
        let full = environment(
            of: deployment {
                $0.predict = "p.py:P"
                $0.train = "t.py"
                $0.mode = .train
                $0.concurrency = 7
                $0.environment = [EnvironmentEntry(name: "PATH", value: "/mine")]
            }, inheriting: ["COG_MAX_CONCURRENCY": "x"])
        #expect(
            full == [
                "PATH": "/mine", "SUPERVISOR_MODEL": "/models/m", "SUPERVISOR_MODE": "train",
                "COG_PREDICT_TYPE_STUB": "p.py:P", "COG_TRAIN_TYPE_STUB": "t.py", "COG_MAX_CONCURRENCY": "7",
            ])
    }

    /// What the server's environment says of a model has become part of that model's deployment.
    @Test func inheritsNothingOfOtherModels() {
        let result = environment(
            of: deployment(),
            inheriting: [
                "COG_PREDICT_TYPE_STUB": "a", "COG_TRAIN_TYPE_STUB": "b", "SUPERVISOR_MODEL": "c",
                "SUPERVISOR_MODE": "d",
                "PATH": "/x:/env/bin",
            ])
        #expect(result == ["PATH": "/x:/env/bin", "SUPERVISOR_MODEL": "/models/m", "SUPERVISOR_MODE": "predict"])
    }

    @Test(arguments: ["/plain", "/a b'c\"d\\e\n", "/ünï/模型", "/$(x)/`y`;z"])
    func pathsSurviveTheLiteral(directory: String) throws {
        let scratch = try ScratchDirectory()
        // A module that says where it was found stands in for the package.
        let root = "\(scratch.path)\(directory)"
        try write(
            PythonPackage(files: [
                .init(path: "__init__.py", bytes: []),
                .init(
                    path: "bootstrap.py",
                    bytes: Array(
                        "import os,sys\ndef main(): os.write(1, os.fsencode(sys.path[-1])); print(sys.argv, repr(sys.path[0]))\n"
                            .utf8)),
            ]), root)
        let arguments = PythonCommand.arguments(python: "python3", directory: "\(root)/\(1)")
        let output = try ProgramOutput.of(arguments, in: scratch.path)
        #expect(output == "\(root)/1['-c'] ''\n")
    }

    private func write(_ package: PythonPackage, _ root: String) throws {
        try Files.makeDirectory("\(root)/1")
        try package.write(into: "\(root)/1")
    }
}
