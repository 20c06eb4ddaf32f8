import Glibc

/// A directory of its own for one test, removed with everything in it at the end; short enough for a socket's path.
final class TestDirectory {
    let path: String

    init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/supervisor-e2e-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure("mkdtemp: \(String(cString: strerror(errno)))") }
        path = String(cString: made)
    }

    deinit {
        TestDirectory.removeTree(path)
    }

    /// Writes a file and answers its path.
    @discardableResult
    func write(_ name: String, _ content: String) throws -> String {
        let file = "\(path)/\(name)"
        let raw = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard raw >= 0 else { throw Failure("cannot write \(file)") }
        defer { close(raw) }
        guard Glibc.write(raw, content, content.utf8.count) == content.utf8.count else { throw Failure("short write") }
        return file
    }

    /// The names in a directory, without the two that every one has.
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The permission bits of a file or directory.
    static func mode(_ path: String) throws -> mode_t {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Failure("cannot look at \(path)") }
        return status.st_mode & 0o777
    }

    private static func removeTree(_ path: String) {
        if unlink(path) == 0 { return }
        for name in names(in: path) { removeTree("\(path)/\(name)") }
        rmdir(path)
    }
}

/// Why a test could not go on.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
