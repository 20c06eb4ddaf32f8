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

    /// Waits until there was a worker: each writes a byte when it has opened the pipe.
    func waitForBeginning(_ deadline: Deadline = Deadline()) throws {
        try deadline.wait(for: raw, Int32(POLLIN), "no worker holds its supervisor's pipe")
    }

    /// Waits until no worker is left. There must have been one, since nothing has an end before it has begun.
    func waitForEnd(_ deadline: Deadline = Deadline()) throws {
        try deadline.wait(for: raw, Int32(POLLHUP), "a worker outlives its supervisor")
    }
}

/// A named pipe from which a worker reads a byte for each step, and whose writer sees when that worker is gone.
final class Pace {
    let path: String
    private let writing: Int32
    /// Our own reading side, without which there would be no writing before the worker has opened its one.
    private var reading: Int32

    init(_ path: String) throws {
        self.path = path
        guard mkfifo(path, 0o600) == 0 else { throw Failure("mkfifo \(path)") }
        reading = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        writing = Glibc.open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        guard reading >= 0, writing >= 0 else { throw Failure("open \(path)") }
    }

    deinit {
        close(writing)
        if reading >= 0 { close(reading) }
    }

    func step() {
        _ = write(writing, "x", 1)
    }

    /// To be called when the worker has taken a step, so that it is the only reader from now on.
    func leaveToTheWorker() {
        close(reading)
        reading = -1
    }

    func waitForTheWorkerToEnd(_ deadline: Deadline) throws {
        try deadline.wait(for: writing, POLLERR, "the worker outlives its supervisor")
    }
}
