import Service
import TestSupport
import Testing

@Suite struct ConfigurationFileTests {
    @Test func readsADeploymentInFull() throws {
        let configuration = try Loading.configuration(
            """
            // Models of this host.
            {
              "$schema": "x", /* for editors */
              "concurrency": 2,
              "deployments": [
                {
                  "name": "llama-3", "command": ["./run", "--fast", "//no comment"], "handler": "generate",
                  "cwd": "../models", "env": {"A": "1", "B": ""}, "workers": 2, "concurrency": 8,
                  "streaming": true, "default": true, "load_timeout": "20m", "stop_grace": 5,
                  "limits": {"output": "1MiB", "logs": 0, "append_metrics": 10}
                },
                {"name": "b", "command": ["x"]}
              ]
            }
            """)
        var expected = DeploymentConfiguration(inheriting: Configuration())
        expected.name = "llama-3"
        expected.command = ["./run", "--fast", "//no comment"]
        expected.handler = "generate"
        expected.workingDirectory = "/etc/models"
        expected.environment = [EnvironmentEntry(name: "A", value: "1"), EnvironmentEntry(name: "B", value: "")]
        expected.workers = 2
        expected.concurrency = 8
        expected.streaming = true
        expected.isDefault = true
        expected.loadTimeout = .seconds(1200)
        expected.stopGrace = .seconds(5)
        expected.outputLimit = 1 << 20
        expected.logLimit = 0
        expected.appendMetricLimit = 10
        #expect(configuration.deployments[0] == expected)
        #expect(configuration.deployments[1].concurrency == 2)
        #expect(configuration.defaultDeployment == 0)
        #expect(configuration.origins["deployments[0].limits.output"] == .file("supervisor.json", line: 10))
    }

    @Test func inheritsServerWideValuesFromWhereverTheyCome() throws {
        let configuration = try Loading.configuration(
            environment: ["COG_MAX_CONCURRENCY": "4", "COG_SETUP_TIMEOUT": "9"],
            flags: ["--max-output=5KiB", "--stop-grace=1s", "--max-logs=7", "--max-append-metrics=8"])
        let deployment = configuration.deployments[0]
        #expect(deployment.concurrency == 4 && deployment.loadTimeout == .seconds(9))
        #expect(deployment.outputLimit == 5 << 10 && deployment.stopGrace == .seconds(1))
        #expect(deployment.logLimit == 7 && deployment.appendMetricLimit == 8)
    }

    @Test func hasNoDefaultAmongEquals() throws {
        let two = #"{"deployments": [{"name": "a", "command": ["x"]}, {"name": "b", "command": ["x"]}]}"#
        #expect(try Loading.configuration(two).defaultDeployment == nil)
    }

