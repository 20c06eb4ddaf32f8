import Glibc

/// Longer than any test.
let forever = 3_600

/// Time between two looks for a file: 5 ms.
let pauseBetweenLooks: UInt32 = 5_000

/// The value of an environment variable; of `NAME_INDEX` first, where FIXTURE_INDEX says which of its pool this worker is.
func environment(_ name: String) -> String? {
    if let index = getenv("FIXTURE_INDEX").map({ String(cString: $0) }), let value = getenv("\(name)_\(index)") {
        return String(cString: value)
    }
    return getenv(name).map { String(cString: $0) }
}

/// Whether a file is there.
func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Waits until a file is there.
func waitForFile(_ path: String) {
    while !isThere(path) { usleep(pauseBetweenLooks) }
}

/// Counts calls, of all processes together, in the length of a file.
///
/// - Returns: Which call this is, from 1; a huge number when the file cannot be written.
func countCall(_ path: String) -> Int {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return .max }
    defer { close(descriptor) }
    // Where the own byte went is told by the position, whoever else writes at the same time.
    guard write(descriptor, "x", 1) == 1 else { return .max }
    return Int(lseek(descriptor, 0, SEEK_CUR))
}

/// Opens the FIFO that FIXTURE_ALIVE names, for the life of the process, and writes a line `PID KINDS` to it.
func reportAlive(_ kinds: String) {
    guard let path = environment("FIXTURE_ALIVE") else { return }
    let descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
    if descriptor >= 0 { writeAll(descriptor, "\(getpid()) \(kinds)\n") }
}

/// Starts a thread that nobody joins.
func onThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, Unmanaged.passRetained(Box(body)).toOpaque())
    pthread_detach(thread)
}

/// Writes past all buffers.
func writeAll(_ descriptor: Int32, _ text: String) {
    writeAll(descriptor, Array(text.utf8))
}

/// Writes past all buffers; gives up when nobody reads.
func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) {
    bytes.withUnsafeBytes { bytes in
        var position = 0
        while position < bytes.count {
            let count = write(descriptor, bytes.baseAddress.map { $0 + position }, bytes.count - position)
            guard count > 0 else { return }
            position += count
        }
    }
}

/// Blocks this thread until a writer opens the FIFO `path` and closes it; without a path for ever.
func block(until path: String?) {
    guard let path else {
        while true { pause() }
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) > 0 {}
    close(descriptor)
}

/// What a file holds; nil when there is none.
func contents(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
}

/// `3 pipe:[1234]` for each descriptor of this process, of the first 256.
func descriptors() -> [String] {
    (0..<256).compactMap { number in
        let target = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            let text = UnsafeMutableRawBufferPointer(buffer).bindMemory(to: CChar.self)
            guard let start = text.baseAddress else { return }
            count = max(0, readlink("/proc/self/fd/\(number)", start, text.count))
        }
        return target.isEmpty ? nil : "\(number) \(String(decoding: target, as: UTF8.self))"
    }
}

/// Starts `sleep 60`, which inherits every descriptor that is not close-on-exec.
///
/// - Returns: Its process id; -1 when it could not be started.
func startGrandchild() -> Int {
    var process = pid_t()
    let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("60"), nil]
    defer { for argument in arguments { free(argument) } }
    let failure = posix_spawnp(&process, "sleep", nil, nil, arguments, nil)
    return failure == 0 ? Int(process) : -1
}
