import TestSupport
import Testing
import WireProtocol

@Suite("Frame decoder")
struct FrameDecoderTests {
    /// What a decoder made of a stream: owned copies of its frames, and the error that ended it.
    struct Outcome: Equatable {
        var frames: [OwnedFrame] = []
        var error: ProtocolError.Code?
        var errorOffset: UInt64?
    }

    struct OwnedFrame: Equatable {
        let header: FrameHeader
        let payload: [UInt8]
        let offset: UInt64
    }

    /// A conversation with frames of many sizes: empty, small, and larger than a decoder's first memory.
    static let stream: [UInt8] = {
        var bytes: [UInt8] = []
        do {
            try WorkerMessage.hello(WorkerHello(worker: "test/1")).encode(into: &bytes)
            try WorkerMessage.heartbeat.encode(into: &bytes)
            try WorkerMessage.started(slot: 0).encode(into: &bytes)
            for sequence in 1...5 as ClosedRange<UInt64> {
                let text = RawJSON(unchecked: Array("\"token \(sequence)\"".utf8))
                try WorkerMessage.output(slot: 0, sequence: sequence, text).encode(into: &bytes)
            }
            let long = LogText(.standardError, repeatElement(0x78, count: 9_000))
            try WorkerMessage.log(slot: 0, sequence: 6, long).encode(into: &bytes)
            try WorkerMessage.done(slot: 0, sequence: 7, .succeeded, isCollected: true).encode(into: &bytes)
        } catch {
            preconditionFailure("the messages are all small: \(error)")
        }
        return bytes
    }()

    static let whole = decode(stream, cuts: [])

    /// Feeds `stream` to a decoder in pieces that end at `cuts`, each piece in memory of its own.
    static func decode(
        _ stream: [UInt8], cuts: [Int], maximumPayloadLength: Int = ProtocolLimits.maximumPayloadLength
    ) -> Outcome {
        var decoder = FrameDecoder(maximumPayloadLength: maximumPayloadLength)
        var outcome = Outcome()
        do throws(ProtocolError) {
            for (start, end) in zip([0] + cuts, cuts + [stream.count]) {
                try feed(Array(stream[start..<end]), to: &decoder, &outcome)
            }
            try decoder.finish()
        } catch {
            outcome.error = error.code
            outcome.errorOffset = error.offset
            #expect(error.fault == .remote)
        }
        return outcome
    }

