/// Ends a text before the first of several stop texts, although it comes token by token: what could be the beginning of
/// a stop text is held back until it is clear that it is none.
public struct StopFilter {
    private let stops: [String]
    private var held = ""
    /// A stop text was found; nothing more comes.
    public private(set) var isStopped = false

    /// A filter that ends before the first of these texts; empty ones do not count.
    public init(_ stops: [String]) {
        self.stops = stops.filter { !$0.isEmpty }
    }

    /// Takes a token; answers what may be shown now, if anything.
    public mutating func receive(_ token: String) -> String? {
        guard !isStopped else { return nil }
        guard !stops.isEmpty else { return token }
        held += token
        var end: String.Index?
        for stop in stops {
            if let place = Self.firstPlace(of: stop, in: held), end.map({ place < $0 }) ?? true { end = place }
        }
        if let end {
            isStopped = true
            return take(upTo: end)
        }
        return take(upTo: safeEnd)
    }

    /// The text has ended by itself: what was held back is part of it.
    public mutating func finish() -> String? {
        isStopped ? nil : take(upTo: held.endIndex)
    }

    /// Behind this place a stop text may have begun.
    private var safeEnd: String.Index {
        var place = held.startIndex
        while place < held.endIndex {
            if stops.contains(where: { $0.hasPrefix(held[place...]) }) { return place }
            place = held.index(after: place)
        }
        return held.endIndex
    }

    private mutating func take(upTo end: String.Index) -> String? {
        let shown = String(held[..<end])
        held = String(held[end...])
        return shown.isEmpty ? nil : shown
    }

    private static func firstPlace(of stop: String, in text: String) -> String.Index? {
        var place = text.startIndex
        while place < text.endIndex {
            if text[place...].hasPrefix(stop) { return place }
            place = text.index(after: place)
        }
        return nil
    }
}
