/// What the worker is to set up.
public struct Initialization: Equatable, Sendable {
    /// Name of the deployment that the worker serves.
    public var deployment: String
    /// The handler that runs will be for; nil leaves it to the worker's manifest, of which any may be asked for.
    public var handler: String?
    /// Settings for the worker's set-up, an object that only the worker understands.
    public var setup: RawJSON
    /// Milliseconds from one heartbeat to the next; nil or 0: none are wanted. Only where ``Capability/heartbeat`` is
    /// agreed.
    public var heartbeatMilliseconds: UInt32?

    /// A request for set-up.
    public init(
        deployment: String, handler: String? = nil, setup: RawJSON = .emptyObject, heartbeatMilliseconds: UInt32? = nil
    ) {
        self.deployment = deployment
        self.handler = handler
        self.setup = setup
        self.heartbeatMilliseconds = heartbeatMilliseconds
    }
}

extension Initialization {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        self.init(
            deployment: try reader.string("deployment"),
            handler: try reader.optionalString("handler"),
            setup: try reader.optionalObject("setup") ?? .emptyObject,
            heartbeatMilliseconds: try reader.optionalInteger("heartbeat_ms", upTo: UInt64(UInt32.max)).map {
                UInt32($0)
            })
    }

    func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("deployment", deployment, to: &output)
        if let handler {
            JSONWriter.appendMember("handler", handler, to: &output)
        } else {
            JSONWriter.appendMember("handler", RawJSON.null, to: &output)
        }
        JSONWriter.appendMember("setup", setup, to: &output)
        if let heartbeatMilliseconds { JSONWriter.appendMember("heartbeat_ms", heartbeatMilliseconds, to: &output) }
        JSONWriter.closeObject(in: &output)
    }
}
