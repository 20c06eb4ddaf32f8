import Glibc

/// A directory of its own for one test, removed with everything in it when the value goes away.
struct TemporaryDirectory: ~Copyable {
    let path: String

    init() {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/eventloop-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { fatalError("mkdtemp: \(String(cString: strerror(errno)))") }
        // The real path, as `pwd` in a child prints it.
        guard let real = realpath(made, nil) else { fatalError("realpath: \(String(cString: strerror(errno)))") }
        path = String(cString: real)
        free(real)
    }

    deinit {
        Self.removeTree(path)
    }

    /// Makes a directory inside, and answers its path.
    @discardableResult
    borrowing func directory(_ name: String) -> String {
        let directory = "\(path)/\(name)"
        precondition(mkdir(directory, 0o755) == 0)
        return directory
    }

    /// Makes a file with the given content and mode, and answers its path.
    borrowing func file(_ name: String, _ content: String, mode: mode_t = 0o644) -> String {
        let file = "\(path)/\(name)"
        let raw = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, mode)
        precondition(raw >= 0 && write(raw, content, content.utf8.count) == content.utf8.count)
        close(raw)
        return file
    }

    private static func removeTree(_ path: String) {
        if unlink(path) == 0 { return }
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { removeTree("\(path)/\(name)") }
        }
        closedir(directory)
        rmdir(path)
    }
}
