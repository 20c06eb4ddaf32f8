import HTTP
import Testing

/// How connections end: by a refusal, by the peer, by a deadline.
@Suite struct ConnectionStateEndTests {
    private static let get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
    private static let second = "GET /b HTTP/1.1\r\nHost: h\r\n\r\n"

    // MARK: Refusals

    @Test func afterARefusalInputIsIgnored() throws {
        var state = ConnectionState()
        state.receive("rubbish\r\n")
        state.receive(Self.get)
        #expect(try state.expectFailure() == .malformedRequestLine)
        #expect(state.phase == .failing)
        #expect(!state.wantsMoreInput)
        state.receive(Self.get)
        #expect(state.next() == nil)
        let framing = state.willRespond(with: Response(HTTPError.malformedRequestLine))
        #expect(!framing.keepAlive)
        state.responseFinished()
        #expect(state.phase == .closed)
        #expect(state.needsLingeringClose)
        state.receive(Self.get)
        #expect(state.next() == nil)
        #expect(state.bufferedBytes == 0)
    }

    @Test func refusalOfAPipelinedRequestWaitsForItsTurn() throws {
        var state = ConnectionState()
        state.receive(Self.get + "rubbish\r\n")
        #expect(try state.expectRequest().target == "/a")
        #expect(state.next() == nil)
        #expect(state.willRespond(with: Response(.ok)).keepAlive)
        state.responseFinished()
        #expect(try state.expectFailure() == .malformedRequestLine)
    }

    // MARK: The peer's end

    @Test func endWhileIdle() {
        var state = ConnectionState()
        state.peerClosed()
        #expect(state.phase == .closed)
        #expect(!state.wantsMoreInput)
        #expect(!state.needsLingeringClose)
    }

    @Test(arguments: ["G", "GET / HTTP/1.1\r\nHost: h\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na"])
    func endInTheMiddleOfARequest(text: String) throws {
        var state = ConnectionState()
        state.receive(text)
        state.peerClosed()
        #expect(try state.expectFailure() == .incompleteRequest)
        state.answer()
        #expect(state.phase == .closed)
        #expect(!state.needsLingeringClose, "nothing more can come")
    }

    @Test func endBehindAWholeRequestLetsItBeAnswered() throws {
        var state = ConnectionState()
        state.receive(Self.get)
        state.peerClosed()
        #expect(state.peerHasClosed)
        #expect(state.phase == .responding)
        _ = try state.expectRequest()
        #expect(!state.willRespond(with: Response(.ok)).keepAlive)
        state.responseFinished()
        #expect(state.phase == .closed)
    }

    @Test func endBehindPipelinedRequestsLetsAllBeAnswered() throws {
        var state = ConnectionState()
        state.receive(Self.get + Self.second + "GET")
        state.peerClosed()
        #expect(try state.expectRequest().target == "/a")
        #expect(state.willRespond(with: Response(.ok)).keepAlive)
        state.responseFinished()
        #expect(try state.expectRequest().target == "/b")
        state.answer()
        #expect(try state.expectFailure() == .incompleteRequest)
    }

    @Test func endDuringAStreamIsToldAndDecidesNothing() throws {
        var state = ConnectionState()
        state.receive(Self.get)
        _ = try state.expectRequest()
        let framing = state.willRespond(with: Response(.ok, body: .stream))
        #expect(framing.keepAlive)
        state.peerClosed()
        #expect(state.phase == .streaming)
        #expect(state.peerHasClosed)
        state.responseFinished()
        #expect(state.phase == .closed)
    }

    // MARK: Deadlines

    @Test func idleDeadlineClosesWithoutAWord() {
        var state = ConnectionState()
        state.deadlineReached()
        #expect(state.phase == .closed)
        #expect(state.next() == nil)
    }

    @Test(arguments: ["G", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na"])
    func deadlineInTheMiddleOfARequest(text: String) throws {
        var state = ConnectionState()
        state.receive(text)
        state.deadlineReached()
        let error = try state.expectFailure()
        #expect(error.status == .requestTimeout)
        state.answer()
        #expect(state.phase == .closed)
        #expect(state.needsLingeringClose)
    }

    @Test func deadlineDoesNothingToAnAnswer() throws {
        var state = ConnectionState()
        state.receive(Self.get)
        _ = try state.expectRequest()
        state.deadlineReached()
        #expect(state.phase == .responding)
        state.answer()
        #expect(state.phase == .idle)
    }

    @Test func chunkFramingIsNoProgress() {
        var state = ConnectionState()
        state.receive("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;aaaaaa\r\n")
        #expect(state.bodyBytesReceived == 0)
        state.receive("b\r\n0\r\nA: b\r\n")
        #expect(state.bodyBytesReceived == 1)
    }
}
