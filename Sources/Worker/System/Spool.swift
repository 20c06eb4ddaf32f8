import Glibc
import Synchronization
import WireProtocol

/// The directory through which files go to the supervisor and come from it.
///
/// A file that is named in a frame belongs to the receiver of the frame.
final class Spool: Sendable {
    /// Absolute path, without a slash at the end.
    let directory: String
    private let files = Atomic<UInt64>(0)

    init(directory: String) {
        self.directory = directory
    }

    /// A system call on a file that failed.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        /// Takes the reason from `errno`: to be made right after the call.
        init(_ what: String) {
            description = "\(what): \(String(cString: strerror(errno)))"
        }

        init(reason: String) {
            description = reason
        }
    }

    /// A path that no one else uses. The name says whose file it is; nothing depends on that.
    private func freshPath() -> String {
        let number = files.wrappingAdd(1, ordering: .relaxed).newValue
        return "\(directory)/worker-\(getpid())-\(number)"
    }

    /// Writes a new file that only this user may read.
    func store(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> SpillFile {
        let path = freshPath()
        let descriptor = try create(path)
        defer { close(descriptor) }
        guard writeAll(bytes, to: descriptor) else {
            let failure = Failure("cannot write \(path)")
            unlink(path)
            throw failure
        }
        return SpillFile(path: path, size: bytes.count)
    }

    /// Reads and deletes a file that the supervisor has put here.
    func take(_ file: SpillFile) throws(Failure) -> [UInt8] {
        guard SpoolPath.fileName(of: file.path, in: directory) != nil else {
            throw Failure(reason: "\(file.path) is not in the spool directory \(directory)")
        }
        let descriptor = open(file.path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure("cannot open \(file.path)") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size == file.size else {
            throw Failure(reason: "\(file.path) is no regular file of \(file.size) bytes")
        }
        unlink(file.path)
        return try [UInt8](unsafeUninitializedCapacity: file.size) { buffer, count throws(Failure) in
            while count < file.size {
                let part = read(descriptor, buffer.baseAddress.map { $0 + count }, file.size - count)
                if part < 0, errno == EINTR { continue }
                guard part > 0 else { throw Failure("cannot read \(file.path)") }
                count += part
            }
        }
    }

    /// Moves the file at `path` here, or copies and deletes it when it lies on another file system.
    ///
    /// - Returns: Where it is now.
    func adopt(_ path: String) throws(Failure) -> String {
        let target = freshPath()
        if rename(path, target) == 0 { return target }
        guard errno == EXDEV else { throw Failure("cannot move \(path) to \(target)") }
        try copy(path, to: target)
        unlink(path)
        return target
    }

    private func copy(_ path: String, to target: String) throws(Failure) {
        let source = open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw Failure("cannot open \(path)") }
        defer { close(source) }
        let descriptor = try create(target)
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: WorkerPipe.readCapacity)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(source, $0.baseAddress, $0.count) }
            if count == 0 { return }
            if count < 0, errno == EINTR { continue }
            let isWritten =
                count > 0
                && buffer.withUnsafeBytes { writeAll(UnsafeRawBufferPointer(rebasing: $0[..<count]), to: descriptor) }
            guard isWritten else {
                let failure = Failure("cannot copy \(path) to \(target)")
                unlink(target)
                throw failure
            }
        }
    }

    private func create(_ path: String) throws(Failure) -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure("cannot create \(path)") }
        return descriptor
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var position = 0
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return false }
            position += count
        }
        return true
    }
}
