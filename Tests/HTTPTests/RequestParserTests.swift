import HTTP
import TestSupport
import Testing

@Suite struct RequestParserTests {
    private static let following = Array("GET /next HTTP/1.1\r\nHost: next\r\n\r\n".utf8)
    private static let followingOutcome = Conversation.outcomes(of: following)

    // MARK: Verdicts

    @Test(arguments: LegalRequest.all)
    func legal(_ input: LegalRequest) throws {
        var parser = RequestParser(limits: HTTPLimits())
        let consumed = try input.bytes.withUnsafeBytes { try parser.consume($0) }
        #expect(consumed == input.bytes.count)
        #expect(parser.stage == .complete)
        let request = parser.takeRequest()
        #expect(request.method.name == input.method)
        #expect(String(decoding: request.path, as: UTF8.self) == input.path)
        #expect(request.query.map { String(decoding: $0, as: UTF8.self) } == input.query)
        #expect(request.authority == input.authority)
        #expect(request.body == input.body)
        #expect(request.keepAlive == input.keepAlive)
        #expect(parser.stage == .start)
    }

    @Test(arguments: IllegalRequest.all)
    func illegal(_ input: IllegalRequest) {
        #expect(Conversation.outcomes(of: input.bytes) == [.failed(input.error)])
        #expect(input.error.status.code == input.code)
        #expect(input.error.closesConnection)
    }

    // MARK: The cuts change nothing

    @Test(arguments: LegalRequest.all)
    func legalCutAnywhere(_ input: LegalRequest) {
        let whole = Conversation.outcomes(of: input.bytes)
        #expect(whole.count == 1)
        expectSameWhateverTheCuts(input.bytes, whole)
    }

    @Test(arguments: IllegalRequest.all)
    func illegalCutAnywhere(_ input: IllegalRequest) {
        expectSameWhateverTheCuts(input.bytes, [.failed(input.error)])
    }

    /// A request that follows in the same bytes, also when the two are cut apart at any place.
    @Test(arguments: LegalRequest.all)
    func legalJoined(_ input: LegalRequest) {
        let first = Conversation.outcomes(of: input.bytes)
        let expected = first + (input.keepAlive ? Self.followingOutcome : [])
        expectSameWhateverTheCuts(input.bytes + Self.following, expected)
        expectSameWhateverTheCuts(Self.following + input.bytes, Self.followingOutcome + first)
    }

    /// After a refusal nothing is read, least of all as a request.
    @Test(arguments: IllegalRequest.all)
    func illegalJoined(_ input: IllegalRequest) {
        let expected: [Outcome] = [.failed(input.error)]
        #expect(Conversation.outcomes(of: input.bytes + Self.following) == expected)
        #expect(Conversation.outcomes(of: Self.following + input.bytes) == Self.followingOutcome + expected)
        #expect(
            Conversation.outcomes(of: Self.following + input.bytes, cutAt: [Self.following.count])
                == Self.followingOutcome + expected)
    }

    private func expectSameWhateverTheCuts(_ bytes: [UInt8], _ expected: [Outcome]) {
        #expect(Conversation.outcomes(of: bytes, cutAt: Array(0..<bytes.count)) == expected, "byte by byte")
        // Long inputs are long by repetition: a thousand places are enough.
        for cut in stride(from: 0, through: bytes.count, by: max(1, bytes.count / 1_000)) {
            let outcomes = Conversation.outcomes(of: bytes, cutAt: [cut])
            if outcomes != expected { #expect(outcomes == expected, "cut at \(cut)") }
        }
    }

    // MARK: Mutations

    /// Bytes changed, removed, doubled or exchanged in known inputs: no trap, and the cuts change nothing.
    @Test(arguments: [UInt64(1), 2, 3, 4])
    func mutated(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let inputs = LegalRequest.all.map(\.bytes) + IllegalRequest.all.map(\.bytes).filter { $0.count < 600 }
        for round in 0..<25 {
            for input in inputs {
                let bytes = Self.mutate(input + Self.following, &generator)
                let whole = Conversation.outcomes(of: bytes)
                let cuts = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
                let cut = Conversation.outcomes(of: bytes, cutAt: cuts)
                if whole != cut {
                    let text = String(decoding: bytes, as: UTF8.self)
                    #expect(whole == cut, "seed \(seed), round \(round), cuts \(cuts): \(text.debugDescription)")
                }
            }
        }
    }

    private static func mutate(_ input: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        let telling = Array("\r\n :;,0159afAF\t\0\u{7F}+-x/?#*%".utf8) + [0x80, 0xFF]
        var bytes = input
        for _ in 0...Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &generator)
            case 1: bytes[index] = telling.randomElement(using: &generator)!
            case 2: bytes.remove(at: index)
            case 3: bytes.insert(telling.randomElement(using: &generator)!, at: index)
            case 4: bytes.swapAt(index, Int.random(in: 0..<bytes.count, using: &generator))
            default: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 9)], at: index)
            }
        }
        return bytes
    }
}
