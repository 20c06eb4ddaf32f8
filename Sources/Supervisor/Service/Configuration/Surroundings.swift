/// What the configuration depends on besides the command line, as values and one function, so that loading is pure.
package struct Surroundings: Sendable {
    /// What reading a path came to.
    package enum Contents: Sendable {
        case bytes([UInt8])
        case directory
        case missing
        /// The operating system's reason.
        case failed(String)
    }

    /// The environment.
    package var environment: [String: String]
    /// Absolute path of the current directory.
    package var workingDirectory: String
    /// The effective user.
    package var userID: UInt32
    /// Reads a file whole.
    package var read: @Sendable (_ path: String) -> Contents
    /// Whether there is a file that can be executed.
    package var isExecutable: @Sendable (_ path: String) -> Bool = { _ in false }

    package init(
        environment: [String: String], workingDirectory: String, userID: UInt32,
        read: @escaping @Sendable (_ path: String) -> Contents
    ) {
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.userID = userID
        self.read = read
    }

    /// What PATH says, without empty entries, which would mean wherever one happens to be.
    var searchPath: [String] {
        let path = environment["PATH"] ?? Self.defaultSearchPath
        return path.split(separator: ":").map { PathText.absolute(String($0), in: workingDirectory) }
    }

    /// Where programs are where nobody says.
    static let defaultSearchPath = "/usr/local/bin:/usr/bin:/bin"

    /// Where lock, sockets and spilled payloads go when nobody says.
    var defaultStateDirectory: String {
        // The XDG base directory specification has relative paths ignored.
        if let runtime = environment["XDG_RUNTIME_DIR"], runtime.hasPrefix("/") { return "\(runtime)/supervisor" }
        let temporary = environment["TMPDIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
        return "\(temporary)/supervisor-\(userID)"
    }
}
