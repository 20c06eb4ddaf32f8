import EventLoop
import Glibc
import Testing

/// What a client may send that it should not, each with its answer, while the server goes on serving others.
struct HostileClientTests {
    /// Bytes on the wire and the status that they get.
    private static let refused: [(String, String, Int)] = [
        ("no request line", "hello\r\n\r\n", 400),
        ("HTTP/0.9", "GET /\r\n\r\n", 400),
        ("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\r\n\r\n", 400),
        ("CONNECT", "CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n", 501),
        ("long method", String(repeating: "A", count: 40) + " / HTTP/1.1\r\nhost: t\r\n\r\n", 501),
        ("long target", "GET /" + String(repeating: "a", count: 17_000) + " HTTP/1.1\r\nhost: t\r\n\r\n", 414),
        ("long header", "GET / HTTP/1.1\r\nhost: t\r\na: " + String(repeating: "a", count: 17_000) + "\r\n\r\n", 431),
        ("many headers", "GET / HTTP/1.1\r\nhost: t\r\n" + String(repeating: "a: b\r\n", count: 130) + "\r\n", 431),
        (
            "large head",
            "GET / HTTP/1.1\r\nhost: t\r\n"
                + String(repeating: "a: " + String(repeating: "b", count: 8_000) + "\r\n", count: 9) + "\r\n", 431
        ),
        ("no host", "GET / HTTP/1.1\r\n\r\n", 400),
        ("two hosts", "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400),
        ("obs-fold", "GET / HTTP/1.1\r\nhost: t\r\na: b\r\n c\r\n\r\n", 400),
        ("blank before colon", "GET / HTTP/1.1\r\nhost: t\r\na : b\r\n\r\n", 400),
        ("bare line feed", "GET / HTTP/1.1\nhost: t\n\n", 400),
        ("bare carriage return", "GET / HTTP/1.1\r\nhost: t\r\na: b\rc\r\n\r\n", 400),
        ("NUL", "GET / HTTP/1.1\r\nhost: t\r\na: \0\r\n\r\n", 400),
        ("two lengths", post("content-length: 2\r\ncontent-length: 2", "{}"), 400),
        ("conflicting lengths", post("content-length: 2\r\ncontent-length: 3", "{}"), 400),
        ("list of lengths", post("content-length: 2, 2", "{}"), 400),
        ("signed length", post("content-length: +2", "{}"), 400),
        ("length in hex", post("content-length: 0x2", "{}"), 400),
        ("length that overflows", post("content-length: 18446744073709551618", "{}"), 400),
        ("length and chunks", post("content-length: 2\r\ntransfer-encoding: chunked", "0\r\n\r\n"), 400),
        ("chunks and length", post("transfer-encoding: chunked\r\ncontent-length: 2", "0\r\n\r\n"), 400),
        ("another coding", post("transfer-encoding: gzip, chunked", "0\r\n\r\n"), 501),
        ("chunked twice", post("transfer-encoding: chunked, chunked", "0\r\n\r\n"), 501),
        ("chunked in disguise", post("transfer-encoding: xchunked", "0\r\n\r\n"), 501),
        ("chunk size that is no number", post("transfer-encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n"), 400),
        ("chunk size with a sign", post("transfer-encoding: chunked", "+2\r\n{}\r\n0\r\n\r\n"), 400),
        ("chunk size that overflows", post("transfer-encoding: chunked", "10000000000000002\r\n{}\r\n0\r\n\r\n"), 400),
        ("chunk without its line end", post("transfer-encoding: chunked", "2\r\n{}x0\r\n\r\n"), 400),
        ("chunk with a bare line feed", post("transfer-encoding: chunked", "2\n{}\r\n0\r\n\r\n"), 400),
        ("body beyond the limit", post("content-length: 1025", ""), 413),
        ("chunks beyond the limit", post("transfer-encoding: chunked", "401\r\n"), 413),
        ("unknown expectation", post("content-length: 2\r\nexpect: tea", "{}"), 417),
        ("chunks in 1.0", "POST /predictions HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ]

    private static func post(_ headers: String, _ body: String) -> String {
        "POST /predictions HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\n\(headers)\r\n\r\n\(body)"
    }

    /// Each is followed by a request that must not be taken for one: what smuggling lives of.
    @Test func refusesAndCloses() throws {
        let server = try RunningSupervisor(settings: #","limits":{"request_body":1024}"#)
        try server.waitUntilReady()
        let bystander = try server.connect()
        for (name, bytes, status) in Self.refused {
            let client = try server.connect()
            // The server may have refused before all was sent, which is no fault of either.
            try? client.send(bytes + "GET /livez HTTP/1.1\r\nhost: t\r\n\r\n")
            let answer = try client.response()
            #expect(answer.status == status, "\(name): \(answer.text)")
            #expect(answer["connection"] == "close", "\(name)")
            #expect(try client.isClosed(), "\(name): something follows the refusal")
            try bystander.send("GET", "/livez")
            #expect(try bystander.response().status == 200)
        }
    }

    @Test func slowHeadBodyAndSilenceEnd() throws {
        let server = try RunningSupervisor(
            settings: #","http":{"idle_timeout":"1s","head_timeout":"1s","body_timeout":"1s"}"#)
        try server.waitUntilListening()
        let silent = try server.connect()
        let slowHead = try server.connect()
        try slowHead.send("GET / HTTP/1.1\r\nho")
        let slowBody = try server.connect()
        try slowBody.send(
            "POST /predictions HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{")
        let used = try server.connect()
        try used.send("GET", "/livez")
        #expect(try used.response().status == 200)
        #expect(try slowHead.response().status == 408)
        #expect(try slowBody.response().status == 408)
        #expect(try slowHead.isClosed())
        #expect(try slowBody.isClosed())
        #expect(try silent.isClosed())
        #expect(try used.isClosed())
    }

    /// A trickle of header bytes is not progress: the time counts from the first byte.
    @Test func trickleDoesNotExtendTheTime() throws {
        let server = try RunningSupervisor(settings: #","http":{"head_timeout":"1s"}"#)
        try server.waitUntilListening()
        let client = try server.connect()
        let began = MonotonicTime.now()
        try client.send("GET / HTTP/1.1\r\n")
        // Waiting for the answer for a moment is the pause between two bytes.
        while try !Deadline.milliseconds(100).happens(client.raw, POLLIN) {
            guard MonotonicTime.now().since(began) < Deadline.patience else { break }
            try client.send("a: b\r\n")
        }
        #expect(try client.head().status == 408)
    }

    @Test func connectionsBeyondTheCapAreToldAndOthersServed() throws {
        let server = try RunningSupervisor(settings: #","limits":{"connections":4}"#)
        try server.waitUntilReady()
        let inside = try (0..<4).map { _ in try server.connect() }
        for client in inside {
            try client.send("GET", "/livez")
            #expect(try client.response().status == 200)
        }
        let outside = try server.connect()
        let refusal = try outside.response()
        #expect(refusal.status == 503)
        #expect(refusal["retry-after"] != nil)
        #expect(try outside.isClosed())
        try inside[0].send("GET", "/livez")
        #expect(try inside[0].response().status == 200)
        // A place that is given up can be taken; the server sees the end before it sees who comes next.
        try inside[1].send("GET", "/livez", headers: [(name: "connection", value: "close")])
        _ = try inside[1].response()
        #expect(try inside[1].isClosed())
        #expect(try server.request("GET", "/livez").status == 200)
    }

    @Test func clientsThatVanishMidwayLeaveNothing() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let stream =
            "POST /predictions HTTP/1.1\r\nhost: t\r\naccept: text/event-stream\r\n"
            + "content-type: application/json\r\ncontent-length: 38\r\n\r\n"
            + #"{"input":{"do":[["burst",2000,1000]]}}"#
        for cut in [1, 20, stream.utf8.count - 1, stream.utf8.count] {
            for _ in 0..<5 {
                let client = try server.connect()
                try client.send(String(stream.prefix(cut)))
                client.abort()
            }
        }
        // All slots come back.
        let deadline = Deadline()
        while try !server.request("GET", "/readyz").text.contains("\"busy\":0"), !deadline.isOver {}
        #expect(try server.request("GET", "/readyz").text.contains("\"busy\":0"))
        #expect(try server.request("POST", "/predictions", "{}").status == 200)
    }
}
