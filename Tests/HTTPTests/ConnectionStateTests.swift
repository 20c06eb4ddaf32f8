import HTTP
import Testing

/// The machine as its owner sees it: call, expected event, call, expected event.
@Suite struct ConnectionStateTests {
    private static let get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
    private static let second = "GET /b HTTP/1.1\r\nHost: h\r\n\r\n"
    private static let old = "GET /a HTTP/1.0\r\n\r\n"

    private static func expecting(_ length: String) -> String {
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\(length)\r\n\r\n"
    }

    // MARK: One request after the other

    @Test func startsIdleAndSmall() {
        let state = ConnectionState()
        #expect(state.phase == .idle)
        #expect(state.deadline == ConnectionDeadline(kind: .idle, request: 0))
        #expect(state.wantsMoreInput)
        #expect(state.bufferedBytes == 0)
        #expect(MemoryLayout<ConnectionState>.size <= 640, "held for every connection, idle ones included")
    }

    @Test func phasesOfOneRequest() throws {
        var state = ConnectionState()
        state.receive("POST / HT")
        #expect(state.phase == .readingHead)
        #expect(state.deadline == ConnectionDeadline(kind: .head, request: 0))
        #expect(state.bufferedBytes == 9)
        state.receive("TP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na")
        #expect(state.phase == .readingBody)
        #expect(state.deadline == ConnectionDeadline(kind: .body, request: 0))
        #expect(state.bodyBytesReceived == 1)
        #expect(state.next() == nil)
        state.receive("bc")
        #expect(state.phase == .responding)
        #expect(state.deadline.kind == .none)
        let request = try state.expectRequest()
        #expect(request.body == Array("abc".utf8))
        #expect(state.next() == nil)
        #expect(state.bufferedBytes == 0, "the buffers went with the request")
        let framing = state.willRespond(with: Response(.ok))
        #expect(framing.keepAlive)
        #expect(!framing.isStreaming)
        state.responseFinished()
        #expect(state.phase == .idle)
        #expect(state.deadline == ConnectionDeadline(kind: .idle, request: 1))
        #expect(state.requestCount == 1)
    }

    @Test func emptyLineBetweenRequestsIsNoRequest() {
        var state = ConnectionState()
        state.receive("\r\n")
        #expect(state.phase == .idle)
        state.peerClosed()
        #expect(state.phase == .closed)
        #expect(state.next() == nil)
    }

    // MARK: Pipelining

    @Test func secondRequestWaitsForTheFirstAnswer() throws {
        var state = ConnectionState()
        state.receive(Self.get + Self.second)
        #expect(try state.expectRequest().target == "/a")
        #expect(state.next() == nil)
        #expect(state.bufferedBytes == Self.second.utf8.count)
        state.answer()
        #expect(state.phase == .responding)
        #expect(try state.expectRequest().target == "/b")
        #expect(state.next() == nil)
        state.answer()
        #expect(state.phase == .idle)
        #expect(state.bufferedBytes == 0)
    }

    @Test func bytesThatComeBeforeTheEventIsTakenAreKept() throws {
        var state = ConnectionState()
        state.receive(Self.get)
        state.receive(Self.second)
        #expect(try state.expectRequest().target == "/a")
        state.answer()
        #expect(try state.expectRequest().target == "/b")
    }

