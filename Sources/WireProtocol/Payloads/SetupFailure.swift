/// Why a worker's set-up failed.
public struct SetupFailure: Equatable, Sendable {
    /// What went wrong, for people.
    public var message: String
    /// The class of error in the worker's own language: `RuntimeError`.
    public var kind: String?
    /// Where it went wrong, in the worker's own form.
    public var traceback: String?

    /// A failure.
    public init(message: String, kind: String? = nil, traceback: String? = nil) {
        self.message = message
        self.kind = kind
        self.traceback = traceback
    }
}

extension SetupFailure {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        self.init(
            message: try reader.string("message"),
            kind: try reader.optionalString("kind"),
            traceback: try reader.optionalString("traceback"))
    }

    func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("message", message, to: &output)
        if let kind { JSONWriter.appendMember("kind", kind, to: &output) }
        if let traceback { JSONWriter.appendMember("traceback", traceback, to: &output) }
        JSONWriter.closeObject(in: &output)
    }
}
