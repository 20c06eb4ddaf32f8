/// The targets of Package.swift, read as text: enough for a manifest that is written as a plain list.
struct Manifest {
    struct Target {
        let name: String
        /// The folder with its sources, from the root of the project.
        let folder: String
    }

    let text: String
    let targets: [Target]

    init(_ tree: SourceTree) throws {
        text = try tree.text("Package.swift")
        targets = Manifest.targets(in: text)
    }

    private static let kinds = [(".target(", "Sources"), (".executableTarget(", "Sources"), (".testTarget(", "Tests")]

    private static func targets(in text: String) -> [Target] {
        var targets: [Target] = []
        for (opening, parent) in kinds {
            for piece in text.split(separator: opening, omittingEmptySubsequences: false).dropFirst() {
                // What belongs to the next target is not looked at.
                let own = kinds.reduce(piece) { $0.split(separator: $1.0, omittingEmptySubsequences: false)[0] }
                guard let name = value(of: "name", in: own) else { continue }
                targets.append(Target(name: name, folder: value(of: "path", in: own) ?? "\(parent)/\(name)"))
            }
        }
        return targets
    }

    private static func value(of label: String, in text: Substring) -> String? {
        let parts = text.split(separator: "\(label): \"", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        return parts[1].split(separator: "\"", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init)
    }
}
