import Glibc

/// The file that a Unix socket was bound to, recognised by its number on its device: whoever has replaced it since
/// keeps theirs.
struct SocketFile {
    private let path: String
    private let device: dev_t
    private let number: ino_t

    /// Notes the file that stands at `path` now; `nil` if none does.
    init?(path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.path = path
        device = status.st_dev
        number = status.st_ino
    }

    /// Removes the file, if it is still the same.
    func remove() {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == number else { return }
        _ = unlink(path)
    }

    /// Whether a socket file stands at `path` on which nobody listens.
    static func isStale(at path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
        do {
            _ = try Socket.connect(to: .unix(path: path))
            return false
        } catch {
            // A full backlog answers EAGAIN, a file of another user EACCES: somebody may well be there.
            return error.errno == ECONNREFUSED
        }
    }
}
