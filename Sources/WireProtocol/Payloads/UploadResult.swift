/// What became of an upload.
public struct UploadResult: Equatable, Sendable {
    /// The file has an address, or there is none and the text says why.
    public enum Outcome: Equatable, Sendable {
        /// Where the file can be fetched.
        case url(String)
        /// Why it could not be uploaded, for people.
        case failed(String)
    }

    /// The number of the request that is answered.
    public var number: UInt64
    /// What became of it.
    public var outcome: Outcome

    /// A result.
    public init(number: UInt64, _ outcome: Outcome) {
        self.number = number
        self.outcome = outcome
    }
}

extension UploadResult {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        let number = try reader.integer("number")
        if let reason = try reader.optionalString("error") {
            self.init(number: number, .failed(reason))
        } else {
            self.init(number: number, .url(try reader.string("url")))
        }
    }

    func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("number", number, to: &output)
        switch outcome {
        case .url(let url): JSONWriter.appendMember("url", url, to: &output)
        case .failed(let reason): JSONWriter.appendMember("error", reason, to: &output)
        }
        JSONWriter.closeObject(in: &output)
    }
}
