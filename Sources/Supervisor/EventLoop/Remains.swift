import Glibc

/// What workers have left behind, wherever it has gone. Reads all of `/proc`, so not for a loop's thread.
package struct Remains: Sendable {
    package var signs: ProcessTree.Signs
    package var scope: ProcessTree.Scope
    /// Directory of the control group that only these processes are in; nil: there is none.
    package var controlGroup: String?
    /// Never touched, nor what descends from them only.
    package var spared: Set<Int32>

    package init(
        signs: ProcessTree.Signs, scope: ProcessTree.Scope, controlGroup: String?, sparing spared: Set<Int32> = []
    ) {
        self.signs = signs
        self.scope = scope
        self.controlGroup = controlGroup
        self.spared = spared.union([1, getpid()])
    }

    /// The processes that live now.
    package func find() -> [ProcessEntry] {
        var signs = signs
        if let controlGroup { signs.members = ControlGroup.members(of: controlGroup) }
        return ProcessTree(ProcessTable.entries()).family(
            signs, scope: scope, sparing: spared, carries: ProcessTable.carries)
    }

    /// Ends all that live now, without asking and without waiting, and answers which those were. What they start in the
    /// same moment may escape: ask again until there is nothing.
    package func strike() -> [ProcessIdentity] {
        let found = find()
        // In one call a group ends as a whole, with what it is starting.
        if let controlGroup, !found.isEmpty { ControlGroup.kill(controlGroup) }
        for group in Set(found.map(\.group)) where found.contains(where: { $0.number == group }) {
            ChildProcess.signalGroup(group, .kill)
        }
        for entry in found { ProcessHandle(entry.identity)?.signal(.kill) }
        return found.map(\.identity)
    }
}
