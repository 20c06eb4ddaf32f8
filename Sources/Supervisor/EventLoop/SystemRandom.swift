import Glibc

/// The system's randomness, fetched 256 bytes at a time: one system call for 32 numbers instead of one for each.
package struct SystemRandom: RandomNumberGenerator {
    /// What `getentropy` gives at most in one call.
    private static let words = 32

    private var buffer = [UInt64](repeating: 0, count: SystemRandom.words)
    private var used = SystemRandom.words

    package init() {}

    package mutating func next() -> UInt64 {
        if used == SystemRandom.words { refill() }
        defer { used += 1 }
        return buffer[used]
    }

    private mutating func refill() {
        let result = buffer.withUnsafeMutableBytes { getentropy($0.baseAddress!, $0.count) }
        precondition(result == 0, "the kernel gives 256 bytes at once to whoever asks after boot")
        used = 0
    }
}
