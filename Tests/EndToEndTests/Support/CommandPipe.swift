import Glibc

/// A FIFO by which a test tells a fixture worker what to do to itself, while it is idle too. To be given to it as
/// FIXTURE_COMMANDS.
final class CommandPipe {
    let path: String
    private let raw: Int32

    init(_ path: String) throws {
        self.path = path
        guard mkfifo(path, 0o600) == 0 else { throw Failure("mkfifo \(path)") }
        // Open for both directions, it neither waits for a reader nor has an end.
        raw = Glibc.open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard raw >= 0 else { throw Failure("open \(path)") }
    }

    deinit {
        close(raw)
    }

    /// Has one worker that reads do a script.
    func tell(_ script: String) {
        let line = Array("\(script)\n".utf8)
        _ = write(raw, line, line.count)
    }
}
