import EventLoop
import Glibc

/// Runs a short program to its end and answers what it printed.
enum ProgramOutput {
    /// For what depends on other processes on a busy machine.
    private static let patience: UInt64 = 20 * TimeSpan.second

    static func of(_ arguments: [String], in directory: String) throws -> String {
        let inherited: [String] = ["PATH", "HOME", "LD_LIBRARY_PATH"]
        let environment = inherited.compactMap { name in
            getenv(name).map { (name: name, value: String(cString: $0)) }
        }
        let process = try ChildProcess.spawn(
            SpawnRequest(arguments: arguments, environment: environment, workingDirectory: directory))
        var entry = pollfd(fd: process.pidfd.raw, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, Int32(patience / TimeSpan.millisecond)) == 1,
            try ChildProcess.reap(process.pidfd.raw) != nil
        else {
            ChildProcess.signalGroup(process.pid, .kill)
            throw FolderFiles.Unreadable(path: arguments.joined(separator: " "))
        }
        return text(process.standardOutput.raw) + text(process.standardError.raw)
    }

    /// What fits into a pipe: all that a short program prints.
    private static func text(_ raw: Int32) -> String {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            guard case .bytes(let count) = Transfer.read(raw, into: buffer) else { return "" }
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }
}
