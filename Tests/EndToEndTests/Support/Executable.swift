import Glibc

/// The programs under test, found beside the test bundle in the build directory.
enum Executable {
    static let supervisor = "\(directory)/supervisor"
    static let fixtureWorker = "\(directory)/FixtureWorker"

    private static var directory: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer[..<max(count, 0)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
