import Glibc

/// Does what lines in a FIFO say, so that a worker can be told something while it is idle, or does something else.
///
/// Each line is a `FaultScript`, done on the thread that reads. The FIFO is made if it is not there.
enum CommandReader {
    /// Starts the thread.
    static func start(_ path: String) {
        mkfifo(path, 0o600)
        // For both directions, so that there is no end of file between two writers.
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        onThread {
            var text: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                text += buffer[..<count]
                while let end = text.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = String(decoding: text[..<end], as: UTF8.self)
                    text.removeFirst(end + 1)
                    do { try FaultScript(line).run() } catch { writeAll(2, "\(error)\n") }
                }
            }
        }
    }
}
