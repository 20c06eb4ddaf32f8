import WireProtocol

/// What names metrics may have, and that each keeps its type: Cog's rules, so that charts and billing can rely on them.
package struct MetricRules {
    /// Parts of a name, with dots between: four.
    static let maximumParts = 4

    /// Types of values, as far as they must not change.
    enum Kind: String {
        case bool
        case int
        case float
        case string
        case list
        case dict
    }

    private var kinds: [String: Kind] = [:]

    /// Rules for a run that has reported nothing yet.
    package init() {}

    /// Checks a report and remembers the type of its value; `null` forgets it.
    package mutating func check(_ name: String, _ value: RawJSON, _ mode: MetricMode) throws(MetricError) {
        try Self.checkName(name)
        guard let kind = Self.kind(of: value) else {
            guard mode == .replace else {
                throw MetricError(description: "Metric '\(name)' cannot be null unless it is replaced")
            }
            kinds[name] = nil
            return
        }
        if mode == .increment, kind != .int, kind != .float {
            throw MetricError(
                description: "Metric '\(name)': increment mode requires int or float, got \(kind.rawValue)")
        }
        if let earlier = kinds[name], earlier != kind {
            throw MetricError(
                description:
                    "Metric '\(name)' has type \(earlier.rawValue), cannot set to \(kind.rawValue) without removing first"
            )
        }
        kinds[name] = kind
    }

    private static func kind(of value: RawJSON) -> Kind? {
        switch value.bytes.first {
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "["): .list
        case UInt8(ascii: "{"): .dict
        case UInt8(ascii: "n"), nil: nil
        default: value.bytes.contains { ".eE".utf8.contains($0) } ? .float : .int
        }
    }

    /// Checks a name.
    static func checkName(_ name: String) throws(MetricError) {
        guard !name.isEmpty else { throw MetricError(description: "metric name must not be empty") }
        guard name.utf8.count <= ProtocolLimits.maximumMetricNameLength else {
            throw MetricError(
                description: "metric name must be \(ProtocolLimits.maximumMetricNameLength) characters or fewer "
                    + "(got \(name.utf8.count) characters)")
        }
        guard name != "predict_time" else {
            throw MetricError(description: "'predict_time' is reserved by the runtime")
        }
        guard !name.hasPrefix("cog.") else {
            throw MetricError(description: "the 'cog.' prefix is reserved for system metrics")
        }
        let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if parts.first?.isEmpty == true { throw MetricError(description: "metric name must not start with a dot") }
        if parts.last?.isEmpty == true { throw MetricError(description: "metric name must not end with a dot") }
        guard parts.count <= maximumParts else {
            throw MetricError(
                description: "metric name must have at most \(maximumParts) dot-separated segments (got \(parts.count))"
            )
        }
        for part in parts { try checkPart(part) }
    }

    private static func checkPart(_ part: Substring.UTF8View) throws(MetricError) {
        let text = String(Substring(part))
        guard let first = part.first, let last = part.last else {
            throw MetricError(description: "metric name must not contain empty segments (consecutive dots)")
        }
        guard isLetter(first) else {
            throw MetricError(description: "metric name segment '\(text)' must start with a letter")
        }
        for character in text {
            guard let byte = character.asciiValue, isLetter(byte) || isDigit(byte) || byte == underscore else {
                throw MetricError(
                    description: "metric name segment '\(text)' contains invalid character '\(character)'")
            }
        }
        guard !zip(part, part.dropFirst()).contains(where: { $0 == underscore && $1 == underscore }) else {
            throw MetricError(
                description: "metric name segment '\(text)' must not contain consecutive underscores")
        }
        guard last != underscore else {
            throw MetricError(description: "metric name segment '\(text)' must end with a letter or digit")
        }
    }

    private static let underscore = UInt8(ascii: "_")

    private static func isLetter(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }
}
