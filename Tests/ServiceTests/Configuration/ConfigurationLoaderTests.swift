import Service
import Testing

@Suite struct ConfigurationLoaderTests {
    @Test func hasTheDefaults() throws {
        let configuration = try Loading.configuration()
        #expect(configuration.listenAddresses == [.tcp(host: "127.0.0.1", port: 5000)])
        #expect(configuration.stateDirectory == "/tmp/supervisor-1000")
        #expect(configuration.limits == Configuration.Limits())
        #expect(configuration.origins["limits.connections"] == nil)
        #expect(configuration.defaultDeployment == 0)
        let deployment = try #require(configuration.deployments.first)
        #expect(deployment.name == "echo")
        #expect(deployment.command == ["worker"])
        #expect(deployment.workingDirectory == "/etc/models")
        #expect(deployment.workers == 1 && deployment.concurrency == nil && deployment.streaming == nil)
        #expect(deployment.loadTimeout == .seconds(600) && deployment.stopGrace == .seconds(10))
        #expect(configuration.origins["deployments[0].name"] == .file("supervisor.json", line: 1))
    }

    @Test func obeysThePrecedence() throws {
        let file = Loading.file(#""history": {"retention": "10s", "bytes": 1000, "events": 5}"#)
        let environment = ["SUPERVISOR_RETENTION": "20s", "SUPERVISOR_HISTORY_BYTES": "2kB"]
        let configuration = try Loading.configuration(file, environment: environment, flags: ["--retention=30s"])
        #expect(configuration.history.retention == .seconds(30))
        #expect(configuration.origins["history.retention"] == .flag("--retention"))
        #expect(configuration.history.bytes == 2000)
        #expect(configuration.origins["history.bytes"] == .environment("SUPERVISOR_HISTORY_BYTES"))
        #expect(configuration.history.events == 5)
        #expect(configuration.origins["history.events"] == .file("supervisor.json", line: 1))
        #expect(configuration.history.totalBytes == 512 << 20)
    }

    /// Every setting can be reached under each of its names and ends up where it belongs, and nowhere else.
    @Test(arguments: Settings.all.map(\.name))
    func reachesEverySetting(name: String) throws {
        let setting = try #require(Settings.all.first { $0.name == name })
        let (text, json, value) = try Self.sample(of: setting)
        // Workers can run as somebody else only under root.
        let userID: UInt32 = name == "user" ? 0 : 1000
        // What cannot stand alone.
        let companions = name == "admin.listen" ? ["--admin-token-file=/token"] : []
        let byFlag = try Loading.configuration(
            flags: ["\(try #require(setting.flag))=\(text)"] + companions, userID: userID)
        #expect(setting.read(byFlag) == value)
        let nested = setting.path.reversed().reduce(json) { "{\"\($1)\": \($0)}" }
        let byFile = try Loading.configuration(
            Loading.file(String(nested.dropFirst().dropLast())), flags: companions, userID: userID)
        #expect(setting.read(byFile) == value)
        #expect(byFile.origins[name] == .file("supervisor.json", line: 1))
        for variable in setting.variables {
            let byVariable = try Loading.configuration(
                environment: [variable.name: Self.text(text, for: variable)], flags: companions, userID: userID)
            #expect(setting.read(byVariable) == value, "\(variable.name)")
            for other in Settings.all where !other.variables.contains(where: { $0.name == variable.name }) {
                guard name != "listen", !["host", "port"].contains(name) || other.name != "listen" else { continue }
                #expect(
                    other.read(byVariable) == other.read(try Loading.configuration(flags: companions, userID: userID)),
                    "\(other.name)")
            }
        }
    }

