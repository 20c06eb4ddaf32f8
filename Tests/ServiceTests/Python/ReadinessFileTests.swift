import Glibc
import Service
import Testing

@Suite struct ReadinessFileTests {
    private let scratch: ScratchDirectory
    private let path: String

    init() throws {
        scratch = try ScratchDirectory()
        path = "\(scratch.path)/run/cog/ready"
    }

    @Test func existsWhileTheServerIsReady() throws {
        var file = ReadinessFile(path: path)
        #expect(file.update(isReady: false) == nil)
        #expect(!FolderFiles.exists(path))
        for _ in 0..<2 {
            #expect(file.update(isReady: true) == nil)
            #expect(try FolderFiles.bytes(path).isEmpty)
            // Others look for it.
            #expect(FolderFiles.mode(path) & 0o044 == 0o044 && FolderFiles.mode("\(scratch.path)/run") & 0o055 == 0o055)
            #expect(file.update(isReady: false) == nil)
            #expect(!FolderFiles.exists(path))
        }
    }

    @Test func removesWhatAKilledServerLeft() throws {
        mkdir("\(scratch.path)/run", 0o700)
        mkdir("\(scratch.path)/run/cog", 0o700)
        try FolderFiles.write("", to: path)
        var file = ReadinessFile(path: path)
        #expect(file.update(isReady: false) == nil)
        #expect(!FolderFiles.exists(path))
    }

    @Test func warnsOnce() throws {
        try FolderFiles.write("", to: "\(scratch.path)/run")
        var file = ReadinessFile(path: path)
        let warning = try #require(file.update(isReady: false) ?? file.update(isReady: true))
        #expect(warning.hasPrefix("the readiness file cannot be kept: ") && warning.contains(path))
        for isReady in [false, true, false] { #expect(file.update(isReady: isReady) == nil) }
    }

    @Test(arguments: [
        (nil, nil, nil), (nil, "", nil), (nil, "10.0.0.1", "/var/run/cog/ready"), ("/x", nil, "/x"),
        ("/x", "10.0.0.1", "/x"),
    ])
    func isWantedInAClusterOrByName(named: String?, host: String?, expected: String?) {
        var configuration = Configuration()
        configuration.readinessFile = named
        let environment = host.map { ["KUBERNETES_SERVICE_HOST": $0] } ?? [:]
        #expect(ServerSettings(configuration, environment: environment).readinessFile == expected)
    }
}