    @Test func bytesThatComeWhileOthersAreUnreadKeepTheirOrder() throws {
        var state = ConnectionState()
        state.receive(Self.get + Self.second + "GET /c HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try state.expectRequest().target == "/a")
        state.answer()
        #expect(try state.expectRequest().target == "/b")
        state.receive("GET /d HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(state.bufferedBytes == 2 * Self.second.utf8.count, "what was read is gone")
        state.answer()
        #expect(try state.expectRequest().target == "/c")
        state.answer()
        #expect(try state.expectRequest().target == "/d")
    }

    /// Nothing of one request is left in the parser when the next one comes.
    @Test func everyKindOfRequestAfterEveryOther() {
        let kinds = [
            Self.get, "\r\n" + Self.second, Self.expecting("Content-Length: 2") + "ab",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\nc\r\n0\r\nA: b\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n0\r\n",
            "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        ]
        for first in kinds {
            for second in kinds {
                let expected = [first, second].flatMap { Conversation.outcomes(of: Array($0.utf8)) }
                #expect(expected.count == 2)
                #expect(Conversation.outcomes(of: Array((first + second).utf8)) == expected)
            }
        }
    }

    @Test func manyPipelinedRequestsInAnyPieces() {
        let count = 100
        let bytes = Array((0..<count).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined().utf8)
        let whole = Conversation.outcomes(of: bytes)
        #expect(whole.count == count)
        for size in [1, 7, 31, 1_000] {
            let cuts = Array(stride(from: size, to: bytes.count, by: size))
            #expect(Conversation.outcomes(of: bytes, cutAt: cuts) == whole)
        }
    }

    @Test func unreadBytesAreCapped() throws {
        var limits = HTTPLimits()
        limits.pipelinedBytes = 100
        var state = ConnectionState(limits: limits)
        state.receive(Self.get)
        _ = try state.expectRequest()
        let post = "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 200\r\n\r\n"
        state.receive(post)
        #expect(state.wantsMoreInput)
        state.receive(String(repeating: "a", count: 100))
        #expect(!state.wantsMoreInput)
        // A read that was under way is kept all the same.
        state.receive(String(repeating: "a", count: 90))
        state.answer()
        #expect(state.phase == .readingBody)
        #expect(state.wantsMoreInput)
        #expect(state.bodyBytesReceived == 190)
        state.receive(String(repeating: "a", count: 10) + Self.get)
        #expect(try state.expectRequest().body.count == 200)
        state.answer()
        #expect(try state.expectRequest().target == "/a")
    }

    @Test func deadlinesOfHeadsInARowDiffer() throws {
        var state = ConnectionState()
        state.receive("GET /a HTTP/1.1\r\n")
        let first = state.deadline
        state.receive("Host: h\r\n\r\nGET /b")
        _ = try state.expectRequest()
        state.answer()
        #expect(state.phase == .readingHead)
        #expect(state.deadline.kind == first.kind)
        #expect(state.deadline != first)
    }

    // MARK: Keep-alive

    @Test(arguments: [
        (get, true), (old, false), ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false),
    ])
    func keepAliveFollowsTheClient(text: String, expected: Bool) throws {
        var state = ConnectionState()
        state.receive(text)
        #expect(try state.expectRequest().keepAlive == expected)
        #expect(state.willRespond(with: Response(.ok)).keepAlive == expected)
        state.responseFinished()
        #expect(state.phase == (expected ? .idle : .closed))
        #expect(!state.needsLingeringClose)
    }

    @Test func bytesBehindTheLastRequestAreDroppedAndLingered() throws {
        var state = ConnectionState()
        state.receive("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + Self.second)
        _ = try state.expectRequest()
        state.answer()
        #expect(state.phase == .closed)
        #expect(state.next() == nil)
        #expect(state.needsLingeringClose)
        #expect(state.bufferedBytes == 0)
    }

    @Test func responseMayClose() throws {
        var state = ConnectionState()
        state.receive(Self.get)
        _ = try state.expectRequest()
        #expect(!state.willRespond(with: Response(.ok, closesConnection: true)).keepAlive)
        state.responseFinished()
        #expect(state.phase == .closed)
    }

    @Test func drainEndsIdleConnectionsAtOnceAndOthersAfterTheirAnswer() throws {
        var idle = ConnectionState()
        idle.drainBegan()
        #expect(idle.phase == .closed)

        var reading = ConnectionState()
        reading.receive("GET / HTTP/1.1\r\n")
        reading.drainBegan()
        reading.receive("Host: h\r\n\r\n")
        _ = try reading.expectRequest()
        #expect(!reading.willRespond(with: Response(.ok)).keepAlive)
        reading.responseFinished()
        #expect(reading.phase == .closed)
    }

    /// The client of an idle connection is told with the answer to a request that may be on its way already.
    @Test func idleConnectionHasOneMoreAnswer() throws {
        var idle = ConnectionState()
        idle.endKeepAlive()
        #expect(idle.phase == .idle)
        idle.receive(Self.get)
        _ = try idle.expectRequest()
        #expect(!idle.willRespond(with: Response(.ok)).keepAlive)
        idle.responseFinished()
        #expect(idle.phase == .closed)
    }

    // MARK: Streams

    @Test func streamIsChunked() throws {
        var state = ConnectionState()
        state.receive(Self.get)
        _ = try state.expectRequest()
        let framing = state.willRespond(with: Response(.ok, body: .stream))
        #expect(framing.transfer == .chunked)
        #expect(framing.isStreaming)
        #expect(framing.keepAlive)
        #expect(state.phase == .streaming)
        #expect(state.bufferedBytes == 0)
        state.receive(Self.second)
        #expect(state.next() == nil)
        state.responseFinished()
        #expect(try state.expectRequest().target == "/b")
    }

    @Test func streamTo10EndsWithTheConnection() throws {
        var state = ConnectionState()
        state.receive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        _ = try state.expectRequest()
        let framing = state.willRespond(with: Response(.ok, body: .stream))
        #expect(framing.transfer == .untilClose)
        #expect(!framing.keepAlive)
        state.responseFinished()
        #expect(state.phase == .closed)
    }

    @Test func headOfAStreamIsFinishedAtOnce() throws {
        var state = ConnectionState()
        state.receive("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try state.expectRequest()
        let framing = state.willRespond(with: Response(.ok, body: .stream))
        #expect(framing.isHead)
        #expect(!framing.isStreaming)
        #expect(framing.keepAlive)
        #expect(state.phase == .responding)
    }

    // MARK: Expect: 100-continue

    @Test(arguments: ["Content-Length: 2", "Transfer-Encoding: chunked"])
    func continueIsSentOnce(length: String) {
        var state = ConnectionState()
        state.receive(Self.expecting(length))
        guard case .sendContinue? = state.next() else {
            Issue.record("no sendContinue")
            return
        }
        #expect(state.next() == nil)
        #expect(state.phase == .readingBody)
    }

    @Test func continueIsNotSentWhenTheBodyHasBegun() throws {
        var state = ConnectionState()
        state.receive(Self.expecting("Content-Length: 2") + "a")
        #expect(state.next() == nil)
        state.receive("b")
        #expect(try state.expectRequest().body == Array("ab".utf8))
    }

    @Test(arguments: [expecting("Content-Length: 0"), expecting("A: b")])
    func continueIsNotSentWithoutABody(text: String) throws {
        var state = ConnectionState()
        state.receive(text)
        _ = try state.expectRequest()
    }

    @Test func continueIsNotSentTo10() {
        var state = ConnectionState()
        state.receive("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(state.next() == nil)
    }

    @Test func bodyThatIsTooLargeIsRefusedBeforeContinue() throws {
        var state = ConnectionState()
        state.receive(Self.expecting("Content-Length: 104857601"))
        #expect(try state.expectFailure() == .bodyTooLarge)
    }
}
