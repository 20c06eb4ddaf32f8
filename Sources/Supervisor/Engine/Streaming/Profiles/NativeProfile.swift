import SSE
import WireProtocol

/// Cog's events: `start`, `output`, `log`, `metric`, `completed`, and what else a reader has to be told. The members of
/// each object stand in alphabetical order, as Cog writes them.
enum NativeProfile {
    static func outputTemplate(_ epoch: Epoch) -> EventTemplate {
        EventTemplate(
            head: "event: output\nid: \(epoch.text)-", middle: "\ndata: {\"chunk\":", tail: ",\"index\":", end: "}\n\n")
    }

    /// The chunk of an `output` event's data, as it was put between the pieces of the template.
    static func chunk(of data: [UInt8]) -> [UInt8] {
        let opening = "{\"chunk\":".utf8.count
        let closing = data.lastIndex(of: UInt8(ascii: ",")) ?? data.count
        return Array(data[opening..<max(opening, closing)])
    }

    static func start(_ id: PredictionID) -> [UInt8] {
        var data: [UInt8] = []
        JSONWriter.openObject(in: &data)
        JSONWriter.appendMember("id", id.text, to: &data)
        JSONWriter.appendMember("status", PredictionStatus.processing.rawValue, to: &data)
        JSONWriter.closeObject(in: &data)
        return data
    }

    private static let logOpening = Array("{\"data\":\"".utf8)
    private static let logMiddle = Array("\",\"source\":\"".utf8)

    static func log(_ escaped: [UInt8], _ source: LogSource) -> [UInt8] {
        var data: [UInt8] = []
        data.reserveCapacity(escaped.count + 32)
        data.append(contentsOf: logOpening)
        data.append(contentsOf: escaped)
        data.append(contentsOf: logMiddle)
        data.append(contentsOf: source.label.utf8)
        data.append(contentsOf: "\"}".utf8)
        return data
    }

    /// The escaped text and the source of a `log` event's data.
    static func text(of data: [UInt8]) -> ([UInt8], LogSource)? {
        for source in [LogSource.standardOutput, .standardError] {
            let closing = logMiddle + Array("\(source.label)\"}".utf8)
            guard data.count >= logOpening.count + closing.count, data.suffix(closing.count).elementsEqual(closing)
            else { continue }
            return (Array(data[logOpening.count..<(data.count - closing.count)]), source)
        }
        return nil
    }

    static func metric(_ metric: Metric) -> [UInt8] {
        var data: [UInt8] = []
        JSONWriter.openObject(in: &data)
        JSONWriter.appendMember("mode", metric.mode.rawValue, to: &data)
        JSONWriter.appendMember("name", metric.name, to: &data)
        JSONWriter.appendMember("value", metric.value, to: &data)
        JSONWriter.closeObject(in: &data)
        return data
    }

    /// The whole event that tells a reader on Cog's routes of its loss; it has no id, since it is not one of the run's.
    static func lossError(replay: Bool, skipped: UInt64) -> [UInt8] {
        var data: [UInt8] = []
        JSONWriter.openObject(in: &data)
        let what = replay ? "replay truncated" : "lagged"
        JSONWriter.appendMember("error", "SSE stream \(what); events were dropped", to: &data)
        JSONWriter.appendMember("skipped", skipped, to: &data)
        JSONWriter.closeObject(in: &data)
        return EventEncoder.encode(name: "error", id: nil, data: data)
    }

    /// The whole event that names the first and the last event that a reader cannot have. Without ids: the client's id
    /// is of no run that is known here, and what follows is all there is.
    static func gap(from: EventID?, through: EventID?) -> [UInt8] {
        var data: [UInt8] = []
        JSONWriter.openObject(in: &data)
        for (key, id) in [("missed_from", from), ("missed_to", through)] {
            JSONWriter.beginMember(key, in: &data)
            if let id {
                JSONWriter.appendString(id.text, to: &data)
            } else {
                data.append(contentsOf: "null".utf8)
            }
        }
        JSONWriter.closeObject(in: &data)
        return EventEncoder.encode(name: "gap", id: nil, data: data)
    }
}
