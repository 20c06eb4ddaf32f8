/// A piece of output that is a file: an image, a sound.
///
/// The file is moved into the supervisor's keeping when it is emitted: it is gone from where it was. Where the operator
/// has said where files go, it is sent there before the call returns, and its address is what clients get; else clients
/// get its contents.
public struct OutputFile: Sendable, Equatable {
    /// Where the file is now.
    public var path: String
    /// Its media type: `image/png`.
    public var mime: String
    /// What it should be called by who downloads it; by default the last part of the path.
    public var name: String

    /// A file.
    public init(_ path: String, mime: String = "application/octet-stream", name: String? = nil) {
        self.path = path
        self.mime = mime
        self.name = name ?? String(path.split(separator: "/").last ?? "output")
    }
}

extension OutputFile: Encodable {
    /// Throws: a file is output by itself and cannot be part of another value.
    public func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            self,
            EncodingError.Context(
                codingPath: encoder.codingPath,
                debugDescription: "an OutputFile is a chunk or a value by itself; it cannot be part of another"))
    }
}
