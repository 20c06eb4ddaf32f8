import WireProtocol

/// What a run has recorded, as a tree: `a.b` is the member `b` of the object `a`.
///
/// Values are kept as the bytes that the worker sent. Only `increment` reads them, and what it cannot add it leaves.
struct MetricTable {
    indirect enum Node {
        case value(RawJSON)
        /// The elements of a list, comma-separated, without the brackets.
        case list([UInt8])
        case object([String: Node])
    }

    /// Bounds the elements of all appended lists together.
    let appendLimit: Int
    private var root: [String: Node] = [:]
    private var appendedBytes = 0
    private(set) var isTruncated = false

    init(appendLimit: Int) {
        self.appendLimit = appendLimit
    }

    var isEmpty: Bool { root.isEmpty }

    /// Answers whether this was the value that met the cap for lists.
    mutating func record(_ metric: Metric) -> Bool {
        let path = metric.name.split(separator: ".", omittingEmptySubsequences: false)
        let before = isTruncated
        var allowance = isTruncated ? -1 : appendLimit - appendedBytes
        let used = MetricTable.apply(metric, at: path[...], in: &root, allowance: &allowance)
        appendedBytes += used
        if allowance < 0 { isTruncated = true }
        return isTruncated && !before
    }

    /// Applies the metric below `members`; answers how many bytes lists grew by. `allowance` becomes negative when a
    /// list could not grow any more.
    private static func apply(
        _ metric: Metric, at path: ArraySlice<Substring>, in members: inout [String: Node], allowance: inout Int
    ) -> Int {
        guard let first = path.first else { return 0 }
        let key = String(first)
        if path.count > 1 {
            var inner: [String: Node] = [:]
            if case .object(let existing) = members[key] { inner = existing }
            members[key] = nil
            let used = apply(metric, at: path.dropFirst(), in: &inner, allowance: &allowance)
            members[key] = inner.isEmpty ? nil : .object(inner)
            return used
        }
        switch metric.mode {
        case .replace:
            members[key] = metric.value == .null ? nil : .value(metric.value)
            return 0
        case .increment:
            members[key] = sum(members[key], metric.value)
            return 0
        case .append:
            return append(metric.value, to: &members[key], allowance: &allowance)
        }
    }

    private static func append(_ value: RawJSON, to node: inout Node?, allowance: inout Int) -> Int {
        let size = value.bytes.count + 1
        guard allowance >= size else {
            allowance = -1
            return 0
        }
        var elements: [UInt8] = []
        switch node {
        case .list(let existing): elements = existing
        // A list that was set as a whole goes on; a scalar becomes the first element.
        case .value(let set) where set.bytes.first == UInt8(ascii: "["):
            elements = Array(set.bytes.dropFirst().dropLast())
        case .value(let set): elements = set.bytes
        case .object, nil: break
        }
        node = nil
        if elements.contains(where: { $0 > 0x20 }) { elements.append(UInt8(ascii: ",")) } else { elements = [] }
        elements.append(contentsOf: value.bytes)
        node = .list(elements)
        return size
    }

    /// Whole numbers stay whole while they fit 64 bits; what is no number is not added.
    private static func sum(_ node: Node?, _ value: RawJSON) -> Node? {
        guard let node else { return Double(text(value)) == nil ? nil : .value(value) }
        guard case .value(let old) = node else { return node }
        if let left = Int64(text(old)), let right = Int64(text(value)) {
            let (total, overflow) = left.addingReportingOverflow(right)
            if !overflow { return .value(number("\(total)")) }
        }
        guard let left = Double(text(old)), let right = Double(text(value)), (left + right).isFinite else {
            return node
        }
        return .value(number("\(left + right)"))
    }

    private static func text(_ value: RawJSON) -> String { String(decoding: value.bytes, as: UTF8.self) }

    /// The description of a finite number is a JSON number.
    private static func number(_ text: String) -> RawJSON {
        RawJSON(unchecked: Array(text.utf8))
    }

    /// Appends the object, its members in alphabetical order. `predictTime` (seconds) is added where given.
    func write(predictTime: Double?, to output: inout [UInt8]) {
        guard !root.isEmpty else {
            // Most predictions have this one metric, or none.
            JSONWriter.openObject(in: &output)
            if let predictTime {
                output.append(contentsOf: "\"predict_time\":".utf8)
                output.append(contentsOf: "\(predictTime)".utf8)
            }
            return JSONWriter.closeObject(in: &output)
        }
        var members = root
        if let predictTime { members["predict_time"] = .value(MetricTable.number("\(predictTime)")) }
        MetricTable.write(members, to: &output)
    }

    private static func write(_ members: [String: Node], to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        for key in members.keys.sorted() {
            JSONWriter.beginMember(key, in: &output)
            switch members[key] {
            case .value(let raw): output.append(contentsOf: raw.bytes)
            case .list(let elements):
                JSONWriter.openArray(in: &output)
                output.append(contentsOf: elements)
                JSONWriter.closeArray(in: &output)
            case .object(let inner): write(inner, to: &output)
            case nil: break
            }
        }
        JSONWriter.closeObject(in: &output)
    }
}
