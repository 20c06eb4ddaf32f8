import Service
import Testing

@Suite struct AnswerParserTests {
    private struct Outcome: Equatable {
        var status = 0
        var body = ""
        var isWhole = false
    }

    private func parse(_ text: String, pieces: [Int]) throws -> Outcome {
        var parser = AnswerParser()
        var outcome = Outcome()
        var rest = Array(text.utf8)[...]
        var bytes: [UInt8] = []
        for count in pieces + [rest.count] {
            parser.receive(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
            while let part = try parser.next() {
                switch part {
                case .head(let head): outcome.status = head.status
                case .body(let piece): bytes += piece
                case .end: outcome.isWhole = true
                }
            }
        }
        outcome.isWhole = outcome.isWhole || parser.isWholeAtEnd()
        outcome.body = String(decoding: bytes, as: UTF8.self)
        return outcome
    }

    private static let answers: [(String, status: Int, body: String, isWhole: Bool)] = [
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx: y\r\n\r\nhello", 200, "hello", true),
        ("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello", 200, "hello", false),
        ("HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n", 409, "", true),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", 200,
            "abc0123456789", true
        ),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", 200, "abc", false),
        ("HTTP/1.1 200 OK\r\n\r\nup to the end", 200, "up to the end", true),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, "", true),
    ]

    @Test(arguments: answers.indices) func understandsAnswersCutAnywhere(index: Int) throws {
        let (text, status, body, isWhole) = Self.answers[index]
        let expected = Outcome(status: status, body: body, isWhole: isWhole)
        #expect(try parse(text, pieces: []) == expected)
        for cut in 0..<text.utf8.count { #expect(try parse(text, pieces: [cut]) == expected, "cut at \(cut)") }
        #expect(try parse(text, pieces: Array(repeating: 1, count: text.utf8.count)) == expected)
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
    ])
    func refusesWhatIsNoAnswer(text: String) {
        #expect(throws: AnswerParser.Malformed.self) { try parse(text, pieces: []) }
    }
}

@Suite struct FeedEventParserTests {
    @Test func understandsEventsCutAnywhere() {
        let text =
            "event: state\nid: abc-1\ndata: {\"a\":1}\n\n: \n: \ndata: x\ndata: y\n\nevent: gap\ndata: 1\n\nevent: left"
        let expected = [
            FeedEvent(name: "state", id: "abc-1", data: Array(#"{"a":1}"#.utf8)),
            FeedEvent(name: "", id: "", data: Array("x\ny".utf8)), FeedEvent(name: "gap", id: "", data: [0x31]),
        ]
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var parser = FeedEventParser()
            #expect(parser.receive(Array(bytes[..<cut])) + parser.receive(Array(bytes[cut...])) == expected)
        }
    }
}