    private static func feed(
        _ piece: [UInt8], to decoder: inout FrameDecoder, _ outcome: inout Outcome
    ) throws(ProtocolError) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: piece.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: piece)
        var position = 0
        while let frame = try decoder.next(from: UnsafeRawBufferPointer(memory), at: &position) {
            outcome.frames.append(
                OwnedFrame(header: frame.header, payload: Array(frame.payload), offset: frame.offset))
        }
        #expect(position == piece.count)
    }

    @Test("finds every frame of a whole stream")
    func wholeStream() {
        #expect(Self.whole.error == nil)
        #expect(
            Self.whole.frames.map(\.header.type) == [
                .workerHello, .heartbeat, .started, .output, .output, .output, .output, .output, .log, .done,
            ])
        #expect(Self.whole.frames.last?.header.flags == .collected)
        let sizes = Self.whole.frames.map { UInt64(FrameHeader.byteCount + $0.payload.count) }
        #expect(Self.whole.frames.map(\.offset) == sizes.indices.map { sizes[..<$0].reduce(0, +) })
    }

    @Test("finds the same frames wherever the stream is cut in two")
    func cutEverywhere() {
        for cut in 0...Self.stream.count {
            #expect(Self.decode(Self.stream, cuts: [cut]) == Self.whole, "cut at \(cut)")
        }
    }

    @Test("finds the same frames in pieces of one size", arguments: [1, 2, 3, 7, 15, 16, 17, 4_095, 4_096])
    func equalPieces(size: Int) {
        let cuts = Array(stride(from: size, to: Self.stream.count, by: size))
        #expect(Self.decode(Self.stream, cuts: cuts) == Self.whole)
    }

    @Test("finds the same frames in random pieces", arguments: [41, 42, 43] as [UInt64])
    func randomPieces(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let count = Int.random(in: 0..<40, using: &random)
            let cuts = (0..<count).map { _ in Int.random(in: 0...Self.stream.count, using: &random) }.sorted()
            #expect(Self.decode(Self.stream, cuts: cuts) == Self.whole, "seed \(seed), cuts \(cuts)")
        }
    }

    @Test("takes no frame from a stream of none")
    func empty() {
        #expect(Self.decode([], cuts: []) == Outcome())
    }

    @Test("says where a stream ended inside a frame")
    func truncated() {
        for end in 1..<60 where !Self.whole.frames.contains(where: { $0.offset == end }) {
            let outcome = Self.decode(Array(Self.stream[..<end]), cuts: [])
            #expect(outcome.error == .truncatedFrame)
            #expect(outcome.errorOffset == Self.whole.frames.last { $0.offset < end }?.offset)
        }
    }

    @Test("refuses a payload by its header alone, before it arrives")
    func announcedLength() {
        var bytes = Self.stream
        FrameHeader(.log, payloadLength: .max).append(to: &bytes)
        let outcome = Self.decode(bytes, cuts: [])
        #expect(outcome.error == .payloadTooLong)
        #expect(outcome.errorOffset == UInt64(Self.stream.count))
        #expect(outcome.frames == Self.whole.frames)
    }

    @Test("takes memory for what has arrived, not for what is announced, and gives it back")
    func memory() throws {
        var decoder = FrameDecoder()
        var announced: [UInt8] = []
        FrameHeader(.log, payloadLength: 8 << 20).append(to: &announced)
        var position = 0
        let first = try announced.withUnsafeBytes { try decoder.next(from: $0, at: &position)?.offset }
        #expect(first == nil)
        #expect(decoder.reservedBytes <= 4_096)
        let block = [UInt8](repeating: 0x78, count: 1 << 20)
        for count in 1...8 {
            position = 0
            let length = try block.withUnsafeBytes { try decoder.next(from: $0, at: &position)?.payload.count }
            #expect(length == (count == 8 ? 8 << 20 : nil))
            #expect(decoder.reservedBytes <= 2 * count << 20)
        }
        position = 0
        let none = try [].withUnsafeBytes { try decoder.next(from: $0, at: &position)?.offset }
        #expect(none == nil)
        #expect(decoder.reservedBytes <= 65_536)
        try decoder.finish()
    }

    @Test("allows exactly the limit")
    func limit() throws {
        var bytes: [UInt8] = []
        try WorkerMessage.log(slot: nil, sequence: 0, LogText(.standardOutput, "12345".utf8)).encode(into: &bytes)
        #expect(Self.decode(bytes, cuts: [], maximumPayloadLength: 5).error == nil)
        #expect(Self.decode(bytes, cuts: [], maximumPayloadLength: 4).error == .payloadTooLong)
    }

    @Test("refuses unknown types and flags", arguments: UInt8.min...UInt8.max)
    func typesAndFlags(byte: UInt8) {
        var bytes = [UInt8](repeating: 0, count: FrameHeader.byteCount)
        bytes[4] = byte
        let isKnown = FrameType(rawValue: byte) != nil
        #expect(Self.decode(bytes, cuts: []).error == (isKnown ? nil : .unknownType))
        for type in FrameType.allCases {
            bytes[4] = type.rawValue
            bytes[5] = byte
            let isAllowed = byte & ~type.allowedFlags.rawValue == 0
            #expect(Self.decode(bytes, cuts: []).error == (isAllowed ? nil : .forbiddenFlag))
        }
    }

    @Test("stays broken after an error")
    func sticky() throws {
        var decoder = FrameDecoder()
        var broken = [UInt8](repeating: 0xFF, count: 20)
        broken.append(contentsOf: Self.stream)
        for _ in 0..<3 {
            broken.withUnsafeBytes { input in
                var position = 0
                do throws(ProtocolError) {
                    _ = try decoder.next(from: input, at: &position)
                    Issue.record("a broken stream gave a frame")
                } catch {
                    #expect(error.code == .unknownType)
                    #expect(error.offset == 0)
                }
            }
        }
        #expect(decoder.offset == 0)
    }

    @Test("never traps on mutated streams, cut anywhere", arguments: [51, 52, 53] as [UInt64])
    func mutated(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var stream = Array(Self.stream.prefix(400))
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                stream[Int.random(in: stream.indices, using: &random)] = .random(in: .min ... .max, using: &random)
            }
            let cuts = (0..<4).map { _ in Int.random(in: 0...stream.count, using: &random) }.sorted()
            let inPieces = Self.decode(stream, cuts: cuts)
            #expect(inPieces == Self.decode(stream, cuts: []), "seed \(seed), cuts \(cuts)")
        }
    }
}
