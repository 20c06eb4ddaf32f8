/// Something that a run reports about itself.
public struct Metric: Equatable, Sendable {
    /// What becomes of an earlier value of the same name.
    public enum Mode: String, Sendable {
        /// The new value takes its place.
        case replace
        /// The new value, a number, is added to it.
        case increment
        /// The new value joins a list.
        case append
    }

    /// What becomes of an earlier value.
    public var mode: Mode
    /// 1–128 bytes; dots make groups: `tokens.per_second`.
    public var name: String
    /// Any value.
    public var value: RawJSON

    /// A metric.
    public init(_ mode: Mode = .replace, name: String, value: RawJSON) {
        self.mode = mode
        self.name = name
        self.value = value
    }
}

extension Metric {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        guard let mode = Mode(rawValue: try reader.string("mode")) else {
            throw reader.error("mode", "must be `replace`, `increment` or `append`")
        }
        self.init(mode, name: try reader.string("name"), value: try reader.raw("value"))
        guard 1...ProtocolLimits.maximumMetricNameLength ~= name.utf8.count else {
            throw reader.error("name", "must have 1 to \(ProtocolLimits.maximumMetricNameLength) bytes")
        }
    }

    func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("mode", mode.rawValue, to: &output)
        JSONWriter.appendMember("name", name, to: &output)
        JSONWriter.appendMember("value", value, to: &output)
        JSONWriter.closeObject(in: &output)
    }
}
