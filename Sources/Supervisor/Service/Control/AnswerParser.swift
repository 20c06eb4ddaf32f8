/// The server's answer to one request, as it arrives: the head, then the body in pieces. Understands what this server
/// sends: a length, chunks, or a body up to the end of the connection.
package struct AnswerParser {
    package struct Head: Equatable {
        package let status: Int
        /// Names in lower case.
        package let fields: [(name: String, value: String)]

        package subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

        package static func == (left: Head, right: Head) -> Bool {
            left.status == right.status && left.fields.map(\.name) == right.fields.map(\.name)
                && left.fields.map(\.value) == right.fields.map(\.value)
        }
    }

    package enum Part: Equatable {
        case head(Head)
        case body([UInt8])
        /// The answer is whole.
        case end
    }

    package struct Malformed: Error, Equatable {}

    private enum State {
        case head
        case counted(Int)
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailer
        case untilEnd
        case done
    }

    private var state = State.head
    private var input: [UInt8] = []

    package init() {}

    package mutating func receive(_ bytes: [UInt8]) {
        input += bytes
    }

    /// The next part; nil: more bytes are needed.
    package mutating func next() throws(Malformed) -> Part? {
        while true {
            switch state {
            case .head: return try head()
            case .counted(0):
                state = .done
                return .end
            case .counted(let left):
                guard let piece = take(atMost: left) else { return nil }
                state = .counted(left - piece.count)
                return .body(piece)
            case .untilEnd: return take(atMost: .max).map { .body($0) }
            case .chunk(0): state = .chunkEnd
            case .chunk(let left):
                guard let piece = take(atMost: left) else { return nil }
                state = .chunk(left - piece.count)
                return .body(piece)
            case .chunkSize:
                guard let line = takeLine() else { return nil }
                guard let size = Int(line.prefix { $0 != ";" }, radix: 16), size >= 0 else { throw Malformed() }
                state = size == 0 ? .trailer : .chunk(size)
            case .chunkEnd:
                guard let line = takeLine() else { return nil }
                guard line.isEmpty else { throw Malformed() }
                state = .chunkSize
            case .trailer:
                guard let line = takeLine() else { return nil }
                guard line.isEmpty else { continue }
                state = .done
                return .end
            case .done: return nil
            }
        }
    }

    /// The connection has ended. Answers whether the answer was whole.
    package func isWholeAtEnd() -> Bool {
        switch state {
        case .done, .untilEnd: true
        default: false
        }
    }

    private mutating func head() throws(Malformed) -> Part? {
        guard let end = AnswerParser.endOfHead(input) else { return nil }
        let lines = String(decoding: input[..<end], as: UTF8.self).split(separator: "\r\n")
        input.removeFirst(end + 4)
        let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else { throw Malformed() }
        var fields: [(name: String, value: String)] = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw Malformed() }
            fields.append((line[..<colon].lowercased(), String(line[line.index(after: colon)...].drop { $0 == " " })))
        }
        let head = Head(status: status, fields: fields)
        if status == 204 || status == 304 {
            state = .counted(0)
        } else if head["transfer-encoding"] == "chunked" {
            state = .chunkSize
        } else if let length = head["content-length"] {
            guard let count = Int(length), count >= 0 else { throw Malformed() }
            state = .counted(count)
        } else {
            state = .untilEnd
        }
        return .head(head)
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first { bytes[$0..<($0 + 4)].elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]) }
    }

    private mutating func take(atMost count: Int) -> [UInt8]? {
        guard !input.isEmpty else { return nil }
        let piece = Array(input.prefix(count))
        input.removeFirst(piece.count)
        return piece
    }

    private mutating func takeLine() -> String? {
        guard let end = input.firstIndex(of: 0x0A) else { return nil }
        let line = input[..<end].last == 0x0D ? input[..<(end - 1)] : input[..<end]
        defer { input.removeFirst(end + 1) }
        return String(decoding: line, as: UTF8.self)
    }
}
