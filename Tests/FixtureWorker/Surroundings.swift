import Glibc

/// Longer than any test.
let forever = 3_600

/// The value of an environment variable.
func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
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
