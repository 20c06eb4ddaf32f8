import EventLoop
import PythonRuntime

/// The package `supervisor_worker`, which runs models written in Python. The program carries it along and unpacks it,
/// since Python reads its modules from files.
package struct PythonPackage: Sendable {
    /// A file of the package.
    package struct File: Sendable, Equatable {
        /// From the folder of the package: `wire/frames.py`. No `..`, no slash at the beginning.
        package let path: String
        package let bytes: [UInt8]

        package init(path: String, bytes: [UInt8]) {
            self.path = path
            self.bytes = bytes
        }
    }

    /// What Python imports it as.
    package static let name = "supervisor_worker"

    package let files: [File]
    /// 16 hexadecimal digits that depend on every byte and name: tells versions apart, and is no proof against somebody
    /// who makes two alike.
    package let digest: String

    package init(files: [File]) {
        self.files = files
        digest = PythonPackage.digest(of: files)
    }

    /// The one that this program was built with.
    package static let embedded: PythonPackage = {
        var files: [File] = []
        while let file = python_runtime_file(files.count)?.pointee {
            files.append(
                File(
                    path: String(cString: file.path),
                    bytes: Array(UnsafeBufferPointer(start: file.bytes, count: file.length))))
        }
        return PythonPackage(files: files)
    }()

    /// FNV-1a, 64 bits.
    private static func digest(of files: [File]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        for file in files {
            add(file.path.utf8)
            add([0])
            add(String(file.bytes.count).utf8)
            add([0])
            add(file.bytes)
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: PythonPackage.digestLength - digits.count) + digits
    }

    /// How many digits a digest has.
    static let digestLength = 16

    /// Whether `name` could be a digest.
    static func isDigest(_ name: String) -> Bool {
        name.utf8.count == digestLength
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }

    /// Writes the package as a folder of its name into `directory`, which only its owner may look into. Files that are
    /// there with the right content stay, all others are replaced one by one, so that whoever runs from them at this
    /// moment never sees half a file. Two that write into one directory at once must be kept apart by their caller.
    package func write(into directory: String) throws(SystemError) {
        let root = "\(directory)/\(PythonPackage.name)"
        try Files.makePrivateDirectory(root)
        var made: Set<String> = [root]
        for file in files {
            let path = "\(root)/\(file.path)"
            let folder = PathText.directory(of: path)
            if made.insert(folder).inserted { try Files.makeDirectory(folder) }
            if (try? Files.read(path, limit: file.bytes.count)) != file.bytes {
                try Files.replace(path, with: file.bytes)
            }
        }
    }
}
