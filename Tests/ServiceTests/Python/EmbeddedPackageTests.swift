import Glibc
import Service
import Testing

/// The program carries the Python package of this source tree, whole.
@Suite struct EmbeddedPackageTests {
    private static let remedy =
        "the table in Sources/Supervisor/PythonRuntime/files.c is not what the folder python/supervisor_worker has; "
        + "run Sources/Supervisor/PythonRuntime/update"

    @Test func tableHasEveryFileOfTheFolder() throws {
        let folder =
            "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/python/supervisor_worker"
        let expected = try FolderFiles.paths(in: folder).filter { $0.hasSuffix(".py") }
        #expect(expected.count > 1, "\(folder) was not found")
        let files = PythonPackage.embedded.files
        let missing = expected.filter { path in !files.contains { $0.path == path } }
        #expect(missing.isEmpty, "\(Self.remedy)")
        let gone = files.map(\.path).filter { !expected.contains($0) }
        #expect(gone.isEmpty, "\(Self.remedy)")
        for file in files where expected.contains(file.path) {
            let isSame = file.bytes == (try? FolderFiles.bytes("\(folder)/\(file.path)"))
            #expect(isSame, "\(file.path): \(Self.remedy)")
        }
    }

    @Test func digestDependsOnEverything() {
        let base = PythonPackage(files: [.init(path: "a.py", bytes: [1, 2]), .init(path: "b.py", bytes: [])])
        let others = [
            PythonPackage(files: [.init(path: "a.py", bytes: [1, 3]), .init(path: "b.py", bytes: [])]),
            PythonPackage(files: [.init(path: "a.py", bytes: [1, 2]), .init(path: "c.py", bytes: [])]),
            PythonPackage(files: [.init(path: "a.py", bytes: [1]), .init(path: "b.py", bytes: [2])]),
            PythonPackage(files: [.init(path: "a.py", bytes: [1, 2])]),
            PythonPackage(files: []),
        ]
        #expect(Set(([base] + others).map(\.digest)).count == 6)
        for package in [base] + others {
            #expect(package.digest.utf8.count == 16 && package.digest.allSatisfy(\.isHexDigit))
        }
    }
}
