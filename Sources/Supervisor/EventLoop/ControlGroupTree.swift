import Glibc

/// The server's own control group (cgroup v2), below which each worker gets one. Nothing but those groups is in it; the
/// server stays where it was started.
package struct ControlGroupTree: Sendable {
    /// Its directory.
    package let path: String

    private static let prefix = "supervisor-"

    /// Makes this process's one below `parent`, a directory of a control group, and removes those that were left there by
    /// servers that were killed together with their guards.
    ///
    /// - Throws: why it cannot be used: `mkdir` where the system or its owner did not leave it to us, `access` with ENOENT
    ///   where `parent` is none, or before Linux 5.14.
    package init(in parent: String) throws(SystemError) {
        let own = ProcessTable.entry(of: getpid())?.identity
        try self.init(making: "\(Self.prefix)\(getpid())-\(own?.startTime ?? 0)", in: parent)
        for name in Files.names(in: parent) where Self.isAbandoned(name) {
            _ = ControlGroup.remove("\(parent)/\(name)")
        }
    }

    /// Nothing can be lost by a mistake: what has a process in it cannot be removed, and what is missed is made again.
    private static func isAbandoned(_ name: String) -> Bool {
        let numbers = name.dropFirst(prefix.count).split(separator: "-")
        guard name.hasPrefix(prefix), numbers.count == 2, let number = Int32(numbers[0]), let start = UInt64(numbers[1])
        else { return false }
        return ProcessTable.entry(of: number)?.identity != ProcessIdentity(number: number, startTime: start)
    }

    /// Makes one of this name.
    package init(making name: String, in parent: String) throws(SystemError) {
        path = "\(parent)/\(name)"
        guard mkdir(path, ControlGroup.directoryMode) == 0 else { throw .last("mkdir", subject: path) }
        // To begin in another group, a process needs the right to write here, the closest above both.
        for file in ["\(parent)/cgroup.procs", "\(path)/cgroup.kill"] where access(file, W_OK) != 0 {
            let error = SystemError.last("access", subject: file)
            rmdir(path)
            throw error
        }
        // Counts kills for want of memory for each worker, where memory is watched at all here.
        ControlGroup.write("+memory", to: "\(path)/cgroup.subtree_control")
    }

    package func makeGroup(_ name: String) throws(SystemError) -> ControlGroup {
        do throws(SystemError) {
            return try ControlGroup(making: "\(path)/\(name)")
        } catch {
            // While it is empty, somebody may take it for abandoned who sees other processes than we do.
            guard error.isNotFound, mkdir(path, ControlGroup.directoryMode) == 0 else { throw error }
            return try ControlGroup(making: "\(path)/\(name)")
        }
    }

    /// Removes it, when all groups in it are gone.
    package func remove() {
        _ = ControlGroup.remove(path)
    }

    /// The directory of the group that this process is in; nil where there is no cgroup v2, or it cannot be seen.
    package static func ownDirectory() -> String? { ownDirectory(.two) }

    /// The same in the hierarchy of version 1 that watches memory.
    package static func ownMemoryDirectory() -> String? { ownDirectory(.oneOfMemory) }

    private static func ownDirectory(_ version: Version) -> String? {
        guard
            let mounts = try? Files.readUnsized("/proc/self/mountinfo", limit: ControlGroup.fileLimit),
            let groups = try? Files.readUnsized("/proc/self/cgroup", limit: ControlGroup.fileLimit)
        else { return nil }
        return directory(
            mounts: String(decoding: mounts, as: UTF8.self), groups: String(decoding: groups, as: UTF8.self),
            version: version)
    }

    package enum Version: Sendable {
        case two
        /// The hierarchy of version 1 that has the memory controller.
        case oneOfMemory
    }

    /// The same from the content of `/proc/self/mountinfo` and `/proc/self/cgroup`.
    package static func directory(mounts: String, groups: String, version: Version) -> String? {
        guard let group = groups.split(separator: "\n").compactMap({ path(ofGroup: $0, version) }).first else {
            return nil
        }
        for line in mounts.split(separator: "\n") {
            // ID PARENT DEVICE ROOT PLACE OPTIONS … - TYPE SOURCE SUPEROPTIONS
            let parts = line.split(separator: " ")
            guard let dash = parts.firstIndex(of: "-"), dash >= 6, parts.count > dash + 1 else { continue }
            let isWanted =
                switch version {
                case .two: parts[dash + 1] == "cgroup2"
                case .oneOfMemory:
                    parts[dash + 1] == "cgroup" && parts.last?.split(separator: ",").contains("memory") == true
                }
            guard isWanted else { continue }
            let (root, place) = (unescaped(parts[3]), unescaped(parts[4]))
            if root == "/" { return group == "/" ? place : place + group }
            // Only a part of the tree is mounted, as in containers without a namespace for it.
            if group == root { return place }
            if group.hasPrefix(root + "/") { return place + group.dropFirst(root.count) }
        }
        return nil
    }

    /// The path in a line of `/proc/self/cgroup`, `HIERARCHY:CONTROLLERS:PATH`, if it is of that version.
    private static func path(ofGroup line: Substring, _ version: Version) -> String? {
        let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let isWanted =
            switch version {
            case .two: parts[0] == "0" && parts[1].isEmpty
            case .oneOfMemory: parts[1].split(separator: ",").contains("memory")
            }
        // One that lies outside of what this process may see begins with "/..".
        guard isWanted, parts[2].hasPrefix("/"), !parts[2].hasPrefix("/..") else { return nil }
        return String(parts[2])
    }

    /// mountinfo writes spaces and such as a backslash and three octal digits.
    private static func unescaped(_ text: Substring) -> String {
        guard text.contains("\\") else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
