/// The rule that keeps a path from a peer inside the spool directory.
public enum SpoolPath {
    /// The name of the file that `path` means in the directory `spool`; nil when it lies anywhere else.
    ///
    /// The path must be the directory, one slash, and a name of 1–255 bytes without slash or NUL that is neither `.`
    /// nor `..`. Open it without following a symbolic link: the name says nothing about what lies there.
    public static func fileName(of path: String, in spool: String) -> String? {
        let prefix = Array(spool.utf8) + [UInt8(ascii: "/")]
        guard path.utf8.starts(with: prefix) else { return nil }
        let name = Array(path.utf8.dropFirst(prefix.count))
        guard 1...ProtocolLimits.maximumFileNameLength ~= name.count, !name.contains(UInt8(ascii: "/")),
            !name.contains(0), name != Array(".".utf8), name != Array("..".utf8)
        else { return nil }
        return String(decoding: name, as: UTF8.self)
    }
}
