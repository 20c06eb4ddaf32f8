import TestSupport

extension SeededGenerator {
    /// Up to `limit` bytes drawn from `alphabet`, so that random input hits what matters more often than chance would.
    mutating func draw(from alphabet: [UInt8], upTo limit: Int) -> [UInt8] {
        (0..<Int.random(in: 0...limit, using: &self)).map { _ in alphabet.randomElement(using: &self)! }
    }
}
