import Glibc
import Service
import Testing

/// What servers keep on disk, side by side and one after the other.
@Suite struct StateDirectoryTests {
    private let scratch: ScratchDirectory
    private let root: String

    init() throws {
        scratch = try ScratchDirectory()
        root = "\(scratch.path)/state"
    }

    private static let package = PythonPackage(files: [
        .init(path: "__init__.py", bytes: []), .init(path: "a/b/c.py", bytes: Array("print('é')\n".utf8)),
    ])
    private static let other = PythonPackage(files: [.init(path: "__init__.py", bytes: [32])])

    private func contents(of package: PythonPackage) throws -> [String: [UInt8]] {
        let place = "\(StateDirectory.place(of: package, in: root))/supervisor_worker"
        let pairs = try FolderFiles.paths(in: place).map { ($0, try FolderFiles.bytes("\(place)/\($0)")) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    private func expected(_ package: PythonPackage) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: package.files.map { ($0.path, $0.bytes) })
    }

    @Test func unpacksForTheOwnerAlone() throws {
        var state = try StateDirectory(root: root, address: "127.0.0.1:1")
        try state.unpack(Self.package)
        #expect(try contents(of: Self.package) == expected(Self.package))
        let place = StateDirectory.place(of: Self.package, in: root)
        #expect(place.hasPrefix("\(root)/python/"))
        let package = "\(place)/supervisor_worker"
        for folder in [root, "\(root)/python", place, package, "\(package)/a", "\(package)/a/b"] {
            #expect(FolderFiles.mode(folder) == 0o700, "\(folder)")
        }
        for file in ["\(package)/__init__.py", "\(package)/a/b/c.py"] { #expect(FolderFiles.mode(file) == 0o600) }
    }

    /// A machine that stopped in the middle of writing, or somebody who has edited a file.
    @Test func repairsWhatIsNotWhole() throws {
        var first = try StateDirectory(root: root, address: "127.0.0.1:1")
        try first.unpack(Self.package)
        let place = "\(StateDirectory.place(of: Self.package, in: root))/supervisor_worker"
        try FolderFiles.write("", to: "\(place)/a/b/c.py")
        unlink("\(place)/__init__.py")
        try FolderFiles.write("half", to: "\(place)/a/b/c.py.new")
        var second = try StateDirectory(root: root, address: "127.0.0.1:2")
        try second.unpack(Self.package)
        #expect(try contents(of: Self.package) == expected(Self.package))
    }

    /// What Python has compiled makes the next start faster.
    @Test func leavesFilesThatAreRightAsTheyAre() throws {
        var first = try StateDirectory(root: root, address: "127.0.0.1:1")
        try first.unpack(Self.package)
        let place = "\(StateDirectory.place(of: Self.package, in: root))/supervisor_worker"
        mkdir("\(place)/__pycache__", 0o700)
        try FolderFiles.write("x", to: "\(place)/__pycache__/a.pyc")
        var before = stat()
        stat("\(place)/a/b/c.py", &before)
        try first.unpack(Self.package)
        var after = stat()
        stat("\(place)/a/b/c.py", &after)
        #expect(before.st_ino == after.st_ino)
        #expect(FolderFiles.exists("\(place)/__pycache__/a.pyc"))
    }

    @Test func removesVersionsThatNobodyUses() throws {
        var old = try StateDirectory(root: root, address: "127.0.0.1:1")
        try old.unpack(Self.package)
        var new = try StateDirectory(root: root, address: "127.0.0.1:2")
        try new.unpack(Self.other)
        // The old one runs still.
        #expect(try contents(of: Self.package) == expected(Self.package))
        end(old)
        mkdir("\(root)/python/what-is-this", 0o700)
        try new.unpack(Self.other)
        let place = StateDirectory.place(of: Self.other, in: root)
        #expect(
            try FolderFiles.names(in: "\(root)/python").map { "\(root)/python/\($0)" } == [
                place, "\(root)/python/what-is-this",
            ])
    }

    private func end(_ state: consuming StateDirectory) {}

    /// Each writes, checks and sweeps at the same time as the others, with two versions among them.
    @Test func startsAtOnceDoNotDisturbEachOther() async throws {
        let root = root
        let succeeded = await withTaskGroup(of: Bool.self) { group in
            for number in 1...16 {
                group.addTask {
                    let package = number.isMultiple(of: 2) ? Self.package : Self.other
                    guard var state = try? StateDirectory(root: root, address: "127.0.0.1:\(number)") else {
                        return false
                    }
                    guard (try? state.unpack(package)) != nil else { return false }
                    let place = "\(StateDirectory.place(of: package, in: root))/supervisor_worker"
                    let isWhole = package.files.allSatisfy {
                        (try? FolderFiles.bytes("\(place)/\($0.path)")) == $0.bytes
                    }
                    _ = consume state
                    return isWhole
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(succeeded == Array(repeating: true, count: 16))
    }

    // MARK: Folders of servers

    @Test func sweepsFoldersOfTheDead() throws {
        let living = try StateDirectory(root: root, address: "127.0.0.1:1")
        end(try StateDirectory(root: root, address: "127.0.0.1:2"))
        try FolderFiles.write("x", to: "\(root)/127.0.0.1_2/spool/input-1")
        mkdir("\(root)/mine", 0o700)
        try FolderFiles.write("x", to: "\(root)/mine/lock")
        let next = try StateDirectory(root: root, address: "127.0.0.1:3")
        #expect(try FolderFiles.names(in: root) == ["127.0.0.1_1", "127.0.0.1_3", "mine"])
        end(living)
        end(next)
    }

    @Test func saysWhoHoldsTheFolder() throws {
        let first = try StateDirectory(root: root, address: "127.0.0.1:1")
        do {
            end(try StateDirectory(root: root, address: "127.0.0.1:1"))
            Issue.record("two servers have one folder")
        } catch {
            guard case .inUse(let path, let holder) = error else { throw error }
            #expect(path == "\(root)/127.0.0.1_1/lock" && holder == String(getpid()))
        }
        end(first)
    }
}
