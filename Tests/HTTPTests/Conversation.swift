import HTTP

/// What a connection made of its input, as values that can be compared.
enum Outcome: Equatable, CustomStringConvertible {
    /// Everything a request holds, as text.
    case request(String)
    case failed(HTTPError)

    var description: String {
        switch self {
        case .request(let text): "request \(text)"
        case .failed(let error): "failed \(error.status.code) \(error.message)"
        }
    }
}

/// Drives a `ConnectionState` as an owner does, answering each request at once.
struct Conversation {
    var state: ConnectionState
    var outcomes: [Outcome] = []

    /// How often the client was told to go on; depends on the cuts and is therefore no outcome.
    var continues = 0

    init(limits: HTTPLimits = HTTPLimits()) {
        state = ConnectionState(limits: limits)
    }

    mutating func receive(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { state.receive($0) }
        answerAll()
    }

    mutating func receive(_ text: String) {
        receive(Array(text.utf8)[...])
    }

    mutating func answerAll() {
        while let event = state.next() {
            switch event {
            case .sendContinue:
                continues += 1
            case .request(let request):
                outcomes.append(.request(Self.describe(request)))
                answer(Response(.ok))
            case .failed(let error):
                outcomes.append(.failed(error))
                answer(Response(error))
            }
        }
    }

    private mutating func answer(_ response: Response) {
        _ = state.willRespond(with: response)
        state.responseFinished()
    }

    /// The outcomes of `bytes`, cut before each of the positions.
    static func outcomes(
        of bytes: [UInt8], cutAt cuts: [Int] = [], limits: HTTPLimits = HTTPLimits()
    ) -> [Outcome] {
        var conversation = Conversation(limits: limits)
        var start = 0
        for cut in cuts + [bytes.count] {
            conversation.receive(bytes[start..<cut])
            start = cut
        }
        return conversation.outcomes
    }

    static func describe(_ request: Request) -> String {
        let headers = request.headers.all.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
        return """
            \(request.method.name) \(request.target) path=\(String(decoding: request.path, as: UTF8.self)) \
            query=\(request.query.map { String(decoding: $0, as: UTF8.self) } ?? "nil") \
            authority=\(request.authority ?? "nil") \(request.version) keepAlive=\(request.keepAlive) \
            [\(headers)] body=\(request.body.map { String($0, radix: 16) }.joined(separator: " "))
            """
    }
}
