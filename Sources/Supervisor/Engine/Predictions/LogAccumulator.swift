/// The text that a run has logged, kept as the inside of a JSON string, so that pieces can be joined without decoding
/// them. Bounded: at the cap one notice is appended and the rest is counted only.
struct LogAccumulator {
    let limit: Int
    private(set) var escaped: [UInt8] = []
    private(set) var isTruncated = false

    init(limit: Int) {
        self.limit = limit
    }

    /// Appends text that is already escaped. Answers whether this was the piece that met the cap.
    mutating func append(_ piece: some Collection<UInt8>) -> Bool {
        guard !isTruncated else { return false }
        if escaped.count + piece.count <= limit {
            escaped.append(contentsOf: piece)
            return false
        }
        isTruncated = true
        escaped.append(contentsOf: #"[logs truncated at \#(limit) bytes; the stream of log events goes on]\n"#.utf8)
        return true
    }

    mutating func removeAll() {
        escaped = []
    }
}
