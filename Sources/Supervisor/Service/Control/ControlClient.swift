import EventLoop

/// One request to a server over its control socket. Waits, never without a deadline.
struct ControlClient {
    /// Why there is no answer; texts for people.
    struct Failure: Error {
        let text: String
        /// The time was over; what was asked for may still happen.
        var isTimeout = false
    }

    struct Answer {
        let status: Int
        let body: [UInt8]
    }

    /// How long (nanoseconds) connecting may take: a server that lives accepts at once.
    private static let connectPatience: UInt64 = 5_000_000_000
    /// Nanoseconds of silence after which a feed counts as lost: four heartbeats.
    static let feedSilence = 4 * Server.feedHeartbeat
    /// More than any answer but a feed has.
    private static let bodyLimit = 256 << 20

    private let path: String
    private let socket: PatientSocket
    private var parser = AnswerParser()

    init(path: String) throws(Failure) {
        self.path = path
        do throws(SystemError) {
            socket = try PatientSocket(to: .unix(path: path), patience: ControlClient.connectPatience)
        } catch {
            throw Failure(text: "no server answers at \(path): \(error.reason)")
        }
    }

    /// Asks, and answers with the whole response.
    mutating func ask(
        _ method: String, _ target: String, body: [UInt8] = [], patience: Nanoseconds
    ) throws(Failure) -> Answer {
        let deadline = MonotonicTime.now().advanced(by: patience)
        try send(method, target, body, until: deadline)
        var status = 0
        var whole: [UInt8] = []
        while let part = try nextPart(until: deadline) {
            switch part {
            case .head(let head): status = head.status
            case .body(let bytes):
                whole += bytes
                guard whole.count <= ControlClient.bodyLimit else { throw Failure(text: "the answer is too large") }
            case .end: return Answer(status: status, body: whole)
            }
        }
        guard parser.isWholeAtEnd() else { throw lost }
        return Answer(status: status, body: whole)
    }

    /// Asks, and passes on the events of the feed as they come, until it ends in order.
    mutating func follow(_ target: String, _ receive: (FeedEvent) -> Void) throws(Failure) -> Answer? {
        try send("GET", target, [], until: MonotonicTime.now().advanced(by: ControlClient.connectPatience))
        var events = FeedEventParser()
        var refusal: (status: Int, body: [UInt8])?
        while let part = try nextPart(until: MonotonicTime.now().advanced(by: ControlClient.feedSilence)) {
            switch part {
            case .head(let head): if head.status != 200 { refusal = (head.status, []) }
            case .body(let bytes):
                if refusal == nil {
                    events.receive(bytes).forEach(receive)
                } else {
                    refusal?.body += bytes
                }
            case .end: return refusal.map { Answer(status: $0.status, body: $0.body) }
            }
        }
        throw lost
    }

    private var lost: Failure { Failure(text: "the server at \(path) has ended the connection") }

    private func send(
        _ method: String, _ target: String, _ body: [UInt8], until deadline: MonotonicTime
    ) throws(Failure) {
        var text = "\(method) \(target) HTTP/1.1\r\nhost: supervisor\r\nconnection: close\r\n"
        if !body.isEmpty { text += "content-type: application/json\r\ncontent-length: \(body.count)\r\n" }
        do throws(SystemError) {
            try socket.send(Array((text + "\r\n").utf8) + body, until: deadline)
        } catch {
            throw failure(error)
        }
    }

    private mutating func nextPart(until deadline: MonotonicTime) throws(Failure) -> AnswerParser.Part? {
        while true {
            do throws(AnswerParser.Malformed) {
                if let part = try parser.next() { return part }
            } catch {
                throw Failure(text: "what answers at \(path) is no supervisor")
            }
            let bytes: [UInt8]?
            do throws(SystemError) {
                bytes = try socket.receive(until: deadline)
            } catch {
                throw failure(error)
            }
            guard let bytes else { return nil }
            parser.receive(bytes)
        }
    }

    private func failure(_ error: SystemError) -> Failure {
        if error.isTimeout { return Failure(text: "the server at \(path) did not answer in time", isTimeout: true) }
        return Failure(text: "the connection to \(path) failed: \(error.reason)")
    }
}
