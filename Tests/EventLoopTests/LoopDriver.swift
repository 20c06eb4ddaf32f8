import EventLoop
import Glibc

/// How long a test waits for what must come; far more than any needs, since the machine may be busy.
let testPatience = 20 * TimeSpan.second

extension Loop {
    /// Turns until the condition holds; false when it does not in time.
    func turns(until isDone: () -> Bool) throws -> Bool {
        let deadline = MonotonicTime.now().advanced(by: testPatience)
        while !isDone() {
            guard MonotonicTime.now() < deadline else { return false }
            try turn(waitingAtMost: 100 * TimeSpan.millisecond)
        }
        return true
    }
}

/// Writes all bytes, which must fit into the kernel's buffer; false when they do not.
func writeAll(_ text: String, to raw: Int32) -> Bool {
    Array(text.utf8).withUnsafeBytes { Transfer.write(raw, $0) } == .bytes(text.utf8.count)
}

/// Reads until nothing is there or the stream ends.
func readAvailable(_ raw: Int32) -> (text: String, isAtEnd: Bool) {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1_024)
    while true {
        switch buffer.withUnsafeMutableBytes({ Transfer.read(raw, into: $0) }) {
        case .bytes(let count): bytes += buffer[..<count]
        case .wouldBlock: return (String(decoding: bytes, as: UTF8.self), false)
        case .closed, .failed: return (String(decoding: bytes, as: UTF8.self), true)
        }
    }
}

/// The numbers of the descriptors that this process has open.
func openDescriptors() -> [Int32] {
    (0..<4_096).filter { fcntl($0, F_GETFD) >= 0 }
}
