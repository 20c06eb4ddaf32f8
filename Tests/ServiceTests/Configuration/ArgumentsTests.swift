import Service
import Testing

@Suite struct ArgumentsTests {
    private func serve(
        _ path: String? = nil, _ flags: [(String, String)] = [], prints: Bool = false
    ) -> Arguments {
        .serve(path: path, flags: flags.map { FlagValue(name: $0.0, value: $0.1) }, printsConfiguration: prints)
    }

    @Test func understandsServe() throws {
        #expect(try Arguments.parse(["serve"]) == serve())
        #expect(try Arguments.parse(["serve", "dir"]) == serve("dir"))
        #expect(
            try Arguments.parse(["serve", "--port", "80", "x.json", "--host=::1", "--print-config"])
                == serve("x.json", [("--port", "80"), ("--host", "::1")], prints: true))
        #expect(try Arguments.parse(["serve", "--config", "x"]) == serve("x"))
        #expect(
            try Arguments.parse(["serve", "--listen", "a", "--listen=b=c"])
                == serve(nil, [("--listen", "a"), ("--listen", "b=c")]))
        #expect(try Arguments.parse(["serve", "--port=80", "--", "--port"]) == serve("--port", [("--port", "80")]))
        #expect(try Arguments.parse(["serve", "--port", "-5"]) == serve(nil, [("--port", "-5")]))
        #expect(try Arguments.parse(["serve", "--port="]) == serve(nil, [("--port", "")]))
        #expect(
            try Arguments.parse(["serve", "dir", "--predict", "a.py:B", "--x-mode=train", "--threads", "4"])
                == serve("dir", [("--predict", "a.py:B"), ("--x-mode", "train"), ("--threads", "4")]))
    }

    /// Cog takes any value for true; scripts write all of these.
    @Test(
        arguments: [
            (["--await-explicit-shutdown"], "true", nil), (["--await-explicit-shutdown", "true"], "true", nil),
            (["--await-explicit-shutdown", "false"], "false", nil), (["--await-explicit-shutdown=false"], "false", nil),
            (["--await-explicit-shutdown", "dir"], "true", "dir"),
            (["dir", "--await-explicit-shutdown"], "true", "dir"),
            (["--await-explicit-shutdown=1"], "1", nil),
        ] as [([String], String, String?)])
    func understandsFlagsThatMayStandAlone(words: [String], value: String, path: String?) throws {
        #expect(try Arguments.parse(["serve"] + words) == serve(path, [("--await-explicit-shutdown", value)]))
    }

    @Test(
        arguments: [
            (["version"], .version), (["--version"], .version), (["-V"], .version),
            (["--help"], .help(.program, isBrief: false)), (["-h"], .help(.program, isBrief: true)),
            (["help"], .help(.program, isBrief: false)), (["help", "serve"], .help(.serve, isBrief: false)),
            (["serve", "--help"], .help(.serve, isBrief: false)),
            (["serve", "--port", "1", "-h"], .help(.serve, isBrief: true)),
            (["validate", "--help"], .help(.validate, isBrief: false)), (["validate"], .validate(path: nil)),
            (["validate", "x"], .validate(path: "x")), (["schema"], .schema(path: nil, flags: [])),
            (
                ["schema", "m", "--train", "t.py:T"],
                .schema(path: "m", flags: [FlagValue(name: "--train", value: "t.py:T")])
            ),
            (["help", "schema"], .help(.schema, isBrief: false)),
        ] as [([String], Arguments)])
    func understandsTheRest(words: [String], expected: Arguments) throws {
        #expect(try Arguments.parse(words) == expected)
    }

    @Test(
        arguments: [
            ([], "say what to do", "supervisor serve [FILE|DIR] runs a configuration; see supervisor --help"),
            (["sevre"], "unknown command `sevre`", "did you mean `serve`?"),
            (["frobnicate"], "unknown command `frobnicate`", "see supervisor --help"),
            (["x.json"], "unknown command `x.json`", "write supervisor serve x.json"),
            (["x.py"], "unknown command `x.py`", "write supervisor serve x.py"),
            (["--predict", "a.py"], "`--predict` is a flag of `serve`", "write supervisor serve --predict …"),
            (["schema", "--port", "1"], "unknown flag `--port` of `schema`", "see supervisor schema --help"),
            (["--port", "80"], "`--port` is a flag of `serve`", "write supervisor serve --port …"),
            (["--wat"], "unknown flag `--wat`", "see supervisor --help"),
            (["serve", "--prot", "80"], "unknown flag `--prot` of `serve`", "did you mean `--port`?"),
            (["serve", "--zzzzzzzz"], "unknown flag `--zzzzzzzz` of `serve`", "see supervisor serve --help"),
            (["serve", "--port"], "`--port` needs a value", "see supervisor serve --help"),
            (["serve", "--port", "--host", "::1"], "`--port` needs a value", "see supervisor serve --help"),
            (["serve", "--print-config=yes"], "`--print-config` takes no value", nil),
            (["serve", "a", "b"], "`serve` takes one file or directory, not 2: `a`, `b`", nil),
            (["serve", "a", "--config=b"], "`serve` takes one file or directory, not 2: `a`, `b`", nil),
            (["serve", ""], "the file's name is empty", nil),
            (["validate", "--port", "1"], "unknown flag `--port` of `validate`", "see supervisor validate --help"),
            (["help", "serv"], "unknown command `serv`", "did you mean `serve`?"),
        ] as [([String], String, String?)])
    func refusesTheUnknown(words: [String], message: String, hint: String?) {
        #expect(throws: UsageError(message, hint: hint)) { try Arguments.parse(words) }
    }
}
