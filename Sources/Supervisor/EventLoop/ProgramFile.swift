import Glibc

/// Programs as files.
package enum ProgramFile {
    /// The directory of the running program, links followed; nil where the system does not tell.
    package static func directory() -> String? {
        guard let path = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(path) }
        let whole = String(cString: path)
        guard let slash = whole.lastIndex(of: "/") else { return nil }
        return String(whole[..<slash])
    }

    /// Whether it is a regular file, links followed, that this process may execute.
    package static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        return access(path, X_OK) == 0
    }
}
