import Glibc

/// The few things that the program does with files. All of them block; what may be large or slow belongs on a
/// `BackgroundQueue`.
package enum Files {
    /// Only the owner may look: directories hold inputs and outputs of predictions.
    private static let directoryMode: mode_t = 0o700
    private static let fileMode: mode_t = 0o600
    private static let readBlock = 64 * 1024

    /// Makes the directory, and those above it, where they are not there yet.
    package static func makeDirectory(_ path: String) throws(SystemError) {
        if mkdir(path, directoryMode) == 0 { return }
        let error = errno
        if error == ENOENT, let parent = parent(of: path) {
            try makeDirectory(parent)
            guard mkdir(path, directoryMode) == 0 || errno == EEXIST else { throw .last("mkdir", subject: path) }
            return
        }
        guard error == EEXIST else { throw SystemError("mkdir", error, subject: path) }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .last("stat", subject: path) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw SystemError("mkdir", ENOTDIR, subject: path) }
    }

    /// Makes a directory that nobody else can look into, even where it was there with wider rights. One that belongs to
    /// somebody else, or a link, is refused: whoever owns it could put files of his own under our names.
    package static func makePrivateDirectory(_ path: String) throws(SystemError) {
        try makeDirectory(path)
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .last("lstat", subject: path) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw SystemError("mkdir", ENOTDIR, subject: path) }
        guard status.st_uid == geteuid() else { throw SystemError("mkdir", EPERM, subject: path) }
        guard chmod(path, directoryMode) == 0 else { throw .last("chmod", subject: path) }
    }

    private static func parent(of path: String) -> String? {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
        return String(path[..<slash])
    }

    /// Removes the files in the directory; sub-directories stay.
    package static func removeFiles(in path: String) {
        guard let directory = opendir(path) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { unlink("\(path)/\(name)") }
        }
    }

    package static func remove(_ path: String) {
        unlink(path)
    }

    /// The bytes of a regular file that has no other name; a link in the last place is not followed.
    ///
    /// - Parameter limit: a larger file is refused with EFBIG.
    package static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let raw = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard raw >= 0 else { throw .last("open", subject: path) }
        let descriptor = FileDescriptor(adopting: raw)
        var status = stat()
        guard fstat(descriptor.raw, &status) == 0 else { throw .last("fstat", subject: path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError("open", EINVAL, subject: path) }
        // One that somebody else holds under another name may change while it is read, or be somebody else's secret.
        guard status.st_nlink == 1 else { throw SystemError("open", EMLINK, subject: path) }
        guard status.st_size <= limit else { throw SystemError("read", EFBIG, subject: path) }
        return try readAll(descriptor, path, limit: limit, expected: Int(status.st_size))
    }

    /// The bytes of a file with a secret. Links are followed: container platforms mount secrets behind them.
    ///
    /// - Parameter limit: a larger file is refused with EFBIG.
    /// - Returns: also whether users other than its owner and its group may read it.
    package static func readSecret(
        _ path: String, limit: Int
    ) throws(SystemError) -> (bytes: [UInt8], isReadableByAll: Bool) {
        let raw = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard raw >= 0 else { throw .last("open", subject: path) }
        let descriptor = FileDescriptor(adopting: raw)
        var status = stat()
        guard fstat(descriptor.raw, &status) == 0 else { throw .last("fstat", subject: path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError("open", EINVAL, subject: path) }
        let bytes = try readAll(descriptor, path, limit: limit, expected: min(Int(status.st_size), limit))
        return (bytes, status.st_mode & S_IROTH != 0)
    }

    /// The bytes of a file that the system makes up when it is read (`/proc`, `/sys`), whose size says nothing.
    ///
    /// - Parameter limit: a longer one is refused with EFBIG.
    package static func readUnsized(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let raw = open(path, O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { throw .last("open", subject: path) }
        return try readAll(FileDescriptor(adopting: raw), path, limit: limit, expected: 0)
    }

    private static func readAll(
        _ descriptor: borrowing FileDescriptor, _ path: String, limit: Int, expected: Int
    ) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(expected)
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: readBlock, alignment: 16)
        defer { block.deallocate() }
        while true {
            switch Transfer.read(descriptor.raw, into: block) {
            case .bytes(let count):
                guard bytes.count + count <= limit else { throw SystemError("read", EFBIG, subject: path) }
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: block[..<count]))
            case .closed: return bytes
            case .wouldBlock: throw SystemError("read", EAGAIN, subject: path)
            case .failed(let error): throw SystemError("read", error, subject: path)
            }
        }
    }

    /// Writes a new file; one that is there already is an error.
    package static func write(_ bytes: [UInt8], to path: String) throws(SystemError) {
        let raw = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, fileMode)
        guard raw >= 0 else { throw .last("open", subject: path) }
        let descriptor = FileDescriptor(adopting: raw)
        var at = 0
        while at < bytes.count {
            let result = bytes.withUnsafeBytes {
                Transfer.write(descriptor.raw, UnsafeRawBufferPointer(rebasing: $0[at...]))
            }
            switch result {
            case .bytes(let count): at += count
            case .wouldBlock, .closed: throw SystemError("write", EIO, subject: path)
            case .failed(let error):
                unlink(path)
                throw SystemError("write", error, subject: path)
            }
        }
    }

    /// A file that one process holds for as long as it lives, and that names it.
    package struct Lock: ~Copyable {
        private let descriptor: FileDescriptor

        private init(_ descriptor: consuming FileDescriptor) {
            self.descriptor = descriptor
        }

        package enum Outcome: ~Copyable {
            case taken(Lock)
            /// What the holder wrote into it, as a rule its process id.
            case heldBy(String)
        }

        /// Takes the lock without waiting.
        package static func take(_ path: String, for processID: Int32 = getpid()) throws(SystemError) -> Outcome {
            let raw = open(path, O_RDWR | O_CREAT | O_CLOEXEC, fileMode)
            guard raw >= 0 else { throw .last("open", subject: path) }
            let descriptor = FileDescriptor(adopting: raw)
            guard flock(raw, LOCK_EX | LOCK_NB) == 0 else {
                guard errno == EWOULDBLOCK else { throw .last("flock", subject: path) }
                let text = try readAll(descriptor, path, limit: 64, expected: 16)
                return .heldBy(String(decoding: text.prefix { $0 != 0x0A }, as: UTF8.self))
            }
            _ = ftruncate(raw, 0)
            _ = Array("\(processID)\n".utf8).withUnsafeBytes { Transfer.write(raw, $0) }
            return .taken(Lock(descriptor))
        }
    }
}