    /// All problems at once, in the order of the file, each at its place.
    @Test func reportsEverythingAtOnce() {
        let text = """
            {
              "hots": "x",
              "port": "80", "port": 81,
              "limits": {"conections": 5, "frame": "64XB"}, "heartbeat": 5,
              "history": [],
              "deployments": [
                {"name": "metrics", "command": "worker --x", "wokers": 2},
                {"name": "A", "command": [], "env": {"K": 5, "": "x"}, "workers": 0},
                {"name": "b", "command": ["x", 1], "default": true},
                {"name": "b", "command": ["x"], "default": true, "streaming": "true"},
                {"handler": ""}, 7
              ]
            }
            """
        let outcome = Loading.load(text)
        #expect(outcome.configuration == nil)
        let found = outcome.diagnostics.map { "\($0.line ?? 0):\($0.column ?? 0) \($0.path ?? "-"): \($0.message)" }
        #expect(
            found == [
                "2:3 hots: there is no such key",
                "3:11 port: must be a whole number from 0 to 65535, not the text \"80\"",
                "3:17 port: is given twice; the first is on line 3",
                "4:14 limits.conections: there is no such key",
                "4:40 limits.frame: must be a size such as `64MiB` or a number of bytes (1MiB to 1GiB), not `64XB`",
                "4:49 heartbeat: there is no such key",
                "5:14 history: must be an object, not a list",
                "7:14 deployments[0].name: cannot be `metrics`: that word is reserved for a route of the server",
                "7:36 deployments[0].command: must be a list of texts: the program and its arguments, "
                    + "not the text \"worker --x\"",
                "7:50 deployments[0].wokers: there is no such key",
                "8:14 deployments[1].name: must be 1 to 63 lower-case letters, digits and inner or final dashes, "
                    + "not `A`",
                "8:30 deployments[1].command: must name a program first",
                "8:47 deployments[1].env.K: must be a text without NUL, not the number 5",
                "8:54 deployments[1].env.: a variable's name must not be empty or hold `=` or NUL",
                "8:71 deployments[1].workers: must be a whole number from 1 to 1024, not `0`",
                "9:36 deployments[2].command[1]: must be a text in quotes without NUL, not the number 1",
                "10:14 deployments[3].name: `b` is taken; it is first given on line 9",
                "10:48 deployments[3].default: only one deployment can be the default; another is marked on line 9",
                "10:67 deployments[3].streaming: must be true or false, not the text \"true\"",
                "11:5 deployments[4]: `name` is missing",
                "11:5 deployments[4]: `command` or `model` is missing",
                "11:17 deployments[4].handler: must not be empty or hold a NUL",
                "11:22 deployments[5]: must be an object, not the number 7",
            ])
        let hints = outcome.diagnostics.compactMap(\.hint)
        #expect(hints.contains("did you mean `host`?") && hints.contains("did you mean `connections`?"))
        #expect(hints.contains("did you mean `streaming.heartbeat`?") && hints.contains("did you mean `workers`?"))
        #expect(hints.contains("take away the quotes"))
    }

    @Test(arguments: [
        ("", "1:1 the text ends in the middle of a value"),
        ("{\n  'a': 1\n}", "2:3 a key in double quotes must stand here"),
        ("{\"a\": 1,\n}", "2:1 a key in double quotes must stand here"),
        ("{} x", "1:4 nothing but white space may follow the value"),
        ("{\n/* open", "2:1 this comment is never closed"),
        ("{\"ä\": nul}", "1:10 only true, false and null may stand here without quotes"),
        ("[]", "1:1 the configuration must be an object, not a list"),
        ("{}", "1:1 `deployments` is missing"),
        ("{\"deployments\": {}}", "1:17 must be a list of objects, not an object"),
        ("{\"deployments\": []}", "1:17 must not be empty"),
        ("{\"deployments\": [], \"deployments\": []}", "1:17 must not be empty"),
    ])
    func namesThePlaceOfSyntaxErrors(text: String, expected: String) throws {
        let diagnostic = try #require(Loading.load(text).diagnostics.first)
        #expect("\(diagnostic.line ?? 0):\(diagnostic.column ?? 0) \(diagnostic.message)" == expected)
    }

    @Test(arguments: [
        ("// a\n{} ", "    \n{} "), (#"{"a": "//x /* \" */"}"#, #"{"a": "//x /* \" */"}"#),
        ("{/* a\nb */}", "{    \n    }"), ("1//", "1  "), ("/**/1", "    1"), ("/", "/"), ("\"\\", "\"\\"),
    ])
    func stripsCommentsInPlace(text: String, expected: String) {
        let (stripped, unterminated) = CommentStripper.strip(Array(text.utf8))
        #expect(String(decoding: stripped, as: UTF8.self) == expected)
        #expect(unterminated == nil)
    }

    @Test(arguments: [
        (nil, "supervisor.json"), ("supervisor.json", "supervisor.json"), (".", "supervisor.json"),
        ("/etc/models", "/etc/models/supervisor.json"), ("/etc/models/", "/etc/models/supervisor.json"),
        ("../models/supervisor.json", "../models/supervisor.json"),
    ])
    func findsTheFile(path: String?, named: String) {
        let outcome = Loading.load(path: path)
        #expect(outcome.configuration?.origins["deployments[0].name"] == .file(named, line: 1))
        #expect(outcome.configuration?.deployments[0].workingDirectory == "/etc/models")
    }

    @Test func saysWhatItLookedFor() throws {
        let missing = try #require(Loading.load(path: "other").diagnostics.first)
        #expect(missing.message == "there is no configuration: looked for /etc/models/other")
        #expect(missing.hint?.contains("\"deployments\"") == true)
        let unreadable = try #require(Loading.load(path: "/etc/secret.json").diagnostics.first)
        #expect(unreadable.message == "cannot read /etc/secret.json: Permission denied")
    }

    @Test func showsTheLineLikeACompiler() throws {
        let outcome = Loading.load("{\n\t\"deployments\": 5\n}")
        let text = try #require(outcome.diagnostics.first).description
        #expect(
            text == """
                supervisor.json:2:17: error: deployments: must be a list of objects, not the number 5
                  2 | \t"deployments": 5
                    | \t               ^
                  help: write "deployments": [{"name": "NAME", "command": ["PROGRAM"]}]
                """)
    }

    @Test(arguments: ReservedNames.all.sorted())
    func reservedNamesWouldBeValidOtherwise(name: String) {
        let text =
            #"{"deployments": [{"name": "\#(name)x", "command": ["x"]}, {"name": "\#(name)", "command": ["x"]}]}"#
        #expect(Loading.load(text).diagnostics.map(\.path) == ["deployments[1].name"])
    }

    /// Whatever stands in the file: either a configuration or an error comes out, and each place lies in the text.
    @Test func survivesAnyBytes() {
        let seed: UInt64 = 0x5EED_0005
        var generator = SeededGenerator(seed: seed)
        let original = Array(
            Loading.file(#""port": 1, /* c */ "limits": {"frame": "64MiB"}, "listen": ["unix:é", "[::1]:1"]"#).utf8)
        for _ in 0..<3000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                let other = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0...3, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &generator)
                case 1: bytes.removeSubrange(min(index, other)..<max(index, other))
                case 2: bytes.insert(contentsOf: bytes[min(index, other)..<max(index, other)], at: index)
                default: bytes.insert("{}[],:\"/*\\\n".utf8.randomElement(using: &generator) ?? 0, at: index)
                }
                if bytes.isEmpty { bytes = original }
            }
            let contents = bytes
            let surroundings = Surroundings(environment: [:], workingDirectory: "/", userID: 0) { _ in .bytes(contents)
            }
            let outcome = ConfigurationLoader.load(path: "x", in: surroundings)
            let hasError = outcome.diagnostics.contains { $0.severity == .error }
            #expect(hasError == (outcome.configuration == nil), "seed \(seed): \(bytes)")
            for place in outcome.diagnostics.compactMap(\.place) {
                #expect(place.line >= 1 && place.column >= 1 && place.length >= 1, "seed \(seed): \(bytes)")
            }
            for diagnostic in outcome.diagnostics { #expect(!diagnostic.description.isEmpty) }
        }
    }
}
