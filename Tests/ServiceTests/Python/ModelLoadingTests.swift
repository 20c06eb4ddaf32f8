import Service
import Testing

/// What `serve` makes of a model's directory or file.
@Suite struct ModelLoadingTests {
    /// A world of files: directories end in a slash, programs in `*`.
    private func load(
        _ path: String?, files: [String], texts: [String: String] = [:], environment: [String: String] = [:],
        flags: [String] = [], in directory: String = "/apps"
    ) -> ConfigurationLoader.Outcome {
        var surroundings = Surroundings(
            environment: ["PATH": "/opt/bin:/usr/bin"].merging(environment) { $1 }, workingDirectory: directory,
            userID: 1000
        ) { path in
            if let text = texts[path] { return .bytes(Array(text.utf8)) }
            if files.contains(path) { return .bytes([]) }
            return files.contains("\(path)/") ? .directory : .missing
        }
        surroundings.isExecutable = { files.contains("\($0)*") }
        let values = flags.map { flag in
            let parts = flag.split(separator: "=", maxSplits: 1)
            return FlagValue(name: String(parts[0]), value: String(parts[1]))
        }
        return ConfigurationLoader.load(path: path, flags: values, in: surroundings)
    }

    private let cog = ["/apps/", "/apps/my-model/", "/apps/my-model/cog.yaml", "/usr/bin/python3*"]

    @Test(arguments: ["my-model", "/apps/my-model", "./my-model/", nil])
    func servesADirectoryWithACogFile(path: String?) throws {
        let outcome = load(path, files: cog, in: path == nil ? "/apps/my-model" : "/apps")
        #expect(outcome.lines == [])
        let deployment = try #require(outcome.configuration?.deployments.first)
        #expect(deployment.name == "my-model" && deployment.model == "/apps/my-model")
        #expect(deployment.workingDirectory == "/apps/my-model" && deployment.python == "/usr/bin/python3")
        #expect(deployment.command.isEmpty && deployment.predict == nil && deployment.mode == .predict)
        #expect(outcome.configuration?.defaultDeployment == 0)
    }

