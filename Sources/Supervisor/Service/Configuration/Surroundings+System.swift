import EventLoop
import Glibc

extension Surroundings {
    /// Largest configuration file that is read: a thousand deployments fit many times.
    private static let maximumFileSize = 16 << 20

    /// Those of this process. Call it before threads are started: the environment is read without a lock.
    package static func ofProcess() -> Surroundings {
        var surroundings = Surroundings(
            environment: processEnvironment(), workingDirectory: currentDirectory(), userID: geteuid(), read: readFile)
        surroundings.isExecutable = Files.isExecutable
        return surroundings
    }

    private static func processEnvironment() -> [String: String] {
        var result: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { result[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        return result
    }

    private static func currentDirectory() -> String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    private static func readFile(_ path: String) -> Contents {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == ENOENT || errno == ENOTDIR ? .missing : failure() }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return failure() }
        if status.st_mode & S_IFMT == S_IFDIR { return .directory }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return .bytes(bytes) }
            if count < 0 {
                if errno == EINTR { continue }
                return failure()
            }
            bytes += chunk[..<count]
            guard bytes.count <= maximumFileSize else { return .failed("it is larger than 16 MiB") }
        }
    }

    private static func failure() -> Contents {
        .failed(String(cString: strerror(errno)))
    }
}
