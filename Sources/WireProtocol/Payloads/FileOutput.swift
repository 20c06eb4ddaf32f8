/// One piece of output that is a file. The file belongs to the supervisor as soon as the frame is written.
public struct FileOutput: Equatable, Sendable {
    /// Absolute path, directly in the spool directory.
    public var path: String
    /// Media type: `image/png`.
    public var mime: String
    /// What the file should be called by who downloads it: `out.png`. Never a path.
    public var name: String

    /// A file output.
    public init(path: String, mime: String, name: String) {
        self.path = path
        self.mime = mime
        self.name = name
    }
}

extension FileOutput {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        self.init(
            path: try reader.string("path"), mime: try reader.string("mime"), name: try reader.string("name"))
    }

    func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        appendMembers(to: &output)
        JSONWriter.closeObject(in: &output)
    }

    func appendMembers(to output: inout [UInt8]) {
        JSONWriter.appendMember("path", path, to: &output)
        JSONWriter.appendMember("mime", mime, to: &output)
        JSONWriter.appendMember("name", name, to: &output)
    }
}
