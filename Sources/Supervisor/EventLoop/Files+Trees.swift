import Glibc

extension Files {
    /// Others may see these: they are meant to be seen from outside the process.
    private static let publicDirectoryMode: mode_t = 0o755
    private static let publicFileMode: mode_t = 0o644

    /// The names in the directory but `.` and `..`, sorted; empty when it cannot be read.
    package static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a directory with all that is in it, or a file. Links are removed, not followed. What cannot be removed
    /// stays.
    package static func removeTree(_ path: String) {
        if unlink(path) == 0 || errno == ENOENT { return }
        for name in names(in: path) { removeTree("\(path)/\(name)") }
        rmdir(path)
    }

    /// Removes a directory if nothing is in it.
    package static func removeEmptyDirectory(_ path: String) {
        rmdir(path)
    }

    /// Makes a private directory with a name that nobody has, in `parent`, which must be there.
    package static func makeTemporaryDirectory(in parent: String, prefix: String) throws(SystemError) -> String {
        var template = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .last("mkdtemp", subject: parent) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Puts `bytes` into the place of the file, whole or not at all: whoever reads it sees the old or the new. Two that
    /// write the same file at once must be kept apart by their caller.
    package static func replace(_ path: String, with bytes: [UInt8]) throws(SystemError) {
        let new = "\(path).new"
        unlink(new)
        try write(bytes, to: new)
        guard rename(new, path) == 0 else {
            let error = SystemError.last("rename", subject: path)
            unlink(new)
            throw error
        }
    }

    /// Makes an empty file that everybody may see, and the directories above it, where they are not there yet.
    package static func mark(_ path: String) throws(SystemError) {
        try makePublicDirectories(above: path)
        let raw = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, publicFileMode)
        guard raw >= 0 else { throw .last("open", subject: path) }
        close(raw)
    }

    private static func makePublicDirectories(above path: String) throws(SystemError) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        let parent = String(path[..<slash])
        if mkdir(parent, publicDirectoryMode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT else { throw .last("mkdir", subject: parent) }
        try makePublicDirectories(above: parent)
        guard mkdir(parent, publicDirectoryMode) == 0 || errno == EEXIST else {
            throw .last("mkdir", subject: parent)
        }
    }

    /// Removes a file; that there is none is as good.
    package static func unmark(_ path: String) throws(SystemError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .last("unlink", subject: path) }
    }

    /// Whether there is a regular file that this process may execute.
    package static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
