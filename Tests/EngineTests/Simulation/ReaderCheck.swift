import Engine
import SSE
import TestSupport
import WireProtocol

/// What a reader has got: whole events of one run, each once and in order, what is missing told, the terminal one last.
enum ReaderCheck {
    static func problem(_ client: ScriptedClient, _ request: StreamRequest) -> String? {
        let reader = client.reader
        if !reader.complaints.isEmpty { return "complaints: \(reader.complaints)" }
        if client.hasEnded, client.pending.isEmpty, !reader.tail.isEmpty { return "the end is cut" }
        let epochs = Set(reader.events.compactMap { $0.id?.prefix(6) })
        if epochs.count > 1 { return "events of several runs" }
        return orderProblem(client, reader.events) ?? endProblem(client, reader.events, request)
    }

    private static func orderProblem(_ client: ScriptedClient, _ events: [ReceivedEvent]) -> String? {
        var next: Int?
        if client.opening?.replay == .resumed, let from = client.opening?.replayFrom?.sequence { next = Int(from) + 1 }
        for event in events {
            if let sequence = event.sequence {
                if let next, sequence != next { return "event \(sequence) instead of \(next)" }
                next = sequence + 1
            } else if event.name == "gap" {
                let data = try? JSONValue.parse(event.data)
                guard let from = sequence(data?["missed_from"]), let through = sequence(data?["missed_to"]) else {
                    continue
                }
                if let next, from != next { return "a gap from \(from) instead of \(next)" }
                if through < from { return "an empty gap" }
                next = through + 1
            }
        }
        return nil
    }

    private static func sequence(_ value: JSONValue?) -> Int? {
        guard let text = value?.stringValue, let dash = text.lastIndex(of: "-") else { return nil }
        return Int(text[text.index(after: dash)...])
    }

    private static func endProblem(
        _ client: ScriptedClient, _ events: [ReceivedEvent], _ request: StreamRequest
    ) -> String? {
        let terminals = events.indices.filter { isTerminal(events[$0], request) }
        if terminals.count > 1 { return "several terminal events" }
        if let terminal = terminals.first, terminal != events.count - 1 { return "events after the terminal one" }
        let isComplete = client.hasEnded && client.pending.isEmpty
        if isComplete, terminals.isEmpty, !events.isEmpty || request.resume == .beginning { return "no terminal event" }
        if !terminals.isEmpty, !client.hasEnded, !client.isCut, client.isOpen, client.room == nil {
            return "the stream goes on after its terminal event"
        }
        return nil
    }

    private static func isTerminal(_ event: ReceivedEvent, _ request: StreamRequest) -> Bool {
        if request.profile == .native { return event.name == "completed" || event.name == "error" }
        return (try? JSONValue.parse(event.data))?["done"] == .bool(true)
    }
}
