import SSE
import WireProtocol

/// A member of a payload that the flat form of the typed profile needs for itself.
struct ReservedKey: Error, Equatable {
    let name: String
}

/// The events of `POST /{name}/stream`: unnamed, each an object with `type` and `done`. Zero or more of `chunk` and `log`,
/// then exactly one `result` or `error` with `done` true.
enum TypedProfile {
    /// What the envelope uses; a payload never stands beside these, except in the flat form.
    private static let reserved: Set<String> = ["type", "done", "seq", "prediction_id"]

    static func chunkTemplate(_ epoch: Epoch) -> EventTemplate {
        EventTemplate(
            head: "id: \(epoch.text)-", middle: "\ndata: {\"type\":\"chunk\",\"done\":false,\"data\":",
            tail: ",\"seq\":",
            end: "}\n\n")
    }

    static func log(_ escaped: [UInt8], _ source: LogSource, sequence: UInt64) -> [UInt8] {
        var data = envelope("log", done: false, sequence: sequence)
        JSONWriter.beginMember("data", in: &data)
        data.append(UInt8(ascii: "\""))
        data.append(contentsOf: escaped)
        data.append(UInt8(ascii: "\""))
        JSONWriter.appendMember("source", source.label, to: &data)
        JSONWriter.closeObject(in: &data)
        return data
    }

    static func terminal(id: PredictionID, outcome: Outcome, snapshot: [UInt8], sequence: UInt64) -> [UInt8] {
        switch outcome {
        case .succeeded:
            var data = envelope("result", done: true, sequence: sequence)
            JSONWriter.appendMember("prediction_id", id.text, to: &data)
            JSONWriter.beginMember("output", in: &data)
            data.append(contentsOf: output(of: snapshot))
            JSONWriter.closeObject(in: &data)
            return data
        case .failed(let failure):
            return error(
                code: failure.code.rawValue, message: failure.message, retryable: failure.isRetryable,
                kind: failure.kind, sequence: sequence)
        case .canceled:
            return error(code: "canceled", message: "the prediction was canceled", retryable: false, sequence: sequence)
        }
    }

    /// - Parameter kind: the class of the error in the worker's language, where it is known.
    static func error(
        code: String, message: String, retryable: Bool, kind: String? = nil, sequence: UInt64?
    ) -> [UInt8] {
        var data = envelope("error", done: true, sequence: sequence)
        JSONWriter.beginMember("error", in: &data)
        JSONWriter.openObject(in: &data)
        JSONWriter.appendMember("code", code, to: &data)
        if let kind { JSONWriter.appendMember("kind", kind, to: &data) }
        JSONWriter.appendMember("message", message, to: &data)
        JSONWriter.appendMember("retryable", retryable, to: &data)
        JSONWriter.closeObject(in: &data)
        JSONWriter.closeObject(in: &data)
        return data
    }

    /// The whole event that ends the stream of a reader that could not keep up.
    static func laggedEvent(skipped: UInt64) -> [UInt8] {
        let data = error(
            code: "lagged", message: "the reader was too slow; \(skipped) events were dropped", retryable: true,
            sequence: nil)
        return EventEncoder.encode(name: nil, id: nil, data: data)
    }

    // MARK: The flat form

    /// An object's members stand beside `type` and `done`; any other value under `data`.
    static func flatChunk(_ chunk: [UInt8], sequence: UInt64) -> Result<[UInt8], ReservedKey> {
        flat("progress", done: false, key: "data", payload: chunk, sequence: sequence)
    }

    static func flatTerminal(
        id: PredictionID, outcome: Outcome, snapshot: [UInt8], sequence: UInt64
    ) -> Result<[UInt8], ReservedKey> {
        guard outcome == .succeeded else {
            return .success(terminal(id: id, outcome: outcome, snapshot: snapshot, sequence: sequence))
        }
        return flat("result", done: true, key: "output", payload: output(of: snapshot), sequence: sequence)
    }

    private static func flat(
        _ type: String, done: Bool, key: String, payload: [UInt8], sequence: UInt64
    ) -> Result<[UInt8], ReservedKey> {
        var data = envelope(type, done: done, sequence: sequence)
        let members = payload.withUnsafeBytes { try? JSONScanner.members(of: $0) }
        guard let members else {
            JSONWriter.beginMember(key, in: &data)
            data.append(contentsOf: payload)
            JSONWriter.closeObject(in: &data)
            return .success(data)
        }
        for member in members {
            if reserved.contains(member.key) { return .failure(ReservedKey(name: member.key)) }
            JSONWriter.beginMember(member.key, in: &data)
            data.append(contentsOf: payload[member.value])
        }
        JSONWriter.closeObject(in: &data)
        return .success(data)
    }

    // MARK: Pieces

    private static func envelope(_ type: String, done: Bool, sequence: UInt64?) -> [UInt8] {
        var data: [UInt8] = []
        JSONWriter.openObject(in: &data)
        JSONWriter.appendMember("type", type, to: &data)
        JSONWriter.appendMember("done", done, to: &data)
        if let sequence { JSONWriter.appendMember("seq", sequence, to: &data) }
        return data
    }

    private static func output(of snapshot: [UInt8]) -> [UInt8] {
        let range = snapshot.withUnsafeBytes { bytes in
            (try? JSONScanner.members(of: bytes))?.first { $0.key == "output" }?.value
        }
        return range.map { Array(snapshot[$0]) } ?? Array("null".utf8)
    }
}
