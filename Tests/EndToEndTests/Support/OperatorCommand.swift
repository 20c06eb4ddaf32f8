import EventLoop
import Glibc

/// The program as an operator runs it against a server, killed at the end if it still runs.
final class OperatorCommand {
    private let pid: Int32
    private let pidfd: FileDescriptor
    private let standardOutput: FileDescriptor
    private let standardError: FileDescriptor
    private let words: [String]
    private var hasEnded = false
    private var partial: [UInt8] = []
    private var lines: [String] = []
    private var isAtEnd = false

    struct Ending {
        let code: Int32?
        let output: String
        let errors: String
    }

    init(_ words: [String], environment: [(name: String, value: String)] = [], in directory: String) throws {
        self.words = words
        let process = try ChildProcess.spawn(
            SpawnRequest(
                arguments: [Executable.supervisor] + words, environment: environment, workingDirectory: directory))
        pid = process.pid
        pidfd = process.pidfd
        standardOutput = process.standardOutput
        standardError = process.standardError
    }

    deinit {
        guard !hasEnded else { return }
        kill(pid, SIGKILL)
        // A killed process ends at once; this waits for the kernel only.
        _ = waitpid(pid, nil, 0)
    }

    /// Waits for its end.
    func wait(_ deadline: Deadline = Deadline()) throws -> Ending {
        var output: [UInt8] = []
        var errors: [UInt8] = []
        // It may print more than a pipe holds.
        while try !Deadline.milliseconds(5).happens(pidfd.raw, POLLIN) {
            output += readAvailable(standardOutput.raw).bytes
            errors += readAvailable(standardError.raw).bytes
            guard !deadline.isOver else { throw Failure("timed out: \(words) ends") }
        }
        let ending = try ChildProcess.reap(pidfd.raw)
        hasEnded = true
        output += readAvailable(standardOutput.raw).bytes
        errors += readAvailable(standardError.raw).bytes
        var code: Int32?
        if case .exited(let number)? = ending?.status { code = number }
        return Ending(
            code: code, output: String(decoding: output, as: UTF8.self), errors: String(decoding: errors, as: UTF8.self)
        )
    }

    /// Waits for a line of its output that fits.
    @discardableResult
    func waitForLine(_ what: String, _ deadline: Deadline = Deadline(), where fits: (String) -> Bool) throws -> String {
        var seen: [String] = []
        while true {
            while !lines.isEmpty {
                let line = lines.removeFirst()
                if fits(line) { return line }
                seen.append(line)
            }
            guard !isAtEnd else { throw Failure("\(words) ended without: \(what)\n\(seen.joined(separator: "\n"))") }
            do {
                try deadline.wait(for: standardOutput.raw, POLLIN, what)
            } catch {
                throw Failure("\(error)\n\(seen.joined(separator: "\n"))")
            }
            let (bytes, isAtEnd) = readAvailable(standardOutput.raw)
            self.isAtEnd = isAtEnd
            partial += bytes
            while let end = partial.firstIndex(of: 0x0A) {
                lines.append(String(decoding: partial[..<end], as: UTF8.self))
                partial.removeFirst(end + 1)
            }
        }
    }
}

extension RunningSupervisor {
    /// Starts a command of an operator against this server.
    func start(_ words: String..., environment: [(name: String, value: String)] = []) throws -> OperatorCommand {
        try OperatorCommand(
            words + ["--state-dir", stateDirectory], environment: environment, in: directory.path)
    }

    /// Runs a command of an operator to its end.
    func operate(_ words: String...) throws -> OperatorCommand.Ending {
        try OperatorCommand(words + ["--state-dir", stateDirectory], in: directory.path).wait()
    }

    var controlSocket: String {
        get throws {
            guard let folder = TestDirectory.names(in: stateDirectory).first(where: { $0 != "python" }) else {
                throw Failure("there is no state directory")
            }
            return "\(stateDirectory)/\(folder)/control.sock"
        }
    }
}
