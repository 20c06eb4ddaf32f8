/// Names of what a party can do beyond the version's duties. Unknown names are ignored.
public enum Capability {
    /// Large payloads may go by file, in both directions.
    public static let spill = "spill"

    /// The worker may ask for files of its runs to be uploaded; the supervisor names it only where it knows whereto.
    public static let upload = "upload"

    /// The worker can send heartbeats; the supervisor may say how often.
    public static let heartbeat = "heartbeat"

    /// The worker takes SIGUSR1 as a second, harder cancel.
    public static let interrupt = "interrupt"

    static func appendMember(_ capabilities: [String], to output: inout [UInt8]) {
        JSONWriter.beginMember("capabilities", in: &output)
        JSONWriter.openArray(in: &output)
        for capability in capabilities {
            JSONWriter.beginElement(in: &output)
            JSONWriter.appendString(capability, to: &output)
        }
        JSONWriter.closeArray(in: &output)
    }
}

/// What two hellos add up to; both ends compute the same.
public struct Agreement: Equatable, Sendable {
    /// The version that is spoken from now on.
    public let version: ProtocolVersion
    /// What both can do.
    public let capabilities: Set<String>
    /// Bytes of payload that a frame may have in either direction.
    public let maximumPayloadLength: Int
    /// Bytes of payload above which `predict` and `output` should go by file, where that is agreed.
    public let inlinePayloadLength: Int
    /// Absolute path of the directory for spill files and file outputs.
    public let spoolDirectory: String

    /// Puts the hellos together; throws when there is no common version.
    public init(_ supervisor: SupervisorHello, _ worker: WorkerHello) throws(ProtocolError) {
        guard let version = supervisor.version.common(with: worker.version) else {
            throw ProtocolError(
                .remote, .incompatibleVersion,
                "The supervisor speaks version \(supervisor.version) of the protocol and the worker \(worker.version); "
                    + "the first numbers must be the same.")
        }
        self.version = version
        capabilities = Set(supervisor.capabilities).intersection(worker.capabilities)
        maximumPayloadLength = supervisor.maximumPayloadLength
        inlinePayloadLength = supervisor.inlinePayloadLength
        spoolDirectory = supervisor.spoolDirectory
    }

    /// Whether large payloads may go by file.
    public var allowsSpill: Bool { capabilities.contains(Capability.spill) }

    /// Whether the worker may send `upload`.
    public var allowsUpload: Bool { capabilities.contains(Capability.upload) }

    /// Whether the worker sends heartbeats when it is asked for them.
    public var allowsHeartbeat: Bool { capabilities.contains(Capability.heartbeat) }

    /// Whether SIGUSR1 means a harder cancel to the worker.
    public var allowsInterrupt: Bool { capabilities.contains(Capability.interrupt) }
}
