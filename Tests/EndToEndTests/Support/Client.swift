import EventLoop
import Glibc

/// A client's end of one connection. Blocks, but never without a deadline.
final class Client {
    private let descriptor: FileDescriptor
    private var input: [UInt8] = []
    private var start = 0
    private(set) var isAtEnd = false

    init(_ address: SocketAddress) throws {
        descriptor = try Socket.connect(to: address, patience: Deadline.patience)
    }

    var raw: Int32 { descriptor.raw }

    // MARK: Sending

    func send(_ text: String, _ deadline: Deadline = Deadline()) throws {
        try send(Array(text.utf8), deadline)
    }

    func send(_ bytes: [UInt8], _ deadline: Deadline = Deadline()) throws {
        var sent = 0
        while sent < bytes.count {
            let result = bytes.withUnsafeBytes {
                Glibc.send(raw, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if result > 0 {
                sent += result
            } else if errno == EAGAIN {
                try deadline.wait(for: raw, POLLOUT, "the server reads")
            } else if errno != EINTR {
                throw Failure("send: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Sends a whole request with a length, and `host`.
    func send(
        _ method: String, _ target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) throws {
        var text = "\(method) \(target) HTTP/1.1\r\nhost: test\r\n"
        for header in headers { text += "\(header.name): \(header.value)\r\n" }
        if !body.isEmpty { text += "content-length: \(body.count)\r\n" }
        try send(Array((text + "\r\n").utf8) + body)
    }

    func finishWriting() {
        Socket.finishWriting(raw)
    }

    /// Goes away so that the server's next write meets a reset.
    func abort() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(raw, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        shutdown(raw, Int32(SHUT_RDWR))
    }

    // MARK: Receiving

    /// Bytes that have arrived and nobody has taken.
    var available: ArraySlice<UInt8> { input[start...] }

    func consume(_ count: Int) {
        start += count
        if start == input.count {
            input.removeAll(keepingCapacity: true)
            start = 0
        }
    }

    /// Waits for further bytes; false at the end of the connection.
    func fill(_ deadline: Deadline, _ what: String = "the server answers") throws -> Bool {
        if isAtEnd { return false }
        try deadline.wait(for: raw, POLLIN, what)
        return try withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            switch Transfer.read(raw, into: buffer) {
            case .bytes(let count):
                input += buffer[..<count]
                return true
            case .wouldBlock: return true
            case .closed:
                isAtEnd = true
                return false
            case .failed(let error):
                isAtEnd = true
                if error == ECONNRESET { return false }
                throw Failure("read: \(String(cString: strerror(error)))")
            }
        }
    }

    /// Takes a line without its CRLF; nil at the end of the connection.
    func line(_ deadline: Deadline = Deadline()) throws -> String? {
        var searched = start
        while true {
            if let end = input[searched...].firstIndex(of: 0x0A) {
                let line = String(
                    decoding: input[start..<(end > start && input[end - 1] == 0x0D ? end - 1 : end)], as: UTF8.self)
                consume(end + 1 - start)
                return line
            }
            searched = input.count
            guard try fill(deadline) else { return nil }
            searched = max(min(searched, input.count), start)
        }
    }

    /// Takes everything up to the end of the connection.
    func rest(_ deadline: Deadline = Deadline()) throws -> [UInt8] {
        while try fill(deadline, "the server closes the connection") {}
        defer { consume(available.count) }
        return Array(available)
    }

    /// Whether the server has closed the connection, or does so in time, without a further byte.
    func isClosed(_ deadline: Deadline = Deadline()) throws -> Bool {
        while available.isEmpty, try fill(deadline, "the server closes the connection") {}
        return available.isEmpty
    }

    /// The next whole response, interim ones included.
    func response(toHead: Bool = false, _ deadline: Deadline = Deadline()) throws -> ClientResponse {
        var response = try head(deadline)
        let body = BodyReader(self, of: response, toHead: toHead)
        while let part = try body.next(deadline) { response.body += part }
        return response
    }

    /// The head of the next response.
    func head(_ deadline: Deadline = Deadline()) throws -> ClientResponse {
        guard let first = try line(deadline) else { throw Failure("the connection ended without a response") }
        let words = first.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw Failure("no status line: \(first)")
        }
        var headers: [(name: String, value: String)] = []
        while let line = try line(deadline), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { throw Failure("no header: \(line)") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers.append((line[..<colon].lowercased(), String(value)))
        }
        return ClientResponse(status: status, version: String(words[0]), headers: headers)
    }
}

/// What a server answered.
struct ClientResponse {
    let status: Int
    let version: String
    /// Names in lower case.
    let headers: [(name: String, value: String)]
    var body: [UInt8] = []

    subscript(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    var text: String { String(decoding: body, as: UTF8.self) }
}
