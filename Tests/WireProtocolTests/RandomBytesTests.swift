import TestSupport
import Testing
import WireProtocol

/// One million byte strings from a hostile peer: whatever comes, an error is thrown and nothing traps.
@Suite("Random bytes")
struct RandomBytesTests {
    static let stringsPerSeed = 125_000
    static let maximumLength = 64
    static let types = FrameType.allCases

    @Test("never trap decoder or messages", arguments: 101...108 as ClosedRange<UInt64>)
    func hostile(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var input = [UInt8](repeating: 0, count: Self.maximumLength)
        var frames = 0
        var refused = 0
        for _ in 0..<Self.stringsPerSeed {
            let count = Self.fill(&input, &random)
            input.withUnsafeBytes { bytes in
                Self.feed(UnsafeRawBufferPointer(rebasing: bytes[..<count]), &frames, &refused)
            }
        }
        #expect(frames > Self.stringsPerSeed / 20, "seed \(seed): too few frames to mean anything")
        #expect(refused > Self.stringsPerSeed / 4, "seed \(seed): too few errors to mean anything")
    }

    /// Random bytes of random length; every other time the beginning is made to look like a header.
    private static func fill(_ input: inout [UInt8], _ random: inout SeededGenerator) -> Int {
        let choice = random.next()
        input.withUnsafeMutableBytes { bytes in
            for offset in stride(from: 0, to: maximumLength, by: 8) {
                bytes.storeBytes(of: random.next(), toByteOffset: offset, as: UInt64.self)
            }
            guard choice & 1 == 0 else { return }
            let type = types[Int(choice >> 8 & 0xFF) % types.count]
            let length = choice >> 16 & 0x1F
            let slot: UInt64 = choice & 2 == 0 ? 0xFFFF : choice >> 24 & 3
            let first = length | UInt64(type.rawValue) << 32 | slot << 48
            bytes.storeBytes(of: first.littleEndian, toByteOffset: 0, as: UInt64.self)
            bytes.storeBytes(of: (choice >> 32 & 3).littleEndian, toByteOffset: 8, as: UInt64.self)
            if choice & 4 == 0 { bytes.storeBytes(of: UInt16(0x7D7B), toByteOffset: 16, as: UInt16.self) }
        }
        return Int(choice >> 48) % (maximumLength + 1)
    }

    private static func feed(_ bytes: UnsafeRawBufferPointer, _ frames: inout Int, _ refused: inout Int) {
        var decoder = FrameDecoder()
        var position = 0
        do throws(ProtocolError) {
            while let frame = try decoder.next(from: bytes, at: &position) {
                frames += 1
                switch frame.header.type.sender {
                case .supervisor: _ = try SupervisorMessage.decode(frame)
                case .worker: _ = try WorkerMessage.decode(frame)
                }
            }
            try decoder.finish()
        } catch {
            refused += 1
        }
    }
}
