/// What the worker says first: which version it speaks and what it can do.
public struct WorkerHello: Equatable, Sendable {
    /// The highest version it speaks.
    public var version: ProtocolVersion
    /// Name and version of the worker library, for logs: `echo/1.0`.
    public var worker: String
    /// What it can do beyond the version's duties; see ``Capability``.
    public var capabilities: [String]

    /// A hello of this version.
    public init(version: ProtocolVersion = .current, worker: String, capabilities: [String] = []) {
        self.version = version
        self.worker = worker
        self.capabilities = capabilities
    }
}

extension WorkerHello {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        self.init(
            version: try ProtocolVersion(try reader.object("protocol")),
            worker: try reader.string("worker"),
            capabilities: try reader.strings("capabilities"))
    }

    func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        version.appendMember(to: &output)
        JSONWriter.appendMember("worker", worker, to: &output)
        Capability.appendMember(capabilities, to: &output)
        JSONWriter.closeObject(in: &output)
    }
}
