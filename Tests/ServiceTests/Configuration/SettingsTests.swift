import Service
import Testing

@Suite struct SettingsTests {
    @Test func everyNameIsUnique() {
        #expect(Set(Settings.all.map(\.name)).count == Settings.all.count)
        #expect(Set(Settings.all.compactMap(\.flag)).count == Settings.all.count)
        #expect(Set(Settings.deployment.map(\.name)).count == Settings.deployment.count)
    }

    @Test func variablesAreCogsOrOurs() {
        for variable in Settings.all.flatMap(\.variables) {
            #expect(
                variable.name == "PORT" || variable.name.hasPrefix("COG_") || variable.name.hasPrefix("SUPERVISOR_"))
            #expect(variable.isTolerant == variable.name.hasPrefix("COG_"))
            #expect((variable.form == .milliseconds) == variable.name.hasSuffix("_MS"))
        }
    }

    /// A default out of its own range could not be written back by `--print-config`.
    @Test(arguments: Settings.all.map(\.name))
    func defaultsAreAllowed(name: String) throws {
        let setting = try #require(Settings.all.first { $0.name == name })
        let value = setting.read(Configuration())
        guard value != .none, name != "state_dir" else { return }
        #expect(try setting.type.parse(value.text) == value)
        #expect(!setting.summary.isEmpty && setting.summary.hasSuffix("."))
        #expect(!setting.reason.isEmpty && !setting.reason.hasSuffix("."))
    }

    @Test func helpNamesEverything() {
        let help = HelpText.text(.serve)
        for setting in Settings.model {
            #expect(help.contains("  \(setting.flag ?? "?") \(setting.type.placeholder)\n"))
        }
        for setting in Settings.all {
            #expect(help.contains("  \(setting.flag ?? "?") \(setting.type.placeholder)\n"))
            #expect(help.contains("File: \(setting.name)\n"))
            for variable in setting.variables { #expect(help.contains(variable.name)) }
        }
        for code in ExitCode.allCases { #expect(help.contains("\n  \(code.rawValue) ")) }
    }

    @Test(arguments: HelpTopic.allCases, [true, false])
    func helpFitsATerminal(topic: HelpTopic, isBrief: Bool) {
        let help = HelpText.text(topic, isBrief: isBrief)
        #expect(help.hasSuffix("\n") && !help.hasSuffix("\n\n"))
        for line in help.split(separator: "\n") {
            #expect(line.count <= 80, "\(line)")
            #expect(line.last != " ", "\(line)")
        }
    }
}
