/// The settings as tables in Markdown, for the documents: made from the same table as everything else.
package enum SettingReference {
    /// All settings, server-wide ones by group, then those of a deployment; with its final newline.
    package static var markdown: String {
        var text = ""
        for group in Settings.groups {
            text += "### \(group.title)\n\n"
            text += "| Key | Flag | Environment | Default | Allowed | Meaning and reason |\n|---|---|---|---|---|---|\n"
            for setting in group.settings {
                let variables = setting.variables.map { "`\($0.name)`" }.joined(separator: ", ")
                text += row(
                    "`\(setting.name)`", setting.flag.map { "`\($0)`" } ?? "", variables,
                    HelpText.defaultText(of: setting), setting.type.rangeText ?? "", meaning(of: setting))
            }
            text += "\n"
        }
        text += "### Deployments\n\n"
        text += "| Key in `deployments[]` | Default | Allowed | Meaning and reason |\n|---|---|---|---|\n"
        let inherited = DeploymentConfiguration(inheriting: Configuration())
        for setting in Settings.deployment {
            text += row(
                "`\(setting.name)`", setting.defaultText ?? setting.read(inherited).text, setting.type.rangeText ?? "",
                meaning(of: setting))
        }
        return text
    }

    private static func meaning<Root>(of setting: Setting<Root>) -> String {
        "\(setting.summary) Why: \(setting.reason)."
    }

    private static func row(_ cells: String...) -> String {
        "| \(cells.map { $0.split(separator: "|").joined(separator: "\\|") }.joined(separator: " | ")) |\n"
    }
}
