import EventLoop
import Glibc
import WireProtocol

/// A web server by hand, for what the product sends: a test takes the requests one by one and answers when it likes.
final class Receiver {
    /// `http://127.0.0.1:PORT`.
    let origin: String
    private let listening: FileDescriptor
    private var connections: [ReceiverConnection] = []
    /// In the order in which they came.
    private(set) var requests: [ReceivedRequest] = []

    init() throws {
        let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw Failure("socket: \(String(cString: strerror(errno)))") }
        listening = FileDescriptor(adopting: raw)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(raw, generic, length) == 0 && listen(raw, 64) == 0 && getsockname(raw, generic, &length) == 0
            }
        }
        guard result else { throw Failure("cannot listen: \(String(cString: strerror(errno)))") }
        origin = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    }

    /// Waits for the next whole request.
    @discardableResult
    func next(_ what: String, _ deadline: Deadline = Deadline()) throws -> ReceivedRequest {
        while true {
            for connection in connections {
                if let request = try connection.takeRequest() {
                    requests.append(request)
                    return request
                }
            }
            try wait(what, deadline)
        }
    }

    /// The next request, answered at once.
    @discardableResult
    func answerNext(
        _ what: String, status: Int = 200, headers: [(name: String, value: String)] = []
    ) throws -> ReceivedRequest {
        let request = try next(what)
        try request.answer(status: status, headers: headers)
        return request
    }

    /// Waits until whoever has sent something is gone.
    func waitForSendersToLeave(_ deadline: Deadline = Deadline()) throws {
        while !connections.isEmpty { try wait("the sender leaves", deadline) }
    }

    /// Waits until a socket has something, and reads it.
    private func wait(_ what: String, _ deadline: Deadline) throws {
        var entries = [pollfd(fd: listening.raw, events: Int16(POLLIN), revents: 0)]
        entries += connections.map { pollfd(fd: $0.raw, events: Int16(POLLIN), revents: 0) }
        // Short, so that the deadline is looked at.
        let count = poll(&entries, nfds_t(entries.count), 100)
        if count <= 0 {
            if deadline.isOver { throw Failure("timed out: \(what)") }
            return
        }
        for (connection, entry) in zip(connections, entries.dropFirst()) where entry.revents != 0 { connection.read() }
        connections.removeAll { $0.isAtEnd }
        if entries[0].revents != 0 {
            let raw = accept(listening.raw, nil, nil)
            if raw >= 0 { connections.append(ReceiverConnection(FileDescriptor(adopting: raw))) }
        }
    }
}

/// One connection of a receiver.
final class ReceiverConnection {
    private let descriptor: FileDescriptor
    private var input: [UInt8] = []
    private(set) var isAtEnd = false

    init(_ descriptor: consuming FileDescriptor) {
        _ = fcntl(descriptor.raw, F_SETFD, FD_CLOEXEC)
        self.descriptor = descriptor
    }

    var raw: Int32 { descriptor.raw }

    func read() {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            let count = recv(raw, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 { input += buffer[..<count] } else if count == 0 || errno != EAGAIN { isAtEnd = true }
        }
    }

    func write(_ bytes: [UInt8]) throws {
        // Answers are short; a socket's buffer takes them.
        guard send(raw, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure("the sender does not take an answer")
        }
    }

    /// Takes a whole request off what has arrived.
    func takeRequest() throws -> ReceivedRequest? {
        guard let end = Self.headEnd(input) else { return nil }
        let lines = String(decoding: input[..<end], as: UTF8.self).split(separator: "\r\n")
        let words = lines[0].split(separator: " ").map(String.init)
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw Failure("no header: \(line)") }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        guard words.count == 3, headers["transfer-encoding"] == nil else { throw Failure("not expected: \(lines)") }
        if headers["expect"] != nil { try write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        guard input.count >= end + 4 + length else { return nil }
        let body = Array(input[(end + 4)..<(end + 4 + length)])
        input.removeFirst(end + 4 + length)
        return ReceivedRequest(method: words[0], target: words[1], headers: headers, body: body, connection: self)
    }

    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first { bytes[$0..<($0 + 4)].elementsEqual([13, 10, 13, 10]) }
    }
}

/// What a receiver got.
struct ReceivedRequest {
    let method: String
    let target: String
    /// Names in lower case.
    let headers: [String: String]
    let body: [UInt8]
    fileprivate let connection: ReceiverConnection

    var json: JSONValue? { try? JSONValue.parse(body) }
    var status: String? { json?["status"]?.stringValue }
    var outputCount: Int { json?["output"]?.arrayValue?.count ?? 0 }

    func answer(status: Int = 200, headers: [(name: String, value: String)] = []) throws {
        var text = "HTTP/1.1 \(status) Any\r\ncontent-length: 0\r\n"
        for header in headers { text += "\(header.name): \(header.value)\r\n" }
        try connection.write(Array((text + "\r\n").utf8))
    }
}
