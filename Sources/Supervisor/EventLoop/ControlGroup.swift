import Glibc

/// A control group (cgroup v2) that was made for one child: whatever the child starts is in it and cannot leave it, so
/// one write ends all of it.
package final class ControlGroup: Sendable {
    /// Its directory.
    package let path: String
    private let descriptor: FileDescriptor

    /// Makes the group, which must not be there yet.
    package init(making path: String) throws(SystemError) {
        guard mkdir(path, ControlGroup.directoryMode) == 0 else { throw .last("mkdir", subject: path) }
        let raw = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else {
            let error = SystemError.last("open", subject: path)
            rmdir(path)
            throw error
        }
        self.path = path
        descriptor = FileDescriptor(adopting: raw)
    }

    static let directoryMode: mode_t = 0o755

    var raw: Int32 { descriptor.raw }

    /// Ends all processes in the group and in those below it, at once and without asking.
    package func kill() {
        ControlGroup.kill(path)
    }

    /// The processes in it.
    package func members() -> Set<Int32> {
        ControlGroup.members(of: path)
    }

    /// Removes it; false while something is in it.
    package func remove() -> Bool {
        ControlGroup.remove(path)
    }

    // MARK: - By directory

    /// A file of a group has at most some hundred lines; the list of processes may be longer.
    static let fileLimit = 1 << 20

    package static func kill(_ path: String) {
        write("1", to: "\(path)/cgroup.kill")
    }

    /// Those in groups below it, which a process of it may have made, included.
    package static func members(of path: String) -> Set<Int32> {
        var found: Set<Int32> = []
        if let text = try? Files.readUnsized("\(path)/cgroup.procs", limit: fileLimit) {
            for line in text.split(separator: 0x0A) {
                if let number = Int32(String(decoding: line, as: UTF8.self)) { found.insert(number) }
            }
        }
        for group in subgroups(of: path) { found.formUnion(members(of: group)) }
        return found
    }

    /// With the groups below it.
    package static func remove(_ path: String) -> Bool {
        if rmdir(path) == 0 || errno == ENOENT { return true }
        for group in subgroups(of: path) { _ = remove(group) }
        return rmdir(path) == 0 || errno == ENOENT
    }

    private static func subgroups(of path: String) -> [String] {
        Files.names(in: path).map { "\(path)/\($0)" }.filter { group in
            var status = stat()
            return lstat(group, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }
    }

    @discardableResult
    static func write(_ text: String, to path: String) -> Bool {
        let raw = open(path, O_WRONLY | O_CLOEXEC)
        guard raw >= 0 else { return false }
        let descriptor = FileDescriptor(adopting: raw)
        return Array(text.utf8).withUnsafeBytes { Transfer.write(descriptor.raw, $0) } == .bytes(text.utf8.count)
    }
}
