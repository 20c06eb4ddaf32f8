/// How far a worker's set-up is.
public struct LoadingProgress: Equatable, Sendable {
    /// From 0 to 1; nil when the worker cannot tell.
    public var progress: Double?
    /// What it is doing, for people: `shard 7/20`.
    public var message: String?

    /// A report; `progress` beyond 0…1 is brought to the nearer end, and what is no number is left out.
    public init(progress: Double? = nil, message: String? = nil) {
        self.progress = progress.flatMap { $0.isNaN ? nil : min(max($0, 0), 1) }
        self.message = message
    }
}

extension LoadingProgress {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        self.init(progress: try reader.optionalShare("progress"), message: try reader.optionalString("message"))
    }

    func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        if let progress {
            JSONWriter.beginMember("progress", in: &output)
            JSONWriter.appendNumber(progress, to: &output)
        }
        if let message { JSONWriter.appendMember("message", message, to: &output) }
        JSONWriter.closeObject(in: &output)
    }
}
