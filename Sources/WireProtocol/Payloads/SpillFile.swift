/// Where the payload proper of a spilled frame lies. The file belongs to the receiver, who deletes it after reading.
public struct SpillFile: Equatable, Sendable {
    /// Absolute path, directly in the spool directory.
    public var path: String
    /// Bytes in the file.
    public var size: Int

    /// A spill file.
    public init(path: String, size: Int) {
        self.path = path
        self.size = size
    }
}

extension SpillFile {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        self.init(path: try reader.string("path"), size: Int(try reader.integer("size")))
    }

    func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("path", path, to: &output)
        JSONWriter.appendMember("size", size, to: &output)
        JSONWriter.closeObject(in: &output)
    }
}
