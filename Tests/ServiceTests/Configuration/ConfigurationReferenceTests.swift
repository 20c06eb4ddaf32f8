import Glibc
import Service
import Testing

@Suite struct ConfigurationReferenceTests {
    private static let renewal = "UPDATE_DOCS=1 swift test --filter ConfigurationReferenceTests"

    @Test func documentIsUpToDate() throws {
        let expected = ConfigurationReference.markdown
        if getenv("UPDATE_DOCS") != nil {
            try write(expected)
            return
        }
        let isUpToDate = try read() == expected
        #expect(isUpToDate, "docs/configuration.md is not what the table of settings says; renew it: \(Self.renewal)")
    }

    @Test func hasARowForEachSetting() {
        let lines = ConfigurationReference.markdown.split(separator: "\n")
        for name in Settings.all.map(\.name) {
            #expect(lines.count { $0.hasPrefix("| `\(name)` | `--") } == 1, "\(name)")
        }
        for name in Settings.deployment.map(\.name) {
            #expect(lines.contains { $0.hasPrefix("| `\(name)` | ") && !$0.contains("`--") }, "\(name)")
        }
    }

    /// A pipe sign inside a cell would begin another one.
    @Test func rowsHaveAsManyCellsAsTheirHead() {
        var cells: Int?
        for line in ConfigurationReference.markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|") else {
                cells = nil
                continue
            }
            let count = line.replacing("\\|", with: "").count { $0 == "|" }
            #expect(count == cells ?? count, "\(line)")
            cells = count
        }
    }

    private var path: String {
        "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/docs/configuration.md"
    }

    private func read() throws -> String {
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

    private func write(_ text: String) throws {
        let file = try #require(fopen(path, "w"), "\(path) cannot be written")
        defer { fclose(file) }
        let bytes = Array(text.utf8)
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }
}
