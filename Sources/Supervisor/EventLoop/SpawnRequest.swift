/// What to start as a worker.
package struct SpawnRequest: Sendable {
    /// The command line. The first one names the program: with a slash it is a path, relative ones from the child's
    /// working directory; without one it is looked up in the `PATH` of `environment`.
    package var arguments: [String]
    /// The program's file; nil: the one that `arguments` name.
    package var program: String?
    /// The whole environment of the child; nothing is inherited. Of two variables with one name the later one counts.
    package var environment: [(name: String, value: String)]
    /// Where the child starts; `nil`: where the parent is.
    package var workingDirectory: String?
    /// The child and what it starts ignore these signals, unless they decide otherwise themselves.
    package var ignoredSignals: Set<ProcessSignal>
    /// Tells the child's descendants from all other processes: the value of `ProcessMark.variable`. No variable of
    /// `environment` can take its place.
    package var mark: String?
    /// Where the child begins its life; nil: in the parent's control group.
    package var controlGroup: ControlGroup?
    /// Limits, priority and user.
    package var options = SpawnOptions()

    package init(
        arguments: [String], environment: [(name: String, value: String)], workingDirectory: String? = nil,
        ignoredSignals: Set<ProcessSignal> = []
    ) {
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.ignoredSignals = ignoredSignals
    }

    /// Tells a worker its two frame pipes: the descriptor to read from and the one to write to. The spawner sets it.
    package static let pipesVariable = "SUPERVISOR_WORKER_PIPES"
    /// See `pipesVariable`.
    static let pipesValue = "3,4"
    /// Where a program is looked for when the environment has no `PATH`.
    static let defaultPath = "/usr/local/bin:/usr/bin:/bin"

    /// `NAME=VALUE` for each variable of the child.
    func environmentEntries() -> [String] {
        var seen: Set<String> = [Self.pipesVariable]
        var entries = ["\(Self.pipesVariable)=\(Self.pipesValue)"]
        if let mark {
            seen.insert(ProcessMark.variable)
            entries.append("\(ProcessMark.variable)=\(mark)")
        }
        for (name, value) in environment.reversed() where seen.insert(name).inserted {
            entries.append("\(name)=\(value)")
        }
        return entries.reversed()
    }

    /// The paths to try, in order. An empty part of `PATH` means the working directory, as in a shell.
    func candidates() -> [String] {
        if let program { return [program] }
        guard let program = arguments.first, !program.isEmpty, !program.contains("/") else {
            return arguments.prefix(1).filter { !$0.isEmpty }
        }
        let path = environment.last { $0.name == "PATH" }?.value ?? Self.defaultPath
        return path.split(separator: ":", omittingEmptySubsequences: false).map { directory in
            directory.isEmpty ? "./\(program)" : "\(directory)/\(program)"
        }
    }
}
