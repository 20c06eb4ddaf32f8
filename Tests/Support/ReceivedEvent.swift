/// One event as a client sees it.
package struct ReceivedEvent: Equatable, Sendable {
    /// Empty where the stream does not name it.
    package var name: String
    /// The `id:` of the event's own block; nil where it has none.
    package var id: String?
    package var retry: Int?
    /// The `data:` lines, joined by LF.
    package var data: String

    package init(name: String = "", id: String? = nil, retry: Int? = nil, data: String) {
        self.name = name
        self.id = id
        self.retry = retry
        self.data = data
    }

    /// The number behind the last dash of the id.
    package var sequence: Int? {
        guard let id, let dash = id.lastIndex(of: "-") else { return nil }
        return Int(id[id.index(after: dash)...])
    }
}
