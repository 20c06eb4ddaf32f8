import HTTP
import TestSupport
import Testing

/// A million short random inputs, in four flavours, into connections that are at four places of a request: nothing
/// traps, no connection keeps memory it should not, and a sample of each is fed again in other cuts.
@Suite struct FuzzTests {
    struct Flavour: Sendable, CustomTestStringConvertible {
        let name: String
        let seed: UInt64
        let count: Int
        let pieces: [[UInt8]]

        var testDescription: String { "\(name), seed \(seed)" }

        init(_ name: String, seed: UInt64, count: Int, _ pieces: [String]) {
            self.name = name
            self.seed = seed
            self.count = count
            self.pieces = pieces.map { Array($0.utf8) }
        }
    }

    static let flavours = [
        Flavour("any bytes", seed: 101, count: 400_000, []),
        Flavour(
            "telling bytes", seed: 102, count: 300_000,
            ["\r", "\n", "\r\n", " ", ":", ";", "0", "1", "f", "a", "T", "/", "\0", "\t", "\u{7F}", "+"]),
        Flavour(
            "words of a head", seed: 103, count: 200_000,
            [
                "GET", "POST ", " / ", "/a", "HTTP/1.1", "HTTP/1.0\r\n", "\r\n", "Host: h\r\n", "Content-Length: ", "3",
                "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "Expect: 100-continue\r\n", "a: b\r\n", "\r",
                "\n", " ", ":",
            ]),
        Flavour(
            "words of chunks", seed: 104, count: 100_000,
            ["0", "1", "5\r\n", "\r\n", "hello", "a", ";a=b", "0\r\n", "0\r\n\r\n", "A: b\r\n", "fffff", "\r", "\n"]),
    ]

    /// Connections into which the random bytes come: new, and in the middle of a head, a chunk size and a trailer.
    static let beginnings = ["", "GET / HTTP/1.1\r\nHost: h\r\n", chunked, chunked + "0\r\n"]
    private static let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"

    @Test(arguments: flavours)
    func random(_ flavour: Flavour) {
        var generator = SeededGenerator(seed: flavour.seed)
        let beginnings = Self.beginnings.map { text in
            var conversation = Conversation()
            conversation.receive(text)
            return conversation
        }
        for index in 0..<flavour.count {
            let bytes = Self.input(flavour, &generator)
            var conversation = beginnings[index & 3]
            conversation.receive(bytes[...])
            let phase = conversation.state.phase
            if phase == .closed || phase == .idle, conversation.state.bufferedBytes != 0 {
                Issue.record("\(flavour), input \(index) \(bytes): \(conversation.state.bufferedBytes) bytes kept")
            }
            if index % 16 < 4, !bytes.isEmpty {
                expectSame(conversation.outcomes, beginnings[index & 3], bytes, index, &generator)
            }
        }
    }

    private func expectSame(
        _ outcomes: [Outcome], _ beginning: Conversation, _ bytes: [UInt8], _ index: Int,
        _ generator: inout SeededGenerator
    ) {
        let cut = Int(truncatingIfNeeded: generator.next() >> 1) % bytes.count
        var other = beginning
        other.receive(bytes[..<cut])
        other.receive(bytes[cut...])
        if other.outcomes != outcomes {
            Issue.record("input \(index) \(bytes) cut at \(cut): \(other.outcomes), whole: \(outcomes)")
        }
    }

    private static func input(_ flavour: Flavour, _ generator: inout SeededGenerator) -> [UInt8] {
        var bits = generator.next()
        var bytes: [UInt8] = []
        let count = Int(bits & 7) + 1
        bits >>= 3
        if flavour.pieces.isEmpty {
            bits = generator.next()
            withUnsafeBytes(of: &bits) { bytes.append(contentsOf: $0.prefix(count)) }
            return bytes
        }
        for _ in 0..<count {
            bytes.append(contentsOf: flavour.pieces[Int(bits & 0xFF) % flavour.pieces.count])
            bits >>= 7
        }
        return bytes
    }
}
