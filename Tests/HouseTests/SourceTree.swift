import Glibc

/// The project's files as the tests of the house see them: paths from its root, with `/`.
struct SourceTree {
    /// Absolute, without a slash at the end.
    private let root: String

    /// The tree that this file belongs to.
    init() {
        root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    }

    /// The text of a file.
    func text(_ path: String) throws -> String {
        guard let file = fopen("\(root)/\(path)", "r") else { throw Unreadable(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&block, 1, block.count, file)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += block[..<count]
        }
    }

    /// The Swift files in a folder and all folders in it, sorted.
    func swiftFiles(in folder: String) throws -> [String] {
        var files: [String] = []
        for entry in try entries(of: folder) {
            if entry.isFolder {
                files += try swiftFiles(in: "\(folder)/\(entry.name)")
            } else if entry.name.hasSuffix(".swift") {
                files.append("\(folder)/\(entry.name)")
            }
        }
        return files
    }

    /// What lies directly in a folder, sorted; hidden entries are left out.
    func entries(of folder: String) throws -> [(name: String, isFolder: Bool)] {
        guard let directory = opendir("\(root)/\(folder)") else { throw Unreadable(path: folder) }
        defer { closedir(directory) }
        var found: [(name: String, isFolder: Bool)] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { found.append((name, isFolder("\(folder)/\(name)"))) }
        }
        return found.sorted { $0.name < $1.name }
    }

    private func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat("\(root)/\(path)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    struct Unreadable: Error {
        let path: String
    }
}
