import Glibc

/// A directory of its own for one test, removed with everything in it at the end.
final class ScratchDirectory {
    let path: String

    init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/supervisor-service-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FolderFiles.Unreadable(path: base) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        ScratchDirectory.remove(path)
    }

    private static func remove(_ path: String) {
        if unlink(path) == 0 { return }
        chmod(path, 0o700)
        for entry in (try? FolderFiles.names(in: path)) ?? [] { remove("\(path)/\(entry)") }
        rmdir(path)
    }
}
