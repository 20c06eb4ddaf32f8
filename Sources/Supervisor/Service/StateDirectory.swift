import EventLoop

/// Where one server keeps what outlives a moment but not the process: its lock, and payloads that are too large for a
/// pipe. One sub-folder for each listen address, mode 0700; beside them the Python package, which servers share.
///
/// Who makes or removes something directly below the root holds the root's lock meanwhile, for milliseconds.
package struct StateDirectory: ~Copyable {
    /// The folder below the root for unpacked Python packages, one for each version.
    private static let pythonFolder = "python"
    private static let lockName = "lock"
    private static let spoolName = "spool"
    /// The socket over which the server is controlled, unless the configuration names another place.
    package static let controlSocketName = "control.sock"

    private let root: String
    private let folder: String
    private let lock: Files.Lock
    /// Says that the unpacked Python package is in use.
    private var packageLock: DirectoryLock?
    /// Where the control socket is to be.
    var controlSocket: String { "\(folder)/\(StateDirectory.controlSocketName)" }
    /// For the files that go between the server and its workers.
    let spool: String

    package enum Failure: Error {
        case system(SystemError)
        /// Another server has this address; what its lock says of it.
        case inUse(path: String, holder: String)
    }

    /// Makes the folder, takes its lock, and sweeps what earlier servers left there and beside it.
    package init(root: String, address: String) throws(Failure) {
        let folder = "\(root)/\(StateDirectory.name(for: address))"
        let spool = "\(folder)/\(StateDirectory.spoolName)"
        let rootLock = try StateDirectory.makeDirectories(root, folder, spool)
        lock = try StateDirectory.takeLock("\(folder)/\(StateDirectory.lockName)")
        self.root = root
        self.folder = folder
        self.spool = spool
        packageLock = nil
        Files.removeFiles(in: spool)
        for name in Files.names(in: root) where "\(root)/\(name)" != folder {
            StateDirectory.removeAbandoned("\(root)/\(name)")
        }
        _ = consume rootLock
    }

    /// Makes the directories, and takes the lock of the root.
    private static func makeDirectories(
        _ root: String, _ folder: String, _ spool: String
    ) throws(Failure) -> DirectoryLock {
        do throws(SystemError) {
            try Files.makePrivateDirectory(root)
            let rootLock = try DirectoryLock.exclusive(root)
            try Files.makePrivateDirectory(folder)
            try Files.makePrivateDirectory(spool)
            return rootLock
        } catch {
            throw .system(error)
        }
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

    /// Removes the folder of a server that was killed: one for each start with port 0 would add up. Only what is
    /// certainly one of ours is touched, since the root may be a directory that has other things in it.
    private static func removeAbandoned(_ folder: String) {
        let names = Files.names(in: folder).filter { $0 != controlSocketName }
        guard names == [lockName, spoolName] else { return }
        guard let outcome = try? Files.Lock.take("\(folder)/\(lockName)"), case .taken = consume outcome else { return }
        removeFolder(folder)
    }

    private static func removeFolder(_ folder: String) {
        Files.removeFiles(in: "\(folder)/\(spoolName)")
        Files.removeEmptyDirectory("\(folder)/\(spoolName)")
        Files.remove("\(folder)/\(controlSocketName)")
        Files.remove("\(folder)/\(lockName)")
        Files.removeEmptyDirectory(folder)
    }

    // MARK: The Python package

    /// Unpacks the package, unless it is there already, and removes versions that no server uses any more. It stays for
    /// the next start, together with what Python compiles from it.
    package mutating func unpack(_ package: PythonPackage) throws(SystemError) {
        let versions = "\(root)/\(StateDirectory.pythonFolder)"
        let own = StateDirectory.place(of: package, in: root)
        let rootLock = try DirectoryLock.exclusive(root)
        try Files.makePrivateDirectory(versions)
        try Files.makePrivateDirectory(own)
        packageLock = .some(try DirectoryLock.shared(own))
        try package.write(into: own)
        for name in Files.names(in: versions) where PythonPackage.isDigest(name) {
            let other = "\(versions)/\(name)"
            guard other != own, let lock = try? DirectoryLock.exclusiveIfFree(other) else { continue }
            Files.removeTree(other)
            _ = consume lock
        }
        _ = consume rootLock
    }

    /// The directory that a package is unpacked into, which is to be added to Python's path.
    package static func place(of package: PythonPackage, in root: String) -> String {
        "\(root)/\(pythonFolder)/\(package.digest)"
    }

    // MARK: The end

    /// Removes the server's own folder. What is shared stays.
    func remove() {
        let rootLock = try? DirectoryLock.exclusive(root)
        StateDirectory.removeFolder(folder)
        _ = consume rootLock
    }
}
