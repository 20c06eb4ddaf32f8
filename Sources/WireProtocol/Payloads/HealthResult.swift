/// What a worker says about its own health.
public enum HealthResult: Equatable, Sendable {
    /// Nothing is wrong.
    case healthy
    /// Something is, with what to tell people about it.
    case unhealthy(error: String?)
}

extension HealthResult {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        self = try reader.bool("healthy") ? .healthy : .unhealthy(error: try reader.optionalString("error"))
    }

    func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("healthy", self == .healthy, to: &output)
        if case .unhealthy(let error?) = self { JSONWriter.appendMember("error", error, to: &output) }
        JSONWriter.closeObject(in: &output)
    }
}
