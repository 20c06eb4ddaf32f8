import Engine
import Glibc
import Service
import Testing

/// `docs/operations.md` explains every word that an operator meets, and cannot fall behind.
@Suite struct OperationsDocumentTests {
    private static let renewal = "UPDATE_DOCS=1 swift test --filter OperationsDocumentTests"
    private let file = DocumentFile("operations.md")

    @Test func settingsAreUpToDate() throws {
        let document = try file.read()
        let marks = ConfigurationReference.operationsMarks
        let begin = try #require(document.ranges(of: marks.begin).first, "the mark is missing")
        let end = try #require(document.ranges(of: marks.end).first, "the mark is missing")
        let expected = ConfigurationReference.operations
        if getenv("UPDATE_DOCS") != nil {
            return try file.write(document[..<begin.upperBound] + expected + document[end.lowerBound...])
        }
        let isUpToDate = document[begin.upperBound..<end.lowerBound] == expected
        #expect(isUpToDate, "its tables are not what the table of settings says; renew them: \(Self.renewal)")
    }

    /// Each has a row that begins with it, in a table of that section.
    @Test(arguments: [
        ("### Of the server", StatusReport.State.allCases.map(\.rawValue)),
        ("### Of a deployment", DeploymentStatus.State.allCases.map(\.rawValue)),
        ("### Of a worker", WorkerStatus.State.allCases.map(\.rawValue)),
        ("## Why a worker ended", ExitReason.allCases.map(\.rawValue)),
        ("## Exit codes", ExitCode.allCases.map { String($0.rawValue) }),
    ])
    func explains(section: String, words: [String]) throws {
        let lines = try file.read().split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0 == section }, "there is no section \(section)")
        let body = lines[(start + 1)...].prefix { !$0.hasPrefix("#") }
        for word in words {
            let rows = body.filter { $0.hasPrefix("| `\(word)` |") || $0.hasPrefix("| \(word) |") }
            #expect(rows.count == 1, "\(section): \(word)")
        }
        // A word that is no longer there would mislead.
        let known = Set(words)
        for row in body where row.hasPrefix("| `") {
            let word = row.dropFirst(3).prefix { $0 != "`" }
            #expect(known.contains(String(word)), "\(section): `\(word)` does not exist")
        }
    }

    /// Whatever deployments inherit is about how workers are kept, but for these two; and so are some of their own.
    @Test func namesEachSettingOfWorkers() throws {
        let document = try file.read()
        let serverWide = Set(Settings.all.map(\.name))
        let names =
            Settings.deployment.map(\.name).filter {
                serverWide.contains($0) && !$0.hasPrefix("limits.") && $0 != "python" && $0 != "concurrency"
            }
            + ["devices", "workers_per_device", "workers", "port", "min_ready", "required", "group", "drain_delay"]
        #expect(names.count > 40)
        for name in names { #expect(document.contains("`\(name)`") || document.contains(".\(name)`"), "\(name)") }
    }
}
