import Testing

/// Where files may lie (docs/architecture.md, "Targets").
@Suite struct LayoutTests {
    private let tree = SourceTree()

    @Test func foldersOfSupervisorAreTargets() throws {
        let folders = Set(try Manifest(tree).targets.map(\.folder))
        for entry in try tree.entries(of: "Sources/Supervisor") {
            #expect(entry.isFolder, "Sources/Supervisor/\(entry.name) must lie in the folder of a target")
            #expect(folders.contains("Sources/Supervisor/\(entry.name)"), "\(entry.name) is the folder of no target")
        }
    }

    @Test func foldersOfSourcesAreTheThreePartiesAndTheAgent() throws {
        let entries = try tree.entries(of: "Sources")
        #expect(entries.map(\.name) == ["DeliveryAgent", "Supervisor", "WireProtocol", "Worker"])
    }

    @Test func targetsAreNamedAsTheirFolders() throws {
        let targets = try Manifest(tree).targets
        #expect(targets.count > 10, "the manifest was not understood")
        for target in targets where target.folder.hasPrefix("Sources/") {
            #expect(target.folder.hasSuffix("/\(target.name)"), "\(target.name) lies in \(target.folder)")
        }
    }

    @Test func thereAreNoPackagesOfOthers() throws {
        let text = try Manifest(tree).text
        #expect(!text.contains(".package("), "Package.swift names a package; the project has no dependencies")
    }
}
