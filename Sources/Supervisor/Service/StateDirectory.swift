import EventLoop

/// Where one server keeps what outlives a moment but not the process: its lock, and payloads that are too large for a
/// pipe. One sub-folder for each listen address, mode 0700.
package struct StateDirectory: ~Copyable {
    private let lock: Files.Lock
    /// For the files that go between the server and its workers.
    let spool: String

    package enum Failure: Error {
        case system(SystemError)
        /// Another server has this address; what its lock says of it.
        case inUse(path: String, holder: String)
    }

    /// Makes the folder, takes its lock, and sweeps what an earlier server left there.
    package init(root: String, address: String) throws(Failure) {
        let folder = "\(root)/\(StateDirectory.name(for: address))"
        let spool = "\(folder)/spool"
        do throws(SystemError) {
            try Files.makePrivateDirectory(root)
            try Files.makePrivateDirectory(folder)
            try Files.makePrivateDirectory(spool)
        } catch {
            throw .system(error)
        }
        lock = try StateDirectory.takeLock("\(folder)/lock")
        self.spool = spool
        Files.removeFiles(in: spool)
    }

    private static func takeLock(_ path: String) throws(Failure) -> Files.Lock {
        let outcome: Files.Lock.Outcome
        do throws(SystemError) {
            outcome = try Files.Lock.take(path)
        } catch {
            throw .system(error)
        }
        switch consume outcome {
        case .taken(let lock): return lock
        case .heldBy(let holder): throw .inUse(path: path, holder: holder)
        }
    }

    /// A file name for an address: what is no letter, digit, dot or hyphen becomes an underscore. Two addresses that
    /// become the same name cannot be listened on at once but by a mistake, which the lock then reports.
    private static func name(for address: String) -> String {
        String(address.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "_" })
    }

    func sweep() {
        Files.removeFiles(in: spool)
    }
}