    @Test func prefersTheConfiguration() throws {
        let outcome = load(
            "my-model", files: cog,
            texts: ["/apps/my-model/supervisor.json": #"{"deployments":[{"name":"x","command":["y"]}]}"#])
        #expect(outcome.configuration?.deployments.first?.command == ["y"])
    }

    @Test func servesADirectoryByFlagOrVariable() throws {
        let files = ["/apps/", "/apps/m/", "/usr/bin/python3*"]
        let flags = load(
            "m", files: files, environment: ["COG_PREDICT_TYPE_STUB": "x.py:X"],
            flags: ["--predict=predict.py:Predictor", "--train=t.py:T", "--x-mode=train"])
        let deployment = try #require(flags.configuration?.deployments.first)
        #expect(deployment.predict == "predict.py:Predictor" && deployment.train == "t.py:T")
        #expect(deployment.mode == .train)
        #expect(flags.configuration?.origins["deployments[0].predict"] == .flag("--predict"))
        let variable = load("m", files: files, environment: ["COG_TRAIN_TYPE_STUB": "t.py:T"])
        #expect(variable.configuration?.deployments.first?.train == "t.py:T")
        #expect(variable.configuration?.origins["deployments[0].train"] == .environment("COG_TRAIN_TYPE_STUB"))
        #expect(load("m", files: files, environment: ["COG_PREDICT_TYPE_STUB": ""]).configuration == nil)
    }

    @Test func servesAFileWithHandlers() throws {
        let files = ["/apps/", "/apps/shout.py", "/apps/.venv/bin/python*"]
        let outcome = load("shout.py", files: files, environment: ["COG_PREDICT_TYPE_STUB": "x.py:X"])
        let deployment = try #require(outcome.configuration?.deployments.first)
        #expect(deployment.name == "shout" && deployment.model == "/apps/shout.py")
        #expect(deployment.workingDirectory == "/apps" && deployment.python == "/apps/.venv/bin/python")
        #expect(deployment.predict == nil)
        let flag = load("shout.py", files: files, flags: ["--predict=x.py:X"])
        #expect(flag.lines.first?.hasPrefix("--predict: is for the directory of a Cog model") == true)
        #expect(flag.exitCode == .usage)
    }

    @Test func namesTheThreeWays() throws {
        let outcome = load("m", files: ["/apps/", "/apps/m/", "/usr/bin/python3*"])
        #expect(
            outcome.lines == ["there is nothing to serve in /apps/m: no supervisor.json, no cog.yaml, and no --predict"]
        )
        let hint = try #require(outcome.diagnostics.first?.hint)
        for way in ["supervisor.json", "cog.yaml", "--predict", "worker.py"] { #expect(hint.contains(way)) }
        #expect(outcome.exitCode == .configuration)
    }

    @Test func flagsOfAModelAreRefusedBesideAConfiguration() {
        let outcome = load(
            "my-model", files: cog,
            texts: ["/apps/my-model/supervisor.json": #"{"deployments":[{"name":"x","command":["y"]}]}"#],
            flags: ["--predict=a.py:A"])
        #expect(
            outcome.lines == [
                "--predict: is for a model without a configuration, but my-model/supervisor.json names what to run"
            ])
        #expect(outcome.exitCode == .usage)
    }

    // MARK: Python

    @Test(arguments: [
        (["/apps/my-model/.venv/bin/python*", "/apps/my-model/venv/bin/python*"], "/apps/my-model/.venv/bin/python"),
        (["/apps/my-model/venv/bin/python*", "/active/bin/python*"], "/apps/my-model/venv/bin/python"),
        (["/active/bin/python*", "/opt/bin/python3*"], "/active/bin/python"),
        (["/opt/bin/python3*"], "/opt/bin/python3"), ([], "/usr/bin/python3"),
    ])
    func choosesPython(programs: [String], expected: String) {
        let outcome = load("my-model", files: cog + programs, environment: ["VIRTUAL_ENV": "/active"])
        #expect(outcome.configuration?.deployments.first?.python == expected)
    }

    @Test(arguments: [
        ("/a/python", "/a/python"), ("env/bin/python", "/apps/env/bin/python"), ("python3.12", "/opt/bin/python3.12"),
    ])
    func takesThePythonThatIsNamed(named: String, expected: String) {
        let files =
            cog + ["/a/python*", "/apps/env/bin/python*", "/opt/bin/python3.12*", "/apps/my-model/.venv/bin/python*"]
        #expect(
            load("my-model", files: files, flags: ["--python=\(named)"]).configuration?.deployments[0].python
                == expected)
        let variable = load("my-model", files: files, environment: ["SUPERVISOR_PYTHON": named])
        #expect(variable.configuration?.deployments[0].python == expected)
    }

    @Test func saysWhereItLookedForPython() throws {
        let outcome = load("my-model", files: Array(cog.dropLast()), environment: ["VIRTUAL_ENV": "/active"])
        #expect(
            outcome.lines == [
                "python: there is no Python: looked for /apps/my-model/.venv/bin/python, "
                    + "/apps/my-model/venv/bin/python, /active/bin/python and python3 in PATH"
            ])
        #expect(outcome.diagnostics.first?.hint?.contains("--python") == true)
        #expect(outcome.exitCode == .configuration)
        for (named, line) in [
            ("/a/b", "python: there is no program /a/b"), ("python9", "python: there is no `python9` in PATH"),
        ] {
            let outcome = load("my-model", files: cog, flags: ["--python=\(named)"])
            #expect(outcome.lines == [line])
            #expect(outcome.exitCode == .configuration)
        }
    }

    // MARK: Limits

    @Test func hasNoLoadTimeoutUnlessSomebodySaysSo() throws {
        #expect(try #require(load("my-model", files: cog).configuration).deployments[0].loadTimeout == nil)
        for (value, expected) in [("7", Nanoseconds.seconds(7)), ("0", nil)] {
            let outcome = load("my-model", files: cog, environment: ["COG_SETUP_TIMEOUT": value])
            #expect(try #require(outcome.configuration).deployments[0].loadTimeout == expected)
        }
        let bad = load("my-model", files: cog, environment: ["COG_SETUP_TIMEOUT": "1m"])
        #expect(bad.lines.first?.hasSuffix("not `1m`; using none (the default)") == true)
        #expect(try #require(bad.configuration).deployments[0].loadTimeout == nil)
        let flag = load("my-model", files: cog, flags: ["--load-timeout=5m"])
        #expect(try #require(flag.configuration).deployments[0].loadTimeout == .seconds(300))
    }

    @Test func warnsOfWhatCogIgnores() throws {
        let outcome = load("my-model", files: cog, flags: ["--threads=4"])
        #expect(outcome.configuration != nil && outcome.lines == ["--threads: has no effect, as in Cog"])
    }

