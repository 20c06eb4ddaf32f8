import EventLoop
import Glibc

/// The Pythons that models are served with in tests.
enum ModelPython {
    /// One with the standard library, which is all that handlers need.
    static let plain = "python3"

    /// One that has the package `cog`; nil where there is none, which tests of Cog models are skipped for.
    static let withCog: String? = candidates.first(where: hasCog)

    static let skipped = "no Python with the package cog: name one in COMPAT_PYTHON, or install it into .build-venv"

    private static var candidates: [String] {
        let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let named = getenv("COMPAT_PYTHON").map { [String(cString: $0)] } ?? []
        return named + ["\(root)/.build-venv/bin/python", plain]
    }

    private static func hasCog(_ python: String) -> Bool {
        let program = "import importlib.util,sys;sys.exit(importlib.util.find_spec('cog') is None)"
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        guard
            let process = try? ChildProcess.spawn(
                SpawnRequest(arguments: [python, "-c", program], environment: [(name: "PATH", value: path)]))
        else { return false }
        guard (try? Deadline().wait(for: process.pidfd.raw, POLLIN, "Python looks for a package")) != nil else {
            ChildProcess.signalGroup(process.pid, .kill)
            return false
        }
        guard let ending = try? ChildProcess.reap(process.pidfd.raw) else { return false }
        return ending.status == .exited(code: 0)
    }

    /// Writes a program that is run in Python's place, which is `$real` in its text; answers its path.
    static func wrapper(_ script: String, in directory: TestDirectory) throws -> String {
        let path = try directory.write("python", "#!/bin/sh\nreal=\(plain)\n\(script)\n")
        guard chmod(path, 0o700) == 0 else { throw Failure("chmod \(path)") }
        return path
    }
}
