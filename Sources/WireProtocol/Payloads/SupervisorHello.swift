/// What the supervisor says first: which version it speaks and within which limits.
public struct SupervisorHello: Equatable, Sendable {
    /// The highest version it speaks.
    public var version: ProtocolVersion
    /// Its own version, for logs: `0.1.0`.
    public var supervisor: String
    /// What it can do beyond the version's duties; see ``Capability``.
    public var capabilities: [String]
    /// Bytes of payload that a frame may have in either direction; at least ``ProtocolLimits/minimumPayloadLimit``.
    public var maximumPayloadLength: Int
    /// Bytes of payload above which `predict` and `output` should go by file.
    public var inlinePayloadLength: Int
    /// Absolute path of the directory for spill files and file outputs, without a slash at the end.
    public var spoolDirectory: String

    /// A hello of this version with the default limits.
    public init(
        version: ProtocolVersion = .current, supervisor: String, capabilities: [String] = [Capability.spill],
        maximumPayloadLength: Int = ProtocolLimits.maximumPayloadLength,
        inlinePayloadLength: Int = ProtocolLimits.inlinePayloadLength, spoolDirectory: String
    ) {
        self.version = version
        self.supervisor = supervisor
        self.capabilities = capabilities
        self.maximumPayloadLength = maximumPayloadLength
        self.inlinePayloadLength = inlinePayloadLength
        self.spoolDirectory = spoolDirectory
    }
}

extension SupervisorHello {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        let limits = try reader.object("limits")
        let maximum = try limits.integer("frame", upTo: UInt64(UInt32.max))
        guard maximum >= ProtocolLimits.minimumPayloadLimit else {
            throw limits.error("frame", "must be at least \(ProtocolLimits.minimumPayloadLimit)")
        }
        let spool = try reader.string("spool")
        guard spool.utf8.first == UInt8(ascii: "/") else { throw reader.error("spool", "must be an absolute path") }
        self.init(
            version: try ProtocolVersion(try reader.object("protocol")),
            supervisor: try reader.string("supervisor"),
            capabilities: try reader.strings("capabilities"),
            maximumPayloadLength: Int(maximum),
            inlinePayloadLength: Int(try limits.integer("inline", upTo: UInt64(UInt32.max))),
            spoolDirectory: spool)
    }

    func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        version.appendMember(to: &output)
        JSONWriter.appendMember("supervisor", supervisor, to: &output)
        Capability.appendMember(capabilities, to: &output)
        JSONWriter.beginMember("limits", in: &output)
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("frame", maximumPayloadLength, to: &output)
        JSONWriter.appendMember("inline", inlinePayloadLength, to: &output)
        JSONWriter.closeObject(in: &output)
        JSONWriter.appendMember("spool", spoolDirectory, to: &output)
        JSONWriter.closeObject(in: &output)
    }
}

extension ProtocolVersion {
    /// The largest number that either part of a version may have.
    private static let maximumPart: UInt64 = 65_535

    init(_ reader: PayloadReader) throws(ProtocolError) {
        self.init(
            major: Int(try reader.integer("major", upTo: Self.maximumPart)),
            minor: Int(try reader.integer("minor", upTo: Self.maximumPart)))
    }

    func appendMember(to output: inout [UInt8]) {
        JSONWriter.beginMember("protocol", in: &output)
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("major", major, to: &output)
        JSONWriter.appendMember("minor", minor, to: &output)
        JSONWriter.closeObject(in: &output)
    }
}
