import Service
import Testing

@Suite struct EffectiveConfigurationTests {
    private static let file = """
        {
          "port": 8080,
          "deployments": [
            {"name": "a", "command": ["x", "--api-key", "K1", "--auth-token=K2", "-v"], "default": true,
             "env": {"OPENAI_API_KEY": "K3", "MODE": "fast", "Db_Password": "K4"}, "limits": {"output": "1MiB"}},
            {"name": "b", "command": ["y"], "handler": "h", "concurrency": 3, "streaming": false}
          ]
        }
        """

    @Test func saysWhereValuesComeFrom() throws {
        let configuration = try Loading.configuration(
            Self.file, environment: ["SUPERVISOR_RETENTION": "7m"], flags: ["--max-connections=5"])
        let lines = EffectiveConfiguration.text(configuration).split(separator: "\n").map { line in
            line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        #expect(lines.contains(#""listen": ["127.0.0.1:8080"], // host: default, port: supervisor.json:2"#))
        #expect(lines.contains(#""connections": 5, // flag --max-connections"#))
        #expect(lines.contains(#""retention": "7m", // env SUPERVISOR_RETENTION"#))
        #expect(lines.contains(#""events": 1024, // default"#))
        #expect(lines.contains(#""output": "1MiB", // supervisor.json:5"#))
        #expect(lines.contains(#"// "concurrency": what the worker declares"#))
    }

    @Test func masksSecrets() throws {
        let text = EffectiveConfiguration.text(try Loading.configuration(Self.file))
        for secret in ["K1", "K2", "K3", "K4"] { #expect(!text.contains(secret)) }
        #expect(text.contains(#"{"OPENAI_API_KEY": "***", "MODE": "fast", "Db_Password": "***"}"#))
        #expect(text.contains(#"["x", "--api-key", "***", "--auth-token=***", "-v"]"#))
    }

    @Test func canBeReadBack() throws {
        let file = Self.file.replacing("--api-key", with: "--mode").replacing("--auth-token", with: "--x")
            .replacing("OPENAI_API_KEY", with: "C").replacing("Db_Password", with: "D")
        var first = try Loading.configuration(
            file, environment: ["COG_SETUP_TIMEOUT": "0", "SUPERVISOR_HEARTBEAT_MS": "0"],
            flags: ["--listen=[::1]:80", "--listen=unix:s", "--log-level=debug", "--patience=1.5"])
        var second = try Loading.configuration(EffectiveConfiguration.text(first))
        first.origins = [:]
        second.origins = [:]
        // Named in full by `listen`, so these need not come back.
        second.port = first.port
        #expect(first == second)
    }

    @Test(arguments: [
        ("API_KEY", true), ("GITHUB_TOKEN", true), ("client_secret", true), ("PGPASSWORD", true),
        ("AUTHORIZATION", true), ("GOOGLE_APPLICATION_CREDENTIALS", true), ("PATH", false), ("MODEL", false),
    ])
    func knowsSecretsByName(name: String, isSecret: Bool) {
        #expect(Secrets.isNamed(name) == isSecret)
    }
}
