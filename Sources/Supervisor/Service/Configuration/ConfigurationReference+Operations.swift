/// The part of `docs/operations.md` that is made from the table of settings: how workers are kept, in short.
extension ConfigurationReference {
    /// Where that part begins and ends in the document.
    package static let operationsMarks = (
        begin: "<!-- Made from the table of settings; renewed together with configuration.md. -->",
        end: "<!-- End of what is made. -->"
    )

    /// The groups of server-wide settings that it has, each with a table of its own.
    private static let operationsGroups = [
        "Restarting", "Watchdog and cancelling", "Recycling and memory", "Retrying", "Worker processes", "Shutdown",
    ]
    /// What is said of one deployment alone, or of all workers together, and belongs to the pool.
    private static let poolSettings = [
        "workers", "devices", "workers_per_device", "port", "min_ready", "required", "group", "load_timeout",
        "stop_grace",
    ]
    private static let hostSettings = ["max_concurrent_loads", "loads_per_device", "cgroup", "memory_events"]

    /// What stands between the marks, with a line feed at both ends.
    package static var operations: String {
        var text = "\n\n**Pools**\n\n" + head
        for setting in Settings.deployment where poolSettings.contains(setting.name) { text += short(setting) }
        for setting in Settings.all where hostSettings.contains(setting.name) { text += short(setting) }
        for group in Settings.groups where operationsGroups.contains(group.title) {
            text += "\n**\(group.title)**\n\n" + head
            for setting in group.settings { text += short(setting) }
        }
        return text + "\n"
    }

    private static let head = "| Setting | Default | What it does | Why that default |\n|---|---|---|---|\n"

    private static func short<Root>(_ setting: Setting<Root>) -> String {
        row(code(setting.name), HelpText.defaultText(of: setting), setting.summary, setting.reason)
    }
}
