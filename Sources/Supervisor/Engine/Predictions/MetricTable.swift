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

    /// The bytes that are kept, those of lists apart: one metric that is appended to without end must not keep the others
    /// from being told.
    private struct Account {
        /// For each kind.
        let limit: Int
        var values = 0
        var lists = 0
        /// Something was left out.
        var isTruncated = false

        /// What each name weighs, however long it is.
        static let nameWeight = ProtocolLimits.maximumMetricNameLength

        mutating func refund(_ node: Node?) {
            switch node {
            case nil: break
            case .value(let raw): values -= raw.bytes.count + Account.nameWeight
            case .list(let elements): lists -= elements.count + Account.nameWeight
            case .object(let members): for member in members.values { refund(member) }
            }
        }
    }

    private var root: [String: Node] = [:]
    private var account: Account

    /// - Parameter limit: bytes of the values that were appended, and as well of all others; a name counts as if it were
    ///   of the greatest length.
    init(limit: Int) {
        account = Account(limit: limit)
    }

    var isEmpty: Bool { root.isEmpty }

    /// Answers whether this was the first value that met the cap. What does not fit is left out; what was there stays.
    mutating func record(_ metric: Metric) -> Bool {
        let path = metric.name.split(separator: ".", omittingEmptySubsequences: false)
        let before = account.isTruncated
        MetricTable.apply(metric, at: path[...], in: &root, &account)
        return account.isTruncated && !before
    }

    /// Applies the metric below `members`.
    private static func apply(
        _ metric: Metric, at path: ArraySlice<Substring>, in members: inout [String: Node], _ account: inout Account
    ) {
        guard let first = path.first else { return }
        let key = String(first)
        if path.count > 1 {
            var inner: [String: Node] = [:]
            if case .object(let existing) = members[key] { inner = existing } else { account.refund(members[key]) }
            // Only one of the two may hold the group while it is changed, or it would be copied.
            members[key] = nil
            apply(metric, at: path.dropFirst(), in: &inner, &account)
            members[key] = inner.isEmpty ? nil : .object(inner)
            return
        }
        switch metric.mode {
        case .replace: set(metric.value == .null ? nil : .value(metric.value), at: &members[key], &account)
        case .increment: set(sum(members[key], metric.value), at: &members[key], &account)
        case .append: append(metric.value, to: &members[key], &account)
        }
    }

    /// A value that leads over the cap is not taken; one that is no larger than what it replaces always is.
    private static func set(_ new: Node?, at node: inout Node?, _ account: inout Account) {
        var after = account
        after.refund(node)
        switch new {
        case nil: break
        // An `increment` of what is no number.
        case .list, .object: return
        case .value(let raw):
            after.values += raw.bytes.count + Account.nameWeight
            guard after.values <= max(account.limit, account.values) else {
                account.isTruncated = true
                return
            }
        }
        account = after
        node = new
    }

    private static func append(_ value: RawJSON, to node: inout Node?, _ account: inout Account) {
        var elements: [UInt8] = []
        switch node {
        case .list(let existing): elements = existing
        // A list that was set as a whole goes on; a scalar becomes the first element.
        case .value(let set) where set.bytes.first == UInt8(ascii: "["):
            elements = Array(set.bytes.dropFirst().dropLast())
        case .value(let set): elements = set.bytes
        case .object, nil: break
        }
        if !elements.contains(where: { $0 > 0x20 }) { elements = [] }
        var after = account
        after.refund(node)
        after.lists += elements.count + value.bytes.count + (elements.isEmpty ? 0 : 1) + Account.nameWeight
        guard after.lists <= account.limit else {
            account.isTruncated = true
            return
        }
        account = after
        node = nil
        if !elements.isEmpty { elements.append(UInt8(ascii: ",")) }
        elements.append(contentsOf: value.bytes)
        node = .list(elements)
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
