/// The body of a response, freed from its framing, piece by piece as it arrives.
final class BodyReader {
    private enum Framing {
        case length(Int)
        case chunked
        case untilClose
        case done
    }

    let client: Client
    private var framing: Framing
    /// The body ended as its framing says, rather than with the connection.
    private(set) var isComplete = false

    init(_ client: Client, of response: ClientResponse, toHead: Bool = false) {
        self.client = client
        if toHead || response.status < 200 || response.status == 204 || response.status == 304 {
            framing = .length(0)
        } else if response["transfer-encoding"] == "chunked" {
            framing = .chunked
        } else if let length = response["content-length"].flatMap({ Int($0) }) {
            framing = .length(length)
        } else {
            framing = .untilClose
        }
    }

    /// The next piece; nil at the end of the body or of the connection.
    func next(_ deadline: Deadline = Deadline()) throws -> [UInt8]? {
        switch framing {
        case .done: return nil
        case .length(let left): return try counted(left, deadline)
        case .chunked: return try chunk(deadline)
        case .untilClose:
            if client.available.isEmpty, try !client.fill(deadline) {
                framing = .done
                isComplete = true
                return nil
            }
            return take(client.available.count)
        }
    }

    private func counted(_ left: Int, _ deadline: Deadline) throws -> [UInt8]? {
        if left == 0 {
            framing = .done
            isComplete = true
            return nil
        }
        if client.available.isEmpty, try !client.fill(deadline) {
            framing = .done
            return nil
        }
        let piece = take(min(left, client.available.count))
        framing = .length(left - piece.count)
        return piece
    }

    private func chunk(_ deadline: Deadline) throws -> [UInt8]? {
        guard let line = try client.line(deadline) else {
            framing = .done
            return nil
        }
        guard let size = Int(line, radix: 16) else { throw Failure("no chunk size: \(line)") }
        while client.available.count < size + 2 {
            guard try client.fill(deadline) else {
                framing = .done
                return nil
            }
        }
        let piece = take(size)
        guard take(2) == [0x0D, 0x0A] else { throw Failure("no line end behind a chunk") }
        guard size == 0 else { return piece }
        framing = .done
        isComplete = true
        return nil
    }

    private func take(_ count: Int) -> [UInt8] {
        let bytes = Array(client.available.prefix(count))
        client.consume(bytes.count)
        return bytes
    }
}
