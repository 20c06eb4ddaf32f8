import Glibc

/// A named pipe at which a scripted worker waits until the test lets it go on. Made before the worker starts.
final class Gate {
    private let raw: Int32

    init(_ path: String) throws {
        guard mkfifo(path, 0o600) == 0 else { throw Failure("mkfifo \(path): \(String(cString: strerror(errno)))") }
        // Open for both directions, it neither waits for a reader nor has an end.
        raw = Glibc.open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard raw >= 0 else { throw Failure("open \(path): \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(raw)
    }

    /// Lets the worker pass so many times, now or when it comes.
    func open(_ times: Int = 1) {
        let bytes = [UInt8](repeating: 1, count: times)
        _ = write(raw, bytes, times)
    }
}

/// The pipe that every scripted worker holds open as long as it lives.
final class LifeLine {
    private let raw: Int32

    init(_ path: String) throws {
        guard mkfifo(path, 0o600) == 0 else { throw Failure("mkfifo \(path)") }
        raw = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard raw >= 0 else { throw Failure("open \(path)") }
    }

    deinit {
        close(raw)
    }

    /// Waits until no worker is left. There must have been one, since nothing has an end before it has begun.
    func waitForEnd(_ deadline: Deadline = Deadline()) throws {
        try deadline.wait(for: raw, Int32(POLLHUP), "a worker outlives its supervisor")
    }
}
