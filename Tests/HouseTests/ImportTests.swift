import Testing

/// What the build cannot forbid: a module of the system can be imported anywhere (docs/architecture.md, "Targets").
@Suite struct ImportTests {
    private let tree = SourceTree()

    /// For each module that is not ours, the files and folders (with a slash at the end) that may import it. An entry is
    /// added here only with a reason; a module that is missing here is imported nowhere.
    private static let allowed: [String: [String]] = [
        // What Swift cannot call by itself: epoll, signalfd, pidfd, accept4, spawn.
        "CLinux": ["Sources/Supervisor/EventLoop/"],
        "Glibc": [
            // Every descriptor, signal and file of the server.
            "Sources/Supervisor/EventLoop/",
            // The environment and the configuration's file, before there is a loop.
            "Sources/Supervisor/Service/Configuration/Surroundings+System.swift",
            // `isatty`, for the form of the log.
            "Sources/Supervisor/Command/ServeCommand.swift",
            // `exit`, and `isatty` for the form of a status.
            "Sources/Supervisor/Command/Supervisor.swift",
            // The pipes and threads of a worker.
            "Sources/Worker/System/",
        ],
        // Locks and atomics: between the loop and its helper threads, and in workers, which have several.
        "Synchronization": [
            "Sources/Supervisor/EventLoop/", "Sources/Worker/", "Sources/DeliveryAgent/HTTPSender.swift",
        ],
        // `Codable` needs a coder. The rest of Foundation costs 18 MB of memory before the first line, the server has none.
        "FoundationEssentials": ["Sources/Worker/", "Sources/DeliveryAgent/AuthorizationToken.swift"],
        // HTTPS, in a process of its own for what it costs.
        "Foundation": ["Sources/DeliveryAgent/"],
        "FoundationNetworking": ["Sources/DeliveryAgent/HTTPSender.swift"],
    ]

    @Test func systemModulesAreImportedOnlyWhereTheyMay() throws {
        let ours = Set(try Manifest(tree).targets.map(\.name)).subtracting(["CLinux"])
        for file in try tree.swiftFiles(in: "Sources") {
            for module in imports(of: try tree.text(file)) where !ours.contains(module) {
                let places = Self.allowed[module] ?? []
                let isAllowed = places.contains { $0.hasSuffix("/") ? file.hasPrefix($0) : file == $0 }
                #expect(isAllowed, "\(file) imports \(module); see the table in Tests/HouseTests/ImportTests.swift")
            }
        }
    }

    /// An entry that nobody needs any more would let somebody in unnoticed.
    @Test func everyEntryIsUsed() throws {
        var importers: [String: [String]] = [:]
        for file in try tree.swiftFiles(in: "Sources") {
            for module in imports(of: try tree.text(file)) { importers[module, default: []].append(file) }
        }
        for (module, places) in Self.allowed {
            for place in places {
                let isUsed = importers[module, default: []].contains { $0.hasPrefix(place) }
                #expect(isUsed, "nothing in \(place) imports \(module) any more: take the entry away")
            }
        }
    }

    @Test(arguments: [
        ("import Glibc", "Glibc"), ("  @preconcurrency import Glibc // x", "Glibc"),
        ("import struct Glibc.stat", "Glibc"), ("package import SSE", "SSE"), ("@testable import Engine", "Engine"),
        ("// import Glibc", nil), ("importer.run()", nil), ("let import = 1", nil),
    ])
    func importsAreFound(line: String, module: String?) {
        #expect(imports(of: line) == module.map { [$0] } ?? [])
    }

    /// The modules that a source imports.
    private func imports(of text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            var words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })[...]
            while let word = words.first, word.hasPrefix("@") || Self.modifiers.contains(String(word)) {
                words = words.dropFirst()
            }
            guard words.first == "import" else { return nil }
            words = words.dropFirst()
            if let kind = words.first, Self.kinds.contains(String(kind)) { words = words.dropFirst() }
            return words.first.flatMap { $0.split(whereSeparator: { $0 == "." || $0 == ";" }).first.map(String.init) }
        }
    }

    private static let modifiers: Set = ["public", "package", "internal", "fileprivate", "private"]
    private static let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
}
