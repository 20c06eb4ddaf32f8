/// A file that a run wants to have uploaded. It belongs to the supervisor as soon as the frame is written.
public struct UploadRequest: Equatable, Sendable {
    /// Counts the uploads of the run from 0; the answer carries it.
    public var number: UInt64
    /// The file, as for an output that is one.
    public var file: FileOutput

    /// A request.
    public init(number: UInt64, file: FileOutput) {
        self.number = number
        self.file = file
    }
}

extension UploadRequest {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        self.init(number: try reader.integer("number"), file: try FileOutput(reader))
    }

    func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("number", number, to: &output)
        file.appendMembers(to: &output)
        JSONWriter.closeObject(in: &output)
    }
}
