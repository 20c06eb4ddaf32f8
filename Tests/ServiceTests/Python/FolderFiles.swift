import EventLoop
import Glibc

/// Looks at files for tests.
enum FolderFiles {
    /// The names in a folder but `.` and `..`, sorted.
    static func names(in folder: String) throws -> [String] {
        guard access(folder, R_OK) == 0, isFolder(folder) else { throw Unreadable(path: folder) }
        return Files.names(in: folder)
    }

    /// The paths of all files in a folder and the folders in it, from that folder, sorted.
    static func paths(in folder: String) throws -> [String] {
        try names(in: folder).flatMap { name in
            let path = "\(folder)/\(name)"
            return isFolder(path) ? try paths(in: path).map { "\(name)/\($0)" } : [name]
        }.sorted()
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw Unreadable(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&block, 1, block.count, file)
            guard count > 0 else { return bytes }
            bytes += block[..<count]
        }
    }

    static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw Unreadable(path: path) }
        defer { fclose(file) }
        guard fputs(text, file) >= 0 else { throw Unreadable(path: path) }
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    struct Unreadable: Error {
        let path: String
    }
}
