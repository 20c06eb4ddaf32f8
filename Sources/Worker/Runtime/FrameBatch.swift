import WireProtocol

/// Output frames that will leave with one write, numbered when they do.
struct FrameBatch {
    let slot: UInt16
    /// The frames; their sequence is zero until ``number(from:)``.
    private(set) var bytes: [UInt8] = []

    init(slot: UInt16) {
        self.slot = slot
    }

    /// Appends a chunk.
    ///
    /// - Returns: Whether its payload has at most `maximum` bytes; if not, nothing was appended.
    mutating func append<Chunk: Encodable>(_ chunk: Chunk, upTo maximum: Int) throws -> Bool {
        let start = bytes.count
        FrameHeader(.output, slot: slot).append(to: &bytes)
        do {
            if ChunkEncoder.isSimple(Chunk.self) {
                try ChunkEncoder.appendSimple(chunk, to: &bytes)
            } else {
                bytes.append(contentsOf: try ChunkEncoder.encoded(chunk))
            }
        } catch {
            bytes.removeSubrange(start...)
            throw error
        }
        guard bytes.count - start - FrameHeader.byteCount <= maximum else {
            bytes.removeSubrange(start...)
            return false
        }
        Self.setLength(of: start, in: &bytes)
        return true
    }

    /// Numbers the frames from `first` on.
    ///
    /// - Returns: The number that the next frame will have.
    mutating func number(from first: UInt64) -> UInt64 {
        var sequence = first
        bytes.withUnsafeMutableBytes { bytes in
            var position = 0
            while position < bytes.count {
                let length = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
                bytes.storeBytes(
                    of: sequence.littleEndian, toByteOffset: position + Self.sequenceOffset, as: UInt64.self)
                sequence += 1
                position += FrameHeader.byteCount + Int(length)
            }
        }
        return sequence
    }

    /// Forgets the frames and keeps the memory.
    mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// Where in a header the sequence is (PROTOCOL.md § 2).
    private static let sequenceOffset = 8

    /// Fills in the length of the frame that begins at `start` and is the last.
    static func setLength(of start: Int, in bytes: inout [UInt8]) {
        let length = UInt32(bytes.count - start - FrameHeader.byteCount)
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: length.littleEndian, toByteOffset: start, as: UInt32.self) }
    }
}
