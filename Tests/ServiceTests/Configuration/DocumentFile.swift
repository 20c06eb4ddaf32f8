import Glibc
import Testing

/// A page of `docs/` that is compared with the code, or renewed from it.
struct DocumentFile {
    private let path: String

    /// - Parameter name: below `docs`: `operations.md`.
    init(_ name: String) {
        path = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/docs/" + name
    }

    func read() throws -> String {
        let file = try #require(fopen(path, "r"), "\(path) cannot be opened")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&block, 1, block.count, file)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += block[..<count]
        }
    }

    func write(_ text: String) throws {
        let file = try #require(fopen(path, "w"), "\(path) cannot be written")
        defer { fclose(file) }
        let bytes = Array(text.utf8)
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }
}
