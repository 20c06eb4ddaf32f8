/// Joins and cleans paths as text; nothing is looked up.
enum PathText {
    /// `path` as an absolute path, relative ones taken from the absolute `directory`; `.`, `..` and double slashes go.
    static func absolute(_ path: String, in directory: String) -> String {
        let whole = path.hasPrefix("/") ? path : "\(directory)/\(path)"
        var parts: [Substring] = []
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." {
                // Above the root is the root. Through a symbolic link this differs from what the kernel would do;
                // nobody writes such a path in a configuration.
                if !parts.isEmpty { parts.removeLast() }
            } else {
                parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The directory in which the file of the absolute `path` lies.
    static func directory(of path: String) -> String {
        absolute("..", in: path)
    }
}
