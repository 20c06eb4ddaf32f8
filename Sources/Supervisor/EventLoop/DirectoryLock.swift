import Glibc

/// A lock on a directory, held until the value is gone or the process ends, however it ends. It is between processes
/// that ask for it; whoever does not ask is not kept out.
package struct DirectoryLock: ~Copyable {
    private let descriptor: FileDescriptor

    private init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    /// Alone, after waiting for all others. Blocks: only for what others hold for moments.
    package static func exclusive(_ path: String) throws(SystemError) -> DirectoryLock {
        guard let lock = try take(path, LOCK_EX) else { preconditionFailure("a lock that waits is never refused") }
        return lock
    }

    /// Together with others that share it, after waiting for one that has it alone.
    package static func shared(_ path: String) throws(SystemError) -> DirectoryLock {
        guard let lock = try take(path, LOCK_SH) else { preconditionFailure("a lock that waits is never refused") }
        return lock
    }

    /// Alone, without waiting; nil when somebody holds it.
    package static func exclusiveIfFree(_ path: String) throws(SystemError) -> DirectoryLock? {
        try take(path, LOCK_EX | LOCK_NB)
    }

    private static func take(_ path: String, _ operation: Int32) throws(SystemError) -> DirectoryLock? {
        let raw = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard raw >= 0 else { throw .last("open", subject: path) }
        let descriptor = FileDescriptor(adopting: raw)
        while flock(descriptor.raw, operation) != 0 {
            if errno == EWOULDBLOCK { return nil }
            guard errno == EINTR else { throw .last("flock", subject: path) }
        }
        return DirectoryLock(descriptor)
    }
}
