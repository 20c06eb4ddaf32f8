import Glibc
import Service
import Testing

@Suite struct ConfigurationReferenceTests {
    private static let renewal = "UPDATE_DOCS=1 swift test --filter ConfigurationReferenceTests"
    private let file = DocumentFile("configuration.md")

    @Test func documentIsUpToDate() throws {
        let expected = ConfigurationReference.markdown
        if getenv("UPDATE_DOCS") != nil {
            try file.write(expected)
            return
        }
        let isUpToDate = try file.read() == expected
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
}