    @Test(arguments: [
        ("my-model", "my-model"), ("My_Model.v2", "my-model-v2"), ("--x--", "x"), ("predictions", "model"),
        ("模型", "model"), (String(repeating: "x", count: 70), String(repeating: "x", count: 63)),
    ])
    func namesTheDeployment(folder: String, name: String) throws {
        let outcome = load("/\(folder)", files: ["/\(folder)/", "/\(folder)/cog.yaml", "/usr/bin/python3*"])
        #expect(outcome.configuration?.deployments.first?.name == name, "\(outcome.lines)")
    }

    // MARK: In a configuration

    private func configuration(
        _ deployments: String, environment: [String: String] = [:]
    ) -> ConfigurationLoader.Outcome {
        load(
            nil, files: cog + ["/apps/m.py", "/apps/empty/", "/opt/bin/py*"],
            texts: ["/apps/supervisor.json": "{\"deployments\": [\(deployments)]}"], environment: environment)
    }

    @Test func readsModelsOfAConfiguration() throws {
        let outcome = configuration(
            #"{"name": "a", "model": "my-model", "train": "t.py:T", "mode": "train", "python": "py", "concurrency": 3}, "#
                + #"{"name": "b", "model": "m.py", "load_timeout": "3s"}"#,
            environment: ["COG_PREDICT_TYPE_STUB": "x.py:X"])
        #expect(outcome.lines == [])
        let deployments = try #require(outcome.configuration?.deployments)
        #expect(deployments[0].model == "/apps/my-model" && deployments[0].workingDirectory == "/apps/my-model")
        #expect(deployments[0].train == "t.py:T" && deployments[0].mode == .train)
        #expect(deployments[0].python == "/opt/bin/py" && deployments[0].concurrency == 3)
        #expect(deployments[0].loadTimeout == nil && deployments[1].loadTimeout == .seconds(3))
        #expect(deployments[1].model == "/apps/m.py" && deployments[1].workingDirectory == "/apps")
        // The variable could mean either.
        #expect(deployments[0].predict == nil)
    }

    @Test func environmentIsForTheOnlyModel() throws {
        let variables = ["COG_PREDICT_TYPE_STUB": "x.py:X"]
        let only = configuration(#"{"name": "a", "model": "empty"}"#, environment: variables)
        #expect(only.configuration?.deployments.first?.predict == "x.py:X")
        let said = configuration(#"{"name": "a", "model": "empty", "predict": "y.py"}"#, environment: variables)
        #expect(said.configuration?.deployments.first?.predict == "y.py")
    }

    @Test(arguments: [
        (#"{"name": "a", "model": "my-model", "command": ["x"]}"#, "command: cannot be combined with `model`"),
        (#"{"name": "a", "model": "my-model", "cwd": "/"}"#, "cwd: cannot be combined with `model`"),
        (#"{"name": "a", "command": ["x"], "predict": "p.py"}"#, "predict: is only for a deployment with a `model`"),
        (#"{"name": "a", "command": ["x"], "python": "p"}"#, "python: is only for a deployment with a `model`"),
        (#"{"name": "a", "model": "none"}"#, "model: there is no /apps/none"),
        (
            #"{"name": "a", "model": "empty"}"#,
            "model: there is no cog.yaml in /apps/empty, and no `predict` says what to run"
        ),
        (
            #"{"name": "a", "model": "supervisor.json"}"#,
            "model: must be the directory of a model or a .py file, not /apps/supervisor.json"
        ),
        (
            #"{"name": "a", "model": "m.py", "predict": "x"}"#,
            "predict: is for the directory of a Cog model; /apps/m.py is a file"
        ),
        (#"{"name": "a", "model": "my-model", "mode": "dance"}"#, "mode: must be one of predict, train, not `dance`"),
        (#"{"name": "a", "model": "my-model", "python": "no"}"#, "python: there is no `no` in PATH"),
    ])
    func refuses(deployment: String, line: String) {
        let outcome = configuration(deployment)
        #expect(outcome.lines == ["deployments[0].\(line)"])
        #expect(outcome.diagnostics.first?.line == 1 && outcome.exitCode == .configuration)
    }

    @Test func printedConfigurationCanBeReadBack() throws {
        var first = try #require(
            load("my-model", files: cog, flags: ["--predict=p.py:P", "--x-mode=train"]).configuration)
        let text = EffectiveConfiguration.text(first)
        var second = try #require(
            load(nil, files: cog, texts: ["/apps/supervisor.json": text]).configuration, "\(text)")
        #expect(text.contains("argument /apps/my-model") && text.contains("flag --predict"))
        first.origins = [:]
        second.origins = [:]
        second.listen = first.listen
        #expect(first == second)
    }
}
