/// One run to be done.
public struct PredictRequest: Equatable, Sendable {
    /// The prediction's id, for logs and for handlers that want to know it.
    public var id: String
    /// Which of the manifest's handlers is to run.
    public var handler: String
    /// The input, byte for byte as the client sent it.
    public var input: RawJSON
    /// What else the handler may want to know: an object, empty where there is nothing.
    public var context: RawJSON

    /// A request for a run.
    public init(id: String, handler: String, input: RawJSON, context: RawJSON = .emptyObject) {
        self.id = id
        self.handler = handler
        self.input = input
        self.context = context
    }

    /// Reads the bytes of a spilled `predict`: what the frame would have carried.
    ///
    /// - Parameter offset: Where the frame began that named the file, for errors.
    public init(spilled bytes: UnsafeRawBufferPointer, at offset: UInt64?) throws(ProtocolError) {
        try self.init(try PayloadReader(bytes, name: "\(FrameType.predict)", offset: offset))
    }

    /// Appends the payload; for a spilled `predict`, what goes into the file.
    public func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("id", id, to: &output)
        JSONWriter.appendMember("handler", handler, to: &output)
        JSONWriter.appendMember("input", input, to: &output)
        JSONWriter.appendMember("context", context, to: &output)
        JSONWriter.closeObject(in: &output)
    }
}

extension PredictRequest {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        self.init(
            id: try reader.string("id"),
            handler: try reader.string("handler"),
            input: try reader.raw("input"),
            context: try reader.optionalObject("context") ?? .emptyObject)
        guard 1...ProtocolLimits.maximumPredictionIDLength ~= id.utf8.count else {
            throw reader.error("id", "must have 1 to \(ProtocolLimits.maximumPredictionIDLength) bytes")
        }
    }
}