    private static func sample(of setting: Setting<Configuration>) throws -> (text: String, json: String, SettingValue)
    {
        switch setting.type {
        // A wait must not be longer than the longest.
        case .duration where setting.name.hasSuffix(".backoff"): ("1s", "1", .duration(.seconds(1)))
        case .integer(let range): ("\(range.lowerBound)", "\(range.lowerBound)", .integer(range.lowerBound))
        case .bytes(let range): ("\(range.lowerBound)", "\(range.lowerBound)", .bytes(range.lowerBound))
        case .duration(let range, _):
            ("\(range.upperBound / 1_000_000_000)s", "\(range.upperBound / 1_000_000_000)", .duration(range.upperBound))
        case .choice(let words, _): (words[0], "\"\(words[0])\"", .text(words[0]))
        case .host: ("::1", "\"::1\"", .text("::1"))
        case .httpURL: ("https://x/y", "\"https://x/y\"", .text("https://x/y"))
        case .path, .program: ("/x/y", "\"/x/y\"", .text("/x/y"))
        case .boolean: ("true", "true", .boolean(true))
        case .addresses:
            (
                "[::1]:80,unix:/s", #"["[::1]:80", "unix:/s"]"#,
                .addresses([.tcp(host: "::1", port: 80), .unix(path: "/s")])
            )
        case .decimal(let range): ("\(range.upperBound)", "\(range.upperBound)", .decimal(range.upperBound))
        case .integers: ("3,7", "[3, 7]", .integers([3, 7]))
        case .wordOrPath: ("/x/y", "\"/x/y\"", .text("/x/y"))
        case .mask: ("027", "\"027\"", .text("027"))
        case .processors: ("0-3,8", "\"0-3,8\"", .text("0-3,8"))
        case .limits: ("core=0", #"{"core": 0}"#, .limits([try ResourceLimit("core", "0")]))
        case .text: ("x", "\"x\"", .text("x"))
        default: throw InvalidValue("no server-wide setting has this type")
        }
    }

    private static func text(_ text: String, for variable: SettingVariable) -> String {
        variable.form == .wholeSeconds ? String(text.dropLast()) : text
    }

    @Test(arguments: [
        (
            "COG_STREAM_HISTORY_CAPACITY", "abc",
            "must be a whole number from 0 to 1000000000, not `abc`; using 1024 (the default)"
        ),
        (
            "COG_STREAM_HISTORY_CAPACITY", "-1",
            "must be a whole number from 0 to 1000000000, not `-1`; using 1024 (the default)"
        ),
        (
            "COG_STREAM_HISTORY_CAPACITY", "",
            "must be a whole number from 0 to 1000000000, not ``; using 1024 (the default)"
        ),
        (
            "COG_MAX_CONCURRENCY", "0",
            "must be a whole number from 1 to 1024, not `0`; using what the worker declares (the default)"
        ),
        (
            "COG_SETUP_TIMEOUT", "5m",
            "must be a number of whole seconds up to a day (0 = no limit), not `5m`; using 10m (the default)"
        ),
        ("COG_LOG_LEVEL", "loud", "must be one of debug, info, warning, error, not `loud`; using info (the default)"),
    ])
    func warnsOfBadValuesOfCogsVariables(name: String, value: String, message: String) throws {
        let outcome = Loading.load(environment: [name: value])
        #expect(outcome.lines == ["\(name): \(message)"])
        #expect(outcome.diagnostics.first?.severity == .warning)
        let configuration = try #require(outcome.configuration)
        #expect(configuration.history.events == 1024 && configuration.concurrency == nil)
        #expect(configuration.loadTimeout == .seconds(600) && configuration.logLevel == .info)
    }

    @Test func fallsBackToTheFileBehindABadVariable() {
        let file = Loading.file(#""history": {"events": 7}"#)
        let outcome = Loading.load(file, environment: ["COG_STREAM_HISTORY_CAPACITY": "x"])
        #expect(outcome.configuration?.history.events == 7)
        #expect(outcome.lines.first?.hasSuffix("using 7 (from supervisor.json:1)") == true)
    }

    @Test(arguments: [
        ("PORT", "http", "PORT: must be a whole number from 0 to 65535, not `http`"),
        ("SUPERVISOR_HOST", "localhos", "SUPERVISOR_HOST: must be an IP address, not `localhos`"),
        (
            "SUPERVISOR_MAX_FRAME", "5",
            "SUPERVISOR_MAX_FRAME: must be a size such as `64MiB` or a number of bytes (1MiB to 1GiB), not `5`"
        ),
        (
            "SUPERVISOR_HEARTBEAT_MS", "61000",
            "SUPERVISOR_HEARTBEAT_MS: must be a duration such as `30s`, `500ms` or `5m`, or a number of "
                + "milliseconds (1s to 1m, 0 = off), not `61000`"
        ),
        ("SUPERVISOR_LISTEN", "nowhere", "SUPERVISOR_LISTEN: must be HOST:PORT, unix:PATH or systemd:, not `nowhere`"),
    ])
    func refusesBadValuesOfOtherVariables(name: String, value: String, line: String) {
        let outcome = Loading.load(environment: [name: value])
        #expect(outcome.lines == [line])
        #expect(outcome.configuration == nil && outcome.exitCode == .configuration)
    }

    @Test func treatsEmptyVariablesAsAbsent() throws {
        let configuration = try Loading.configuration(environment: ["PORT": "", "SUPERVISOR_RETENTION": ""])
        #expect(configuration.port == 5000)
    }

    @Test func readsTheFormsOfVariables() throws {
        let configuration = try Loading.configuration(environment: [
            "SUPERVISOR_HEARTBEAT_MS": "2500", "COG_SETUP_TIMEOUT": "0", "SUPERVISOR_DISCONNECT_GRACE_MS": "100",
            "SUPERVISOR_PUT_DISCONNECT_GRACE_MS": "5s", "COG_LOG_LEVEL": "WARN",
        ])
        #expect(configuration.streaming.heartbeat == .milliseconds(2500))
        #expect(configuration.loadTimeout == nil)
        #expect(configuration.streaming.postDisconnectGrace == .milliseconds(100))
        #expect(configuration.streaming.putDisconnectGrace == .seconds(5))
        #expect(configuration.logLevel == .warning)
    }

    @Test func switchesOffWithZero() throws {
        let configuration = try Loading.configuration(
            Loading.file(#""streaming": {"heartbeat": 0, "patience": "0s"}, "load_timeout": 0"#))
        #expect(configuration.streaming.heartbeat == nil)
        #expect(configuration.streaming.patience == 0)
        #expect(configuration.loadTimeout == nil && configuration.deployments[0].loadTimeout == nil)
    }

    @Test func warnsOfMisspeltVariables() {
        let outcome = Loading.load(environment: [
            "SUPERVISOR_RETENTON": "5s", "SUPERVISOR_PROCESS_NAME": "x", "SUPERVISOR_SOMETHING_ELSE": "y",
        ])
        #expect(outcome.lines == ["SUPERVISOR_RETENTON: no such variable; ignored"])
        #expect(outcome.diagnostics.first?.hint == "did you mean `SUPERVISOR_RETENTION`?")
        #expect(outcome.configuration != nil)
    }

    @Test(arguments: [
        (["XDG_RUNTIME_DIR": "/run/user/7", "TMPDIR": "/var/tmp"], "/run/user/7/supervisor"),
        (["XDG_RUNTIME_DIR": "relative", "TMPDIR": "/var/tmp"], "/var/tmp/supervisor-1000"),
        (["TMPDIR": "relative"], "/tmp/supervisor-1000"), (["SUPERVISOR_STATE_DIR": "state"], "/etc/models/state"),
        (["SUPERVISOR_STATE_DIR": "/a//b/../c/."], "/a/c"),
    ])
    func choosesTheStateDirectory(environment: [String: String], expected: String) throws {
        #expect(try Loading.configuration(environment: environment).stateDirectory == expected)
    }

    @Test func checksLimitsAgainstEachOther() {
        let file = Loading.file(#""limits": {"inline_payload": "65MiB"}"#)
        #expect(
            Loading.load(file).lines == [
                "limits.inline_payload: 65MiB (supervisor.json:1) is more than `limits.frame`, 64MiB (default)"
            ])
    }
}
